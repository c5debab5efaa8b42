/* SPDX-License-Identifier: Apache-2.0
 *
 * steps: a write to a foreign session that has several keys, in a Cluster. The
 * keys are in different slots, so there is no atomic write. Each step is one
 * write of one key, in an order in which no step does harm if the next one
 * fails:
 *
 *   TOUCH    the companion, which must exist; then the session's key. A session
 *            that was ended in between is GONE.
 *   REMOVE   the session's key; then the companion; then each member. The
 *            result is that of the first step. If a later step fails, the
 *            session is ended all the same, and its own program or an expiry
 *            removes the rest; the failure is reported to the query's trace.
 */
#ifndef SHS_REDIS_STEPS_H
#define SHS_REDIS_STEPS_H

#include "redis/command/retry_loop.h"

/* Whether the write needs several steps for this client. */
int shs_steps_are_needed(const shs_client_t *client, const shs_write_t *write);

/* Performs one step. As the write of a provider, except for CONFLICT: the
 * session is not the one that was read. */
typedef shs_wrote_t (*shs_steps_write_fn)(shs_result_t *result,
                                          const shs_client_t *client,
                                          const shs_write_t *write,
                                          apr_pool_t *p);

/* Performs the steps of a TOUCH or REMOVE. */
shs_wrote_t shs_steps_run(shs_result_t *result, const shs_client_t *client,
                          const shs_write_t *write, shs_steps_write_fn fn,
                          apr_pool_t *p);

#endif
