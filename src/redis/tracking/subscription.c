/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/tracking/subscription.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/protocol/reply.h"
#include "redis/connection/run_id.h"
#include "base/octets.h"
#include "base/clock.h"

#define CHANNEL "__redis__:invalidate"

/* A server may send many keys at once. A message beyond these limits counts as
 * a flush: the connection is given up, and the next one begins with a flush. */
#define MAX_OCTETS   (8 * 1024 * 1024)
#define MAX_ELEMENTS (128 * 1024)

/* How long it waits for more, and how long it receives without a break if there
 * always is more: heartbeats must be requested too. */
#define WAIT_FOR_MORE 1000
#define RECEIVE_FOR   (20 * 1000)

static const shs_resp_limits_t limits = { MAX_OCTETS, MAX_ELEMENTS };

static shs_octets_t build(const shs_octets_t *arguments, int count,
                          apr_pool_t *p)
{
    shs_octets_t command = { "", 0 };

    shs_resp_append(&command, arguments, count, p);
    return command;
}

/* Why a server that replies cannot serve now. NULL: the error is not of that
 * kind. */
static const char *explain_error(const shs_reply_t *reply)
{
    static const struct {
        const char *code;
        const char *reason;
    } errors[] = {
        { "LOADING", "it is loading its data (LOADING): wait for the end" },
        { "BUSY", "a script keeps it busy (BUSY): wait, or SCRIPT KILL" },
        { "MASTERDOWN", "it is a replica without its master (MASTERDOWN): "
                        "repair the link, or name the master" },
        { "ERR max number of clients",
          "it has reached its maxclients: raise that, or lower pool=" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); ++i) {
        if (shs_reply_has_code(reply, errors[i].code)) {
            return errors[i].reason;
        }
    }
    return NULL;
}

/* A step of opening: the command, and the message if it is refused. */
typedef struct step_t {
    shs_octets_t command;
    shs_reply_kind_t kind; /* of the expected reply */
    const char *refused;
} step_t;

/* Runs the step. REFUSED: the reply is of another kind, such as an error. */
static shs_conn_status_t run_step(shs_reply_t **reply,
                                  shs_subscription_t *subscription,
                                  const step_t *step, apr_time_t deadline,
                                  const char **reason)
{
    shs_conn_status_t status =
        shs_conn_send(subscription->conn, step->command, deadline, reason);
    const char *explanation;

    if (status == SHS_CONN_OK) {
        status = shs_conn_receive(reply, subscription->conn, deadline, reason);
    }
    if (status == SHS_CONN_DEAD) {
        *reason = step->refused;
    }
    if (status != SHS_CONN_OK || (*reply)->kind == step->kind) {
        return status;
    }
    explanation = explain_error(*reply);
    *reason = explanation ? explanation : step->refused;
    return explanation ? SHS_CONN_FAILED : SHS_CONN_REFUSED;
}

#define GRANT "; grant it (ACL), or set SharedSessionCache Off"

static shs_conn_status_t load_run_id(shs_subscription_t *subscription,
                                     apr_time_t deadline, const char **reason)
{
    const step_t step = {
        shs_run_id_command(), SHS_REPLY_STRING,
        "the server does not report its run_id (INFO)" GRANT
    };
    shs_reply_t *reply = NULL;
    shs_conn_status_t status =
        run_step(&reply, subscription, &step, deadline, reason);

    if (status == SHS_CONN_OK) {
        subscription->run_id = shs_run_id_parse(reply);
        shs_conn_set_run_id(subscription->conn, subscription->run_id);
        if (subscription->run_id == SHS_RUN_ID_UNKNOWN) {
            *reason = step.refused;
            status = SHS_CONN_REFUSED;
        }
    }
    return status;
}

static shs_octets_t build_tracking(const shs_subscription_t *subscription,
                                   const char *id)
{
    shs_octets_t words[6 + 2 * SHS_INVALIDATION_SINK_PREFIXES];
    int count = 0;
    int i;

    words[count++] = shs_octets_of("CLIENT");
    words[count++] = shs_octets_of("TRACKING");
    words[count++] = shs_octets_of("ON");
    if (id) {
        words[count++] = shs_octets_of("REDIRECT");
        words[count++] = shs_octets_of(id);
    }
    words[count++] = shs_octets_of("BCAST");
    for (i = 0; i < subscription->sink->prefix_count; ++i) {
        words[count++] = shs_octets_of("PREFIX");
        words[count++] = shs_octets_of(subscription->sink->prefixes[i]);
    }
    return build(words, count, subscription->p);
}

