/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/retry.h"

#include <string.h>

#include "redis/protocol/reply.h"

static void set(shs_retry_t *verdict, shs_retry_action_t next,
                shs_counter_t cause)
{
    verdict->next = next;
    verdict->cause = cause;
}

/* Its last words count more than that it closed the connection. */
static void read_last_words(shs_retry_t *verdict, const shs_reply_t *error,
                            apr_pool_t *p)
{
    verdict->reason = shs_reply_describe_error(error, p);
    if (shs_reply_is_turning_away(error)) {
        set(verdict, SHS_RETRY_FAIL, SHS_COUNTER_MAX_CLIENTS);
    }
    else {
        set(verdict, SHS_RETRY_FAIL, SHS_COUNTER_OTHER_ERRORS);
    }
}

static void read_status(shs_retry_t *verdict, shs_conn_status_t status,
                        int is_pooled)
{
    switch (status) {
    case SHS_CONN_OK:
    case SHS_CONN_TOO_LARGE:
        verdict->next = SHS_RETRY_ACCEPT;
        verdict->is_server_fine = 1;
        break;
    case SHS_CONN_DEAD:
        set(verdict, is_pooled ? SHS_RETRY_RECONNECT : SHS_RETRY_REFRESH,
            SHS_COUNTER_UNREACHABLE);
        break;
    case SHS_CONN_FAILED:
        set(verdict, SHS_RETRY_REFRESH, SHS_COUNTER_UNREACHABLE);
        break;
    case SHS_CONN_TIMEOUT:
        set(verdict, SHS_RETRY_REFRESH, SHS_COUNTER_TIMEOUTS);
        break;
    case SHS_CONN_WRONG_ROLE:
        set(verdict, SHS_RETRY_REFRESH, SHS_COUNTER_NOT_READY);
        break;
    case SHS_CONN_REFUSED:
        set(verdict, SHS_RETRY_FAIL, SHS_COUNTER_REFUSED);
        verdict->is_refusal = 1;
        break;
    case SHS_CONN_TURNED_AWAY:
        set(verdict, SHS_RETRY_FAIL, SHS_COUNTER_MAX_CLIENTS);
        break;
    case SHS_CONN_BUSY:
        set(verdict, SHS_RETRY_FAIL, SHS_COUNTER_POOL_FULL);
        verdict->is_server_fine = 1;
        break;
    }
}

/* A connection that lost its login is of use to nobody. */
static void read_refusal(shs_retry_t *verdict, const shs_reply_t *error,
                         int is_pooled)
{
    int is_logged_out = shs_reply_has_code(error, "NOAUTH");

    set(verdict,
        is_logged_out && is_pooled ? SHS_RETRY_RECONNECT : SHS_RETRY_FAIL,
        SHS_COUNTER_REFUSED);
    verdict->is_refusal = 1;
    verdict->is_server_fine = 1;
    verdict->is_conn_good = !is_logged_out;
}

static shs_counter_t find_counter(const shs_reply_t *error)
{
    return shs_reply_has_code(error, "OOM") ? SHS_COUNTER_OUT_OF_MEMORY
           : shs_reply_has_code(error, "NOREPLICAS") ? SHS_COUNTER_NO_REPLICAS
           : shs_reply_has_code(error, "MISCONF")    ? SHS_COUNTER_MISCONF
                                                   : SHS_COUNTER_OTHER_ERRORS;
}

/* A complete and fitting answer that is, or holds, an error reply. The
 * connection is as good as before, unless it lost its login or its server its
 * role. */
static void read_error(shs_retry_t *verdict, const shs_reply_t *error,
                       int is_pooled, apr_pool_t *p)
{
    verdict->reason = shs_reply_describe_error(error, p);
    if (shs_reply_has_code(error, "WRONGTYPE")) {
        verdict->next = SHS_RETRY_ACCEPT;
        verdict->is_server_fine = 1;
    }
    else if (shs_reply_has_code(error, "MOVED")
             || shs_reply_has_code(error, "ASK")) {
        set(verdict, SHS_RETRY_REDIRECT, SHS_COUNTER_OTHER_ERRORS);
        verdict->is_server_fine = 1;
    }
    else if (shs_reply_is_not_ready(error)) {
        set(verdict, SHS_RETRY_WAIT, SHS_COUNTER_NOT_READY);
    }
    else if (shs_reply_has_code(error, "READONLY")) {
        set(verdict, SHS_RETRY_REFRESH, SHS_COUNTER_READ_ONLY);
        verdict->is_conn_good = 0;
    }
    else if (shs_reply_is_refusal(error)) {
        read_refusal(verdict, error, is_pooled);
    }
    else {
        set(verdict, SHS_RETRY_FAIL, find_counter(error));
    }
}

void shs_retry_read(shs_retry_t *verdict, shs_conn_status_t status,
                      const shs_pipeline_reply_t *answer, int is_pooled,
                      const char *reason, apr_pool_t *p)
{
    memset(verdict, 0, sizeof(*verdict));
    verdict->reason = reason;
    if (status != SHS_CONN_OK) {
        read_status(verdict, status, is_pooled);
        if (answer->error && verdict->next != SHS_RETRY_ACCEPT) {
            read_last_words(verdict, answer->error, p);
        }
        return;
    }
    verdict->is_conn_good = 1;
    if (answer->is_demoted) {
        verdict->reason = "it is not the master any more";
        set(verdict, SHS_RETRY_REFRESH, SHS_COUNTER_NOT_READY);
        verdict->is_conn_good = 0;
    }
    else if (answer->error) {
        read_error(verdict, answer->error, is_pooled, p);
    }
    else {
        verdict->next = SHS_RETRY_ACCEPT;
        verdict->is_server_fine = 1;
    }
}
