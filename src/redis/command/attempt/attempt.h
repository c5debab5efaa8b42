/* SPDX-License-Identifier: Apache-2.0
 *
 * attempt: one pipeline to the server of an open permit, and what it came to. A
 * load is sent together with those of other threads, if they wait at the same
 * time (redis/connection/batcher.h), and all else on a connection of its own.
 * The connection goes back to the pool here, so that a command holds none while
 * it waits for anything else.
 */
#ifndef SHS_REDIS_COMMAND_ATTEMPT_ATTEMPT_H
#define SHS_REDIS_COMMAND_ATTEMPT_ATTEMPT_H

#include "redis/command/attempt/permit.h"
#include "redis/command/attempt/retry_action.h"

typedef struct shs_attempt_t {
    shs_conn_status_t status;
    shs_pipeline_reply_t reply;
    shs_retry_t retry; /* with several servers its reason names this one */
    int is_new_conn;   /* the connection was opened for this attempt */
    int may_be_key;    /* the value did not come: the key may be the cause, not
                          * the server */
    int is_excused;    /* it was late after a batch that failed: no failure for
                          * the circuit breaker */
    apr_uint32_t run_id; /* of the server (redis/connection/run_id.h); 0: not
                          * loaded, because tracking is not active */
} shs_attempt_t;

typedef struct shs_attempt_options_t {
    int is_asking;     /* an ASK redirection led here */
    int is_size;       /* loads the size of the value instead of the value */
    int is_big;        /* the value may be large: it is not loaded together with
                        * others */
    int may_reconnect; /* a pooled connection that turns out to be dead may be
                        * replaced by another */
} shs_attempt_options_t;

void shs_attempt_run(shs_attempt_t *attempt, const shs_permit_t *permit,
                     const shs_operation_t *operation,
                     shs_attempt_options_t options);

#endif
