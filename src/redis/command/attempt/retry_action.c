/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/attempt/retry_action.h"

#include <string.h>

#include "redis/protocol/reply.h"

static void set(shs_retry_t *retry, shs_retry_action_t action,
                shs_counter_t cause)
{
    retry->action = action;
    retry->cause = cause;
}

/* The error that the server sent before it closed the connection says more than
 * the close. */
static void read_closing_error(shs_retry_t *retry, const shs_reply_t *error,
                               apr_pool_t *p)
{
    retry->reason = shs_reply_describe_error(error, p);
    if (shs_reply_is_max_clients(error)) {
        set(retry, SHS_RETRY_FAIL, SHS_COUNTER_MAX_CLIENTS);
    }
    else {
        set(retry, SHS_RETRY_FAIL, SHS_COUNTER_OTHER_ERRORS);
    }
}

static void read_status(shs_retry_t *retry, shs_conn_status_t status,
                        int may_reconnect)
{
    switch (status) {
    case SHS_CONN_OK:
    case SHS_CONN_TOO_LARGE:
        retry->action = SHS_RETRY_ACCEPT;
        retry->is_server_ok = 1;
        break;
    case SHS_CONN_DEAD:
        set(retry, may_reconnect ? SHS_RETRY_RECONNECT : SHS_RETRY_REFRESH,
            SHS_COUNTER_UNREACHABLE);
        break;
    case SHS_CONN_FAILED:
        set(retry, SHS_RETRY_REFRESH, SHS_COUNTER_UNREACHABLE);
        break;
    case SHS_CONN_TIMEOUT:
        set(retry, SHS_RETRY_REFRESH, SHS_COUNTER_TIMEOUTS);
        break;
    case SHS_CONN_WRONG_ROLE:
        set(retry, SHS_RETRY_REFRESH, SHS_COUNTER_NOT_READY);
        break;
    case SHS_CONN_REFUSED:
        set(retry, SHS_RETRY_FAIL, SHS_COUNTER_REFUSED);
        retry->is_refusal = 1;
        break;
    case SHS_CONN_TURNED_AWAY:
        set(retry, SHS_RETRY_FAIL, SHS_COUNTER_MAX_CLIENTS);
        break;
    case SHS_CONN_BUSY:
        set(retry, SHS_RETRY_FAIL, SHS_COUNTER_POOL_FULL);
        retry->is_server_ok = 1;
        break;
    }
}

/* A connection that lost its login is never used again. */
static void read_refusal(shs_retry_t *retry, const shs_reply_t *error,
                         int may_reconnect)
{
    int is_logged_out = shs_reply_has_code(error, "NOAUTH");

    set(retry,
        is_logged_out && may_reconnect ? SHS_RETRY_RECONNECT : SHS_RETRY_FAIL,
        SHS_COUNTER_REFUSED);
    retry->is_refusal = 1;
    retry->is_server_ok = 1;
    retry->is_conn_good = !is_logged_out;
}

static shs_counter_t find_counter(const shs_reply_t *error)
{
    return shs_reply_has_code(error, "OOM")          ? SHS_COUNTER_OUT_OF_MEMORY
           : shs_reply_has_code(error, "NOREPLICAS") ? SHS_COUNTER_NO_REPLICAS
           : shs_reply_has_code(error, "MISCONF")    ? SHS_COUNTER_MISCONF
                                                     : SHS_COUNTER_OTHER_ERRORS;
}

/* A complete reply of the expected form that is, or contains, an error. The
 * connection stays good, unless it lost its login, or the server its role. */
static void read_error(shs_retry_t *retry, const shs_reply_t *error,
                       int may_reconnect, apr_pool_t *p)
{
    retry->reason = shs_reply_describe_error(error, p);
    if (shs_reply_has_code(error, "WRONGTYPE")) {
        retry->action = SHS_RETRY_ACCEPT;
        retry->is_server_ok = 1;
    }
    else if (shs_reply_has_code(error, "MOVED")
             || shs_reply_has_code(error, "ASK")) {
        set(retry, SHS_RETRY_REDIRECT, SHS_COUNTER_OTHER_ERRORS);
        retry->is_server_ok = 1;
    }
    else if (shs_reply_is_not_ready(error)) {
        set(retry, SHS_RETRY_WAIT, SHS_COUNTER_NOT_READY);
    }
    else if (shs_reply_has_code(error, "READONLY")) {
        set(retry, SHS_RETRY_REFRESH, SHS_COUNTER_READ_ONLY);
        retry->is_conn_good = 0;
    }
    else if (shs_reply_is_refusal(error)) {
        read_refusal(retry, error, may_reconnect);
    }
    else {
        set(retry, SHS_RETRY_FAIL, find_counter(error));
    }
}

void shs_retry_action_decide(shs_retry_t *retry, shs_conn_status_t status,
                             const shs_pipeline_reply_t *reply,
                             int may_reconnect, const char *reason,
                             apr_pool_t *p)
{
    memset(retry, 0, sizeof(*retry));
    if (status != SHS_CONN_OK) {
        retry->reason = reason;
        read_status(retry, status, may_reconnect);
        if (reply->error && retry->action != SHS_RETRY_ACCEPT) {
            read_closing_error(retry, reply->error, p);
        }
        return;
    }
    retry->is_conn_good = 1;
    if (reply->is_demoted) {
        retry->reason = "it is no longer the master";
        set(retry, SHS_RETRY_REFRESH, SHS_COUNTER_NOT_READY);
        retry->is_conn_good = 0;
    }
    else if (reply->error) {
        read_error(retry, reply->error, may_reconnect, p);
    }
    else {
        retry->action = SHS_RETRY_ACCEPT;
        retry->is_server_ok = 1;
    }
}
