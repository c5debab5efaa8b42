/* SPDX-License-Identifier: Apache-2.0
 *
 * attempt: one question on one connection to the server of an open permit, and
 * what it came to. The connection's loan ends here, so that none is held while
 * anything else is waited for.
 */
#ifndef SHS_REDIS_COMMAND_ATTEMPT_H
#define SHS_REDIS_COMMAND_ATTEMPT_H

#include "redis/command/permit.h"
#include "redis/command/retry.h"

typedef struct shs_attempt_t {
    shs_conn_status_t status;
    shs_pipeline_reply_t reply;
    shs_retry_t retry; /* where there are several servers its reason names
                            * this one */
    int is_new_conn;   /* it was dialled for this question */
    int may_be_key;    /* it failed after the value was asked for: the key
                            * may be the reason */
    apr_uint32_t
        run_id; /* of who answered (redis/connection/run_id.h); 0: not asked,
                            * because nobody listens */
} shs_attempt_t;

typedef struct shs_attempt_options_t {
    int is_asking;     /* an ASK redirection led here */
    int is_size;       /* not for the value, but how large it is */
    int may_reconnect; /* a pooled connection that turns out dead may be left for
                     * another */
} shs_attempt_options_t;

void shs_attempt_run(shs_attempt_t *attempt, const shs_permit_t *permit,
                     const shs_scope_t *scope, shs_attempt_options_t options);

#endif
