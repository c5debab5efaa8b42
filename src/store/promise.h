/* SPDX-License-Identifier: Apache-2.0
 *
 * promise: checks what a provider returns against what it has promised in
 * mod_shared_session_provider.h. A result that breaks a promise becomes
 * UNAVAILABLE, with a reason that names the promise: a provider is another
 * project's code, and its mistake must neither end the child nor be taken for
 * an answer of the store.
 */
#ifndef SHS_STORE_PROMISE_H
#define SHS_STORE_PROMISE_H

#include <stdatomic.h>

#include "../mod_shared_session_provider.h"

/* Returns the outcome, or UNAVAILABLE if a promise is broken. Once a minute it
 * then sets the transition DEGRADED too, so that it is logged. *warned_at is
 * the time of the last one, by shs_clock_now(), and 0 at the beginning. */
shs_outcome_t shs_promise_check_read(shs_result_t *result,
                                     shs_outcome_t outcome,
                                     const shs_query_t *query,
                                     _Atomic apr_int64_t *warned_at);

/* Returns the result of the write, or UNAVAILABLE if a promise is broken. */
shs_wrote_t shs_promise_check_write(shs_result_t *result, shs_wrote_t wrote);

#endif
