/* SPDX-License-Identifier: Apache-2.0
 *
 * near_invalidation: invalidations, lease and leader of a near-cache, as its
 * tracker and the store's writers report them; and what it reports of itself.
 */
#ifndef SHS_STORE_CACHE_NEAR_INVALIDATION_H
#define SHS_STORE_CACHE_NEAR_INVALIDATION_H

#include "store/cache/near_cache.h"

typedef enum shs_near_counter_t {
    SHS_NEAR_HITS,
    SHS_NEAR_MISSES,
    SHS_NEAR_NEGATIVE_HITS,
    SHS_NEAR_STALE_HITS,
    SHS_NEAR_TOO_LARGE,     /* replies past max_entry, not stored */
    SHS_NEAR_INVALIDATIONS, /* keys that changed */
    SHS_NEAR_FLUSHES,       /* times that every entry became invalid */
    SHS_NEAR_COUNTER_COUNT
} shs_near_counter_t;

/* ---- for the tracker and for writers */

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
#define SHS_NEAR_SERVERS 64
void shs_near_invalidation_set_servers(shs_near_cache_t *cache,
                                       const apr_uint32_t *server_ids,
                                       int number);

/* Elects the child that tracks. The leader stays leader as long as its calls
 * are no further apart than this. Returns 1 for the leader. To be called by one
 * thread of each child. */
#define SHS_NEAR_LEADER_TIMEOUT (APR_USEC_PER_SEC)
int shs_near_invalidation_elect(shs_near_cache_t *cache, apr_time_t now);

/* Sets why tracking is down; NULL: it is up. */
void shs_near_invalidation_set_down(shs_near_cache_t *cache,
                                    const char *reason);

/* Counts an event that only a lookup can tell; hits are counted by find(). */
void shs_near_invalidation_note(shs_near_cache_t *cache,
                                shs_near_counter_t counter);

/* ---- reports */

apr_uint64_t shs_near_invalidation_count(const shs_near_cache_t *cache,
                                         shs_near_counter_t counter);
const char *shs_near_invalidation_counter_name(shs_near_counter_t counter);

/* "live", or why it is not (in the shared memory, or static). */
const char *shs_near_invalidation_describe(const shs_near_cache_t *cache,
                                           apr_time_t now);

#endif
