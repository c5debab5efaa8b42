/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/handshake.h"

#include <assert.h>
#include <string.h>

#include <apr_strings.h>

#include "redis/protocol/reply.h"
#include "redis/protocol/sentinel_reply.h"
#include "base/octets.h"

/* The step that a reply belongs to. */
typedef enum step_t {
    LOGIN,
    DATABASE,
    NAME,
    REPLICA,
    ROLE,
    INFO,
    STEPS /* how many there are */
} step_t;

/* One row a step. */
static const struct {
    const char *refusal; /* what it means if the server refuses the step */
    int is_optional;     /* no connection fails because of a refusal */
} steps[STEPS] = {
    [LOGIN] = { "it refuses the user or password (AUTH)", 0 },
    [DATABASE] = { "it refuses the database (SELECT)", 0 },
    [NAME] = { "it refuses CLIENT SETNAME", 1 }, /* for CLIENT LIST only */
    [REPLICA] = { "it refuses READONLY", 0 },
    [ROLE] = { "it does not reply to ROLE", 0 },
    [INFO] = { "it replies neither to ROLE nor to INFO replication (its user"
               " needs +role)",
               0 },
};

/* At most one command a step. */
typedef struct script_t {
    shs_octets_t commands;
    step_t steps[STEPS];
    int count;
} script_t;

/* The words of a command. The compiler refuses a longer one. */
#define MAX_WORDS    4
#define COMMAND(...) ((const char *const[MAX_WORDS]){ __VA_ARGS__ })

static void append(script_t *script, step_t step,
                   const char *const words[MAX_WORDS], apr_pool_t *p)
{
    shs_octets_t arguments[MAX_WORDS];
    int count = 0;

    while (count < MAX_WORDS && words[count]) {
        arguments[count] = shs_octets_of(words[count]);
        ++count;
    }
    assert(script->count < STEPS);
    shs_resp_append(&script->commands, arguments, count, p);
    script->steps[script->count++] = step;
}

static void append_role(script_t *script, int is_info, apr_pool_t *p)
{
    if (is_info) {
        append(script, INFO, COMMAND("INFO", "replication"), p);
    }
    else {
        append(script, ROLE, COMMAND("ROLE"), p);
    }
}

static void build_script(script_t *script, const shs_handshake_t *handshake,
                         const char *password, apr_pool_t *p)
{
    const char *user = shs_credentials_user(handshake->credentials);

    memset(script, 0, sizeof(*script));
    if (password && user) {
        append(script, LOGIN, COMMAND("AUTH", user, password), p);
    }
    else if (password) {
        append(script, LOGIN, COMMAND("AUTH", password), p);
    }
    if (handshake->db > 0) {
        append(script, DATABASE, COMMAND("SELECT", apr_itoa(p, handshake->db)),
               p);
    }
    if (handshake->client_name) {
        append(script, NAME,
               COMMAND("CLIENT", "SETNAME", handshake->client_name), p);
    }
    if (handshake->is_for_replica) {
        append(script, REPLICA, COMMAND("READONLY"), p);
    }
    if (handshake->lacks_role) {
        append_role(script, atomic_load(handshake->lacks_role), p);
    }
}

/* A Redis without the user, or without the database, replies "ERR". */
static shs_conn_status_t read_error(const char **reason,
                                    const shs_reply_t *reply, step_t step,
                                    apr_pool_t *p)
{
    *reason = shs_reply_describe_error(reply, p);
    if (shs_reply_is_max_clients(reply)) {
        return SHS_CONN_TURNED_AWAY;
    }
    if (shs_reply_is_refusal(reply)
        || (step != REPLICA && shs_reply_is_unsupported(reply))) {
        *reason = apr_pstrcat(p, steps[step].refusal, ": ", *reason, NULL);
        return SHS_CONN_REFUSED;
    }
    return SHS_CONN_FAILED;
}

