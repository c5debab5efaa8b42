/* SPDX-License-Identifier: Apache-2.0
 *
 * near_news: what a near-cache is told: by those who listen to the store, by
 * those who write to it; and what it can tell of itself.
 */
#ifndef SHS_STORE_NEAR_NEWS_H
#define SHS_STORE_NEAR_NEWS_H

#include "store/near_cache.h"

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

void shs_near_news_invalidate(shs_near_cache_t *cache, shs_octets_t key);
void shs_near_news_flush(shs_near_cache_t *cache);

/* Rule 1. */
void shs_near_news_lease(shs_near_cache_t *cache, apr_time_t asked_at);

/* Who is listened to from now on; no more than SHS_NEAR_SOURCES. By the one
 * that is elected; of another it has no effect, though that may have been
 * stopped for hours amid the call. The lease likewise. */
#define SHS_NEAR_SOURCES 64
void shs_near_news_listen_to(shs_near_cache_t *cache,
                             const apr_uint32_t *sources, int number);

/* Who of the children listens: the one whose last call is no longer ago than
 * this. Returns for that one, which has to call again, the number of its term
 * (a later one each time that it is elected anew, and then it listens to nobody
 * yet); 0 for the others. By one thread of each child. */
#define SHS_NEAR_PATIENCE (APR_USEC_PER_SEC)
apr_uint32_t shs_near_news_elect(shs_near_cache_t *cache, apr_time_t now);

/* Why nobody listens; NULL: somebody does. */
void shs_near_news_say(shs_near_cache_t *cache, const char *reason);

/* Those who look up tell what they came to; hits count themselves. */
void shs_near_news_note(shs_near_cache_t *cache, shs_near_counter_t counter);

/* ---- reports */

apr_uint64_t shs_near_news_count(const shs_near_cache_t *cache,
                                 shs_near_counter_t counter);
const char *shs_near_news_counter_name(shs_near_counter_t counter);

/* "live", or why it is not (in the memory, or static). */
const char *shs_near_news_describe(const shs_near_cache_t *cache,
                                   apr_time_t now);

#endif