/* Redirects to itself. *is_unknown: it is refused, but not by the user's
 * ACL. */
static shs_conn_status_t track_by_redirect(int *is_unknown,
                                           shs_subscription_t *subscription,
                                           apr_time_t deadline,
                                           const char **reason)
{
    const shs_octets_t words[] = { shs_octets_of("CLIENT"),
                                   shs_octets_of("ID") };
    step_t step = { build(words, 2, subscription->p), SHS_REPLY_INTEGER,
                    "the server does not report our CLIENT ID" GRANT };
    shs_reply_t *reply = NULL;
    shs_conn_status_t status =
        run_step(&reply, subscription, &step, deadline, reason);

    if (status == SHS_CONN_OK) {
        step.command = build_tracking(
            subscription,
            apr_psprintf(subscription->p, "%" APR_INT64_T_FMT, reply->integer));
        step.kind = SHS_REPLY_STATUS;
        step.refused = "the server refuses CLIENT TRACKING" GRANT;
        status = run_step(&reply, subscription, &step, deadline, reason);
    }
    *is_unknown = status == SHS_CONN_REFUSED && reply
                  && reply->kind == SHS_REPLY_ERROR
                  && !shs_reply_is_refusal(reply);
    return status;
}

static shs_conn_status_t subscribe(shs_subscription_t *subscription,
                                   apr_time_t deadline, const char **reason)
{
    const shs_octets_t words[] = { shs_octets_of("SUBSCRIBE"),
                                   shs_octets_of(CHANNEL) };
    const step_t step = { build(words, 2, subscription->p), SHS_REPLY_ARRAY,
                          "the server refuses SUBSCRIBE " CHANNEL GRANT };
    shs_reply_t *reply = NULL;

    return run_step(&reply, subscription, &step, deadline, reason);
}

/* Without REDIRECT the invalidations come as pushes, on this connection. */
static shs_conn_status_t track_by_push(shs_subscription_t *subscription,
                                       apr_time_t deadline, const char **reason)
{
    const shs_octets_t words[] = { shs_octets_of("HELLO"), shs_octets_of("3") };
    step_t step = { build(words, 2, subscription->p), SHS_REPLY_ARRAY,
                    "the server refuses CLIENT TRACKING with REDIRECT, and"
                    " HELLO 3" GRANT };
    shs_reply_t *reply = NULL;
    shs_conn_status_t status;

    subscription->is_push = 1;
    shs_conn_expect_resp3(subscription->conn);
    status = run_step(&reply, subscription, &step, deadline, reason);
    if (status == SHS_CONN_OK) {
        step.command = build_tracking(subscription, NULL);
        step.kind = SHS_REPLY_STATUS;
        step.refused = "the server refuses CLIENT TRACKING" GRANT;
        status = run_step(&reply, subscription, &step, deadline, reason);
    }
    return status;
}

shs_conn_status_t shs_subscription_open(shs_subscription_t *subscription,
                                        shs_conn_t *conn,
                                        const shs_invalidation_sink_t *sink,
                                        apr_time_t deadline,
                                        const char **reason, apr_pool_t *p)
{
    shs_conn_status_t status;
    int is_unknown = 0;

    memset(subscription, 0, sizeof(*subscription));
    subscription->conn = conn;
    subscription->sink = sink;
    subscription->p = p;
    shs_conn_begin(conn, limits, p);
    status = load_run_id(subscription, deadline, reason);
    if (status == SHS_CONN_OK) {
        status = track_by_redirect(&is_unknown, subscription, deadline, reason);
        if (status == SHS_CONN_OK) {
            status = subscribe(subscription, deadline, reason);
        }
        else if (is_unknown) {
            status = track_by_push(subscription, deadline, reason);
        }
    }
    if (status != SHS_CONN_OK) {
        shs_subscription_close(subscription);
    }
    return status;
}

shs_conn_status_t shs_subscription_ping(shs_subscription_t *subscription,
                                        apr_time_t now, const char **reason)
{
    static const shs_octets_t ping = { "*1\r\n$4\r\nPING\r\n", 14 };

    if (subscription->pinged_at != 0) {
        return SHS_CONN_OK;
    }
    subscription->pinged_at = now;
    return shs_conn_send(subscription->conn, ping,
                         now + subscription->sink->lease, reason);
}

static int is_text(const shs_reply_t *reply, const char *text)
{
    return reply->kind == SHS_REPLY_STRING
           && shs_octets_are_text(reply->text, text);
}

