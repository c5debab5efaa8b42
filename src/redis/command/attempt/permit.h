/* SPDX-License-Identifier: Apache-2.0
 *
 * permit: a route together with the circuit breaker's permission to use it.
 * Every permit that was opened is closed with a result about the server. What
 * the breaker makes of the result is kept in the report, for the log.
 */
#ifndef SHS_REDIS_COMMAND_ATTEMPT_PERMIT_H
#define SHS_REDIS_COMMAND_ATTEMPT_PERMIT_H

#include "redis/command/attempt/operation.h"

/* Why a permit could not be opened. */
typedef struct shs_permit_denial_t {
    shs_counter_t cause;
    const char *reason;
} shs_permit_denial_t;

/* What the log has to say, of all permits of this command to masters. */
typedef struct shs_permit_report_t {
    shs_transition_t transition;
    const char *reason;
} shs_permit_report_t;

/* Zeroed memory is a closed permit. */
typedef struct shs_permit_t {
    /* Valid while the permit is open. */
    shs_route_t route;
    shs_breaker_pass_t pass;
    int is_to_replica;
    apr_uint32_t subject;          /* shs_node_subject() */
    apr_uint32_t resolved_subject; /* shs_node_resolved_subject() */
    apr_time_t opened_at;

    shs_permit_denial_t denial; /* valid after open returned 0 */
    shs_permit_report_t report; /* kept from one permit to the next */
} shs_permit_t;

/* To the master that serves the slot, and to the server that a redirection
 * names (`learn`: the slot is served there from now on). Return 1 and an open
 * permit; or 0, and the denial says why. */
int shs_permit_open(shs_permit_t *permit, const shs_operation_t *operation);
int shs_permit_open_redirect(shs_permit_t *permit,
                             const shs_operation_t *operation,
                             const shs_address_t *server, int learn);

/* To the first replica, from the nth on, that the breaker permits. Returns its
 * number and an open permit; or -1 when there is none. */
int shs_permit_open_replica(shs_permit_t *permit,
                            const shs_operation_t *operation, int nth);

/* `key` is as for shs_breaker_note(). `reason` is reported if this result opens
 * the breaker. */
void shs_permit_close(shs_permit_t *permit, const shs_operation_t *operation,
                      shs_breaker_result_t result, apr_uint32_t key,
                      const char *reason);

#endif
