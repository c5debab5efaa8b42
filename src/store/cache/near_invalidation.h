/* SPDX-License-Identifier: Apache-2.0
 *
 * near_invalidation: what a near-cache is told: by those who listen to the store, by
 * those who write to it; and what it can tell of itself.
 */
#ifndef SHS_STORE_CACHE_NEAR_INVALIDATION_H
#define SHS_STORE_CACHE_NEAR_INVALIDATION_H

#include "store/cache/near_cache.h"

typedef enum shs_near_counter_t {
    SHS_NEAR_HITS,
    SHS_NEAR_MISSES,
    SHS_NEAR_NEGATIVE_HITS,
    SHS_NEAR_STALE_HITS,
    SHS_NEAR_TOO_LARGE,   /* not kept */
    SHS_NEAR_INVALIDATED, /* keys that were announced as changed */
    SHS_NEAR_FLUSHES,     /* everything was dropped */
    SHS_NEAR_COUNTER_COUNT
} shs_near_counter_t;

/* ---- those who listen, and those who write */

void shs_near_invalidation_invalidate(shs_near_cache_t *cache,
                                      shs_octets_t key);
void shs_near_invalidation_flush(shs_near_cache_t *cache);

/* Rule 1. */
void shs_near_invalidation_extend_lease(shs_near_cache_t *cache,
                                        apr_time_t asked_at);

/* Who is listened to from now on; no more than SHS_NEAR_SERVERS. By the one
 * that is elected; of another it has no effect, though that may have been
 * stopped for hours amid the call. The lease likewise. */
#define SHS_NEAR_SERVERS 64
void shs_near_invalidation_set_servers(shs_near_cache_t *cache,
                                       const apr_uint32_t *server_ids,
                                       int number);

/* Who of the children listens: the one whose last call is no longer ago than
 * this. Returns 1 for that one, which has to call again. By one thread of each
 * child. */
#define SHS_NEAR_LEADER_TIMEOUT (APR_USEC_PER_SEC)
int shs_near_invalidation_elect(shs_near_cache_t *cache, apr_time_t now);

/* Why nobody listens; NULL: somebody does. */
void shs_near_invalidation_set_down(shs_near_cache_t *cache,
                                    const char *reason);

/* Those who look up tell what they came to; hits count themselves. */
void shs_near_invalidation_note(shs_near_cache_t *cache,
                                shs_near_counter_t counter);

/* ---- reports */

apr_uint64_t shs_near_invalidation_count(const shs_near_cache_t *cache,
                                         shs_near_counter_t counter);
const char *shs_near_invalidation_counter_name(shs_near_counter_t counter);

/* "live", or why it is not (in the memory, or static). */
const char *shs_near_invalidation_describe(const shs_near_cache_t *cache,
                                           apr_time_t now);

#endif