static int are_keys(const shs_reply_t *reply)
{
    apr_size_t i;

    if (reply->kind != SHS_REPLY_ARRAY) {
        return 0;
    }
    for (i = 0; i < reply->count; ++i) {
        if (reply->elements[i]->kind != SHS_REPLY_STRING) {
            return 0;
        }
    }
    return 1;
}

/* An invalidation that is not understood counts as a flush. */
static void notify_sink(const shs_subscription_t *subscription,
                        const shs_reply_t *keys)
{
    apr_size_t i;

    if (!are_keys(keys)) {
        subscription->sink->flush(subscription->sink->baton);
        return;
    }
    for (i = 0; i < keys->count; ++i) {
        subscription->sink->invalidate(subscription->sink->baton,
                                       keys->elements[i]->text);
    }
}

static void note_heartbeat(shs_subscription_t *subscription)
{
    subscription->alive_at = subscription->pinged_at;
    subscription->pinged_at = 0;
    subscription->busy = NULL;
}

static int is_pong(const shs_subscription_t *subscription,
                   const shs_reply_t *reply)
{
    return subscription->is_push
               ? reply->kind == SHS_REPLY_STATUS
                     && shs_octets_are_text(reply->text, "PONG")
               : reply->kind == SHS_REPLY_ARRAY && reply->count >= 2
                     && is_text(reply->elements[0], "pong");
}

/* Returns 0 if it is not an expected message. */
static int read_message(shs_subscription_t *subscription,
                        const shs_reply_t *reply)
{
    if (is_pong(subscription, reply)) {
        note_heartbeat(subscription);
        return 1;
    }
    if (subscription->is_push) {
        if (reply->kind != SHS_REPLY_ARRAY || reply->count != 2
            || !is_text(reply->elements[0], "invalidate")) {
            return 0;
        }
        notify_sink(subscription, reply->elements[1]);
        return 1;
    }
    if (reply->kind != SHS_REPLY_ARRAY || reply->count != 3
        || !is_text(reply->elements[0], "message")
        || !is_text(reply->elements[1], CHANNEL)) {
        return 0;
    }
    notify_sink(subscription, reply->elements[2]);
    return 1;
}

/* Reads an error reply to PING. An error that Redis sends while it cannot save
 * is as good a heartbeat as any. While a script runs, the invalidations of
 * earlier changes may not have been sent yet, so BUSY is no heartbeat; but the
 * connection remains usable. A server sends no invalidations for the data that
 * it loads, so after LOADING tracking begins anew. */
static shs_conn_status_t read_error(shs_subscription_t *subscription,
                                    const shs_reply_t *reply,
                                    const char **reason)
{
    const char *explanation = explain_error(reply);

    if (shs_reply_has_code(reply, "MISCONF")) {
        note_heartbeat(subscription);
        return SHS_CONN_OK;
    }
    if (shs_reply_has_code(reply, "BUSY")) {
        subscription->pinged_at = 0;
        subscription->busy = explanation;
        return SHS_CONN_OK;
    }
    *reason = explanation ? explanation : "the server refuses PING" GRANT;
    return explanation ? SHS_CONN_FAILED : SHS_CONN_REFUSED;
}

/* Drops the last reply, which was read whole, and prepares for the next one. */
static void clear(shs_subscription_t *subscription)
{
    apr_pool_clear(subscription->p);
    shs_conn_begin(subscription->conn, limits, subscription->p);
}

/* A server that always has more to send would never let it return. What is not
 * received by `until` waits, except for what is in the buffer already. */
shs_conn_status_t shs_subscription_receive(shs_subscription_t *subscription,
                                           const char **reason)
{
    apr_time_t until = shs_clock_now() + RECEIVE_FOR;

    for (;;) {
        apr_time_t deadline = shs_clock_now() + WAIT_FOR_MORE;
        shs_reply_t *reply = NULL;
        shs_conn_status_t status =
            shs_conn_receive(&reply, subscription->conn,
                             deadline < until ? deadline : until, reason);

        if (status == SHS_CONN_TIMEOUT) {
            return SHS_CONN_OK;
        }
        if (status != SHS_CONN_OK) {
            return status;
        }
        if (reply->kind == SHS_REPLY_ERROR && subscription->pinged_at != 0) {
            status = read_error(subscription, reply, reason);
            if (status != SHS_CONN_OK) {
                return status;
            }
        }
        else if (!read_message(subscription, reply)) {
            *reason = "the server sends an unexpected message";
            return SHS_CONN_FAILED;
        }
        clear(subscription);
    }
}

void shs_subscription_close(shs_subscription_t *subscription)
{
    if (subscription->conn) {
        shs_conn_close(subscription->conn);
        subscription->conn = NULL;
    }
}
