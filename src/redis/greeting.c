/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/greeting.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/answer.h"
#include "session/octets.h"

#define MAX_REPLIES 3

/* What a reply is to. */
typedef enum topic_t { LOGIN, DATABASE, NAME } topic_t;

/* Returns the number of replies to expect, and what they are to. */
static int append_commands(shs_octets_t *commands, topic_t topics[MAX_REPLIES],
                           const shs_endpoint_t *endpoint, apr_pool_t *p)
{
    shs_octets_t arguments[3];
    int replies = 0;
    int count = 0;

    if (endpoint->password) {
        arguments[count++] = shs_octets_of("AUTH");
        if (endpoint->user) {
            arguments[count++] = shs_octets_of(endpoint->user);
        }
        arguments[count++] = shs_octets_of(endpoint->password);
        shs_resp_append(commands, arguments, count, p);
        topics[replies++] = LOGIN;
    }
    if (endpoint->db > 0) {
        arguments[0] = shs_octets_of("SELECT");
        arguments[1] = shs_octets_of(apr_itoa(p, endpoint->db));
        shs_resp_append(commands, arguments, 2, p);
        topics[replies++] = DATABASE;
    }
    if (endpoint->client_name) {
        arguments[0] = shs_octets_of("CLIENT");
        arguments[1] = shs_octets_of("SETNAME");
        arguments[2] = shs_octets_of(endpoint->client_name);
        shs_resp_append(commands, arguments, 3, p);
        topics[replies++] = NAME;
    }
    return replies;
}

/* "ERR" is how a Redis without the user, or without the database, answers. */
static shs_conn_status_t read_error(const char **reason,
                                    const shs_reply_t *reply, topic_t topic,
                                    apr_pool_t *p)
{
    if (shs_answer_is_refusal(reply)
        || (shs_answer_has_code(reply, "ERR")
            && !shs_answer_has_code(reply, "ERR max number of clients"))) {
        *reason = topic == LOGIN ? "it refuses the user or password (AUTH)"
                                 : "it refuses the database (SELECT)";
        return SHS_CONN_REFUSED;
    }
    *reason = shs_answer_describe_error(reply, p);
    return SHS_CONN_FAILED;
}

shs_conn_status_t shs_greeting_send(shs_conn_t *conn,
                                    const shs_endpoint_t *endpoint,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p)
{
    const shs_resp_limits_t limits = { 1024, 0 };
    shs_octets_t commands = { "", 0 };
    shs_reply_t *replies[MAX_REPLIES] = { NULL };
    topic_t topics[MAX_REPLIES];
    int count = append_commands(&commands, topics, endpoint, p);
    shs_conn_status_t status;
    int i;

    if (count == 0) {
        return SHS_CONN_OK;
    }
    status = shs_conn_ask(replies, count, conn, commands, limits, deadline,
                          reason, p);
    for (i = 0; i < count && replies[i]; ++i) {
        /* A name is for whoever looks at CLIENT LIST: no session fails for
         * a user who may not set it. */
        if (topics[i] == NAME && replies[i]->kind == SHS_REPLY_ERROR) {
            continue;
        }
        if (replies[i]->kind == SHS_REPLY_ERROR) {
            return read_error(reason, replies[i], topics[i], p);
        }
        if (replies[i]->kind != SHS_REPLY_STATUS) {
            *reason = "its answer is of a kind that was not asked for";
            return SHS_CONN_FAILED;
        }
    }
    return status == SHS_CONN_OK ? SHS_CONN_OK : SHS_CONN_FAILED;
}
