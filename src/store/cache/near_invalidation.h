/* SPDX-License-Identifier: Apache-2.0
 *
 * near_invalidation: invalidations, lease and leader of a near-cache, as its
 * tracker and the store's writers report them.
 */
#ifndef SHS_STORE_CACHE_NEAR_INVALIDATION_H
#define SHS_STORE_CACHE_NEAR_INVALIDATION_H

#include "base/octets.h"
#include "store/cache/memory/near_policy.h"

/* Makes the entries of one key invalid; of all keys. */
void shs_near_invalidation_invalidate(shs_near_cache_t *cache,
                                      shs_octets_t key);
void shs_near_invalidation_flush(shs_near_cache_t *cache);

/* Rule 1 of near_cache.h: a heartbeat sent at `pinged_at` has returned. Only
 * the leader's call has an effect. A call of a process that lost the leadership
 * has none, even if that process was stopped for hours amid the call. */
void shs_near_invalidation_extend_lease(shs_near_cache_t *cache,
                                        apr_time_t pinged_at);

/* The servers that are tracked from now on, at most SHS_NEAR_SERVERS. Only the
 * leader's call has an effect, as above. */
void shs_near_invalidation_set_servers(shs_near_cache_t *cache,
                                       const apr_uint32_t *server_ids,
                                       int number);

/* Takes the leadership unless another child has it: the leader tracks. It keeps
 * the leadership as long as its calls are no further apart than this. Returns
 * the number of the leader's term to the leader, and 0 to the other children. A
 * child that becomes the leader again has a later term, in which it tracks no
 * server yet. To be called by one thread of each child. */
#define SHS_NEAR_LEADER_TIMEOUT (APR_USEC_PER_SEC)
apr_uint32_t shs_near_invalidation_lead(shs_near_cache_t *cache,
                                        apr_time_t now);

/* Sets why tracking is down; NULL: it is up. */
void shs_near_invalidation_set_down(shs_near_cache_t *cache,
                                    const char *reason);

/* "live", or why it is not (in the shared memory, or static). */
const char *shs_near_invalidation_describe(const shs_near_cache_t *cache,
                                           apr_time_t now);

#endif
