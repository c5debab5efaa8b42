/* SPDX-License-Identifier: Apache-2.0
 *
 * command: the state of one load or one write of a session while it is sent
 * (redis/command/retry_loop.h), and the steps that all parts of the retry loop
 * share: a permit is opened and closed, the command fails, an event is traced.
 */
#ifndef SHS_REDIS_COMMAND_COMMAND_H
#define SHS_REDIS_COMMAND_COMMAND_H

#include "redis/command/attempt/attempt.h"
#include "redis/command/backoff.h"
#include "redis/command/key_check.h"

typedef struct shs_command_t {
    shs_operation_t operation;
    shs_permit_t permit;
    shs_key_check_t key_check;
    int is_asking; /* an ASK redirection is followed */
    int is_replica;
    int redirects; /* that were followed */
    int retries;   /* that are left */
    int refreshes; /* of the topology */
    int replicas;  /* that were tried */
    shs_backoff_t backoff;
    apr_interval_time_t took; /* the last attempt; 0: there was no pause yet */
    apr_uint32_t waits_for; /* the breaker's subject that replied last that the
                             * command has to wait; 0: none */
    int is_error; /* the last attempt got an error reply, or ran into the
                   * deadline after one that asked to wait */
    shs_attempt_t attempt; /* the last one */
    shs_retry_t retry;     /* what the last attempt, or the failure to open a
                            * permit, came to. ACCEPT: the attempt has the
                            * reply. After execute any other action means that
                            * the command failed */
} shs_command_t;

/* Opens a permit for the server that serves the key now. Returns 1; or 0, and
 * the command has failed, because the server cannot be found or the circuit
 * breaker is open. No permit may be open. */
int shs_command_open_permit(shs_command_t *self);

/* The same after another permit was closed, and traces which server serves the
 * key now. */
int shs_command_reopen_permit(shs_command_t *self);

/* Closes the open permit. `result`: what the attempts with it say about the
 * server. */
void shs_command_close_permit(shs_command_t *self, shs_breaker_result_t result);

/* Sets self->retry to a failure with that cause and reason (not copied), and
 * returns 0. */
int shs_command_fail(shs_command_t *self, shs_counter_t cause,
                     const char *reason);

void shs_command_count(const shs_command_t *self, shs_counter_t counter);

/* Reports an event to the query's trace, if there is one. `detail` may be
 * NULL. */
void shs_command_trace(const shs_command_t *self, const char *event,
                       const char *detail);

/* The detail is the server that the open permit leads to. */
void shs_command_trace_server(const shs_command_t *self, const char *event);

#endif
