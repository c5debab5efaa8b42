/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange: one question for a session, put to the right node until there is an
 * answer or the deadline. This is where it is decided what becomes of an
 * answer that is none: a dead connection, a redirection, a server that is
 * loading, demoted, or gone.
 *
 *   a pooled connection was dead      asked once more on another
 *   MOVED, ASK                        followed, five times at most
 *   LOADING, MASTERDOWN, CLUSTERDOWN,
 *   TRYAGAIN                          asked again after a moment
 *   READONLY, ROLE says no master     found out anew who it is, asked there
 *   no answer                         the same; or a replica, where allowed
 *   the circuit breaker is open       not asked; a replica, where allowed
 */
#ifndef SHS_REDIS_EXCHANGE_H
#define SHS_REDIS_EXCHANGE_H

#include "redis/passage.h"

/* As shs_store_load(). */
shs_outcome_t shs_exchange_run(shs_answer_t *answer, const shs_client_t *client,
                               const shs_query_t *query, apr_pool_t *p);

#endif
