/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/key_check.h"

#include "base/clock.h"

void shs_key_check_begin(shs_key_check_t *check,
                         const shs_operation_t *operation)
{
    const shs_client_t *client = operation->client;
    shs_big_key_begin_t begin;

    /* The lower bits name the key for the circuit breaker, whatever part of the
     * value is loaded. */
    check->mark = shs_big_key_mark(operation->query->key, client->secret)
                  ^ (apr_uint64_t)operation->part << 32;
    begin = shs_big_key_begin(&check->ticket, &client->host_state->big_key,
                              check->mark, operation->query->deadline,
                              shs_clock_now());
    check->is_big = begin == SHS_BIG_KEY_LOAD_SIZE;
    check->must_load_size = begin != SHS_BIG_KEY_LOAD_VALUE;
    check->is_value_loading = begin == SHS_BIG_KEY_LOAD_SIZE_MEANWHILE;
}

int shs_key_check_accept_size(shs_key_check_t *check,
                              const shs_attempt_t *attempt)
{
    if (!check->must_load_size || attempt->reply.is_too_large
        || attempt->reply.error) {
        return 0;
    }
    check->must_load_size = 0;
    return 1;
}

/* Whether the key may be the cause of a failure: its value did not come, or the
 * deadline passed while another request was loading the value. A server that
 * serves one client at a time then keeps all others waiting, a new connection
 * included. */
static int may_be_key(const shs_key_check_t *check,
                      const shs_attempt_t *attempt)
{
    return attempt->may_be_key
           || (check->is_value_loading && attempt->status == SHS_CONN_TIMEOUT);
}

apr_uint32_t shs_key_check_note(shs_key_check_t *check,
                                const shs_attempt_t *attempt,
                                shs_breaker_result_t result)
{
    check->is_suspect |=
        attempt->may_be_key
        && (result == SHS_BREAKER_FAILED || attempt->is_excused);
    return may_be_key(check, attempt) ? (apr_uint32_t)check->mark | 1 : 0;
}

void shs_key_check_end(const shs_key_check_t *check,
                       const shs_operation_t *operation,
                       const shs_attempt_t *attempt, int is_accepted)
{
    shs_big_key_end_t end =
        is_accepted ? SHS_BIG_KEY_SMALL : SHS_BIG_KEY_UNKNOWN;

    if (check->is_suspect || attempt->status == SHS_CONN_TOO_LARGE
        || attempt->reply.is_too_large) {
        end = SHS_BIG_KEY_BIG;
    }
    shs_big_key_end(&operation->client->host_state->big_key, check->mark,
                    check->ticket, end);
}