static shs_conn_status_t read_reply(const char **reason,
                                    const shs_reply_t *reply, step_t step,
                                    apr_pool_t *p)
{
    if (reply->kind == SHS_REPLY_ERROR) {
        return steps[step].is_optional && !shs_reply_is_max_clients(reply)
                   ? SHS_CONN_OK
                   : read_error(reason, reply, step, p);
    }
    if (step == ROLE || step == INFO) {
        *reason = "it is not the master";
        return shs_sentinel_reply_is_master(reply) ? SHS_CONN_OK
                                                   : SHS_CONN_WRONG_ROLE;
    }
    *reason = "its reply is of a kind that was not asked for";
    return reply->kind == SHS_REPLY_STATUS ? SHS_CONN_OK : SHS_CONN_FAILED;
}

/* *step is the step that failed. */
static shs_conn_status_t run_script(step_t *step, shs_conn_t *conn,
                                    const script_t *script, apr_time_t deadline,
                                    const char **reason, apr_pool_t *p)
{
    const shs_resp_limits_t limits = { 65536, 1024 };
    shs_reply_t *replies[STEPS] = { NULL };
    shs_conn_status_t received, status;
    int i;

    received = shs_conn_execute(replies, script->count, conn, script->commands,
                                limits, deadline, reason, p);
    for (i = 0; i < script->count && replies[i]; ++i) {
        const char *why = NULL;

        status = read_reply(&why, replies[i], script->steps[i], p);
        if (status != SHS_CONN_OK) {
            *step = script->steps[i];
            *reason = why;
            return status;
        }
    }
    return received == SHS_CONN_OK || received == SHS_CONN_TIMEOUT
               ? received
               : SHS_CONN_FAILED;
}

/* *step is the step that failed. */
static shs_conn_status_t log_in(step_t *step, shs_conn_t *conn,
                                const shs_handshake_t *handshake,
                                apr_time_t deadline, const char **reason,
                                apr_pool_t *p)
{
    shs_credentials_t *credentials = handshake->credentials;
    const char *password = shs_credentials_password(credentials, p);
    shs_conn_status_t status;
    const char *error;
    script_t script;

    build_script(&script, handshake, password, p);
    if (script.count == 0) {
        return SHS_CONN_OK;
    }
    status = run_script(step, conn, &script, deadline, reason, p);
    if (status != SHS_CONN_REFUSED || *step != LOGIN
        || !shs_credentials_file(credentials)) {
        return status;
    }
    error = shs_credentials_reload(credentials, password, p);
    if (error) {
        *reason = apr_pstrcat(p, *reason, ", and ", error, NULL);
        return status;
    }
    password = shs_credentials_password(credentials, p);
    build_script(&script, handshake, password, p);
    return run_script(step, conn, &script, deadline, reason, p);
}

/* On the same connection, after ROLE was refused. */
static shs_conn_status_t fall_back_to_info(shs_conn_t *conn,
                                           atomic_int *lacks_role,
                                           apr_time_t deadline,
                                           const char **reason, apr_pool_t *p)
{
    shs_conn_status_t status;
    step_t step = INFO;
    script_t script;

    memset(&script, 0, sizeof(script));
    append_role(&script, 1, p);
    status = run_script(&step, conn, &script, deadline, reason, p);
    atomic_store(lacks_role, status == SHS_CONN_OK);
    return status;
}

shs_conn_status_t shs_handshake_run(shs_conn_t *conn,
                                    const shs_handshake_t *handshake,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p)
{
    step_t step = NAME;
    shs_conn_status_t status =
        log_in(&step, conn, handshake, deadline, reason, p);

    if (status == SHS_CONN_REFUSED && step == ROLE) {
        return fall_back_to_info(conn, handshake->lacks_role, deadline, reason,
                                 p);
    }
    if (status == SHS_CONN_REFUSED && step == INFO) {
        /* The next connection tries ROLE again. */
        atomic_store(handshake->lacks_role, 0);
    }
    return status;
}
