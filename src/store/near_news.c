/* SPDX-License-Identifier: Apache-2.0 */
#include "store/near_news.h"

#include <apr_strings.h>

#include "store/near_memory.h"

/* -------------------------------------------------------------------- news */

void shs_near_news_invalidate(shs_near_cache_t *cache, shs_octets_t key)
{
    atomic_fetch_add(&cache->head->epochs[shs_near_memory_bucket(cache, key)],
                     1);
    shs_near_memory_count(cache, SHS_NEAR_INVALIDATED);
}

void shs_near_news_flush(shs_near_cache_t *cache)
{
    atomic_fetch_add(&cache->head->all, 1);
    shs_near_memory_count(cache, SHS_NEAR_FLUSHES);
}

static apr_uint64_t office_of(const shs_near_cache_t *cache, apr_uint32_t term)
{
    return (apr_uint64_t)term << 32 | cache->pid;
}

static int has_office(const shs_near_cache_t *cache)
{
    return cache->term != 0
           && atomic_load(&cache->head->listener)
                  == office_of(cache, cache->term);
}

/* Never backwards. */
void shs_near_news_lease(shs_near_cache_t *cache, apr_time_t asked_at)
{
    apr_uint64_t was = atomic_load(&cache->head->leased_at);

    while (has_office(cache) && was < (apr_uint64_t)asked_at
           && !atomic_compare_exchange_weak(&cache->head->leased_at, &was,
                                            (apr_uint64_t)asked_at)) {
        continue;
    }
}

/* A word of this term, unless there is one of a later. */
static void set_in_term(shs_near_word_t *word, apr_uint32_t term,
                        apr_uint32_t value)
{
    apr_uint64_t was = atomic_load(word);

    while ((apr_uint32_t)(was >> 32) <= term
           && !atomic_compare_exchange_weak(word, &was,
                                            (apr_uint64_t)term << 32 | value)) {
        continue;
    }
}

void shs_near_news_listen_to(shs_near_cache_t *cache,
                             const apr_uint32_t *sources, int number)
{
    shs_near_head_t *head = cache->head;
    int i;

    set_in_term(&head->source_count, cache->term, 0);
    for (i = 0; i < number && i < SHS_NEAR_SOURCES; ++i) {
        set_in_term(&head->sources[i], cache->term, sources[i]);
    }
    set_in_term(&head->source_count, cache->term, (apr_uint32_t)i);
}

void shs_near_news_say(shs_near_cache_t *cache, const char *reason)
{
    apr_cpystrn(cache->head->silent, reason ? reason : "",
                sizeof(cache->head->silent));
}

apr_uint32_t shs_near_news_elect(shs_near_cache_t *cache, apr_time_t now)
{
    shs_near_head_t *head = cache->head;
    apr_uint64_t listener = atomic_load(&head->listener);
    apr_uint64_t heard_at = atomic_load(&head->heard_at);
    apr_uint32_t term = (apr_uint32_t)(listener >> 32) + 1;

    if (has_office(cache)) {
        atomic_store(&head->heard_at, (apr_uint64_t)now);
        return cache->term;
    }
    if ((heard_at != 0 && now - (apr_time_t)heard_at < SHS_NEAR_PATIENCE)
        || !atomic_compare_exchange_strong(&head->listener, &listener,
                                           office_of(cache, term))) {
        return 0;
    }
    cache->term = term;
    atomic_store(&head->heard_at, (apr_uint64_t)now);
    return term;
}

void shs_near_news_note(shs_near_cache_t *cache, shs_near_counter_t counter)
{
    shs_near_memory_count(cache, counter);
}

/* ----------------------------------------------------------------- reports */

apr_uint64_t shs_near_news_count(const shs_near_cache_t *cache,
                                 shs_near_counter_t counter)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < SHS_NEAR_STRIPES; ++i) {
        sum += shs_near_word_get(&cache->head->stripes[i].values[counter]);
    }
    return sum;
}

const char *shs_near_news_counter_name(shs_near_counter_t counter)
{
    static const char *const names[SHS_NEAR_COUNTER_COUNT] = {
        "CacheHits",      "CacheMisses",   "CacheNegativeHits",
        "CacheStaleHits", "CacheTooLarge", "CacheInvalidations",
        "CacheFlushes",
    };

    return names[counter];
}

const char *shs_near_news_describe(const shs_near_cache_t *cache,
                                   apr_time_t now)
{
    if (shs_near_cache_is_live(cache, now)) {
        return "live";
    }
    return *cache->head->silent ? cache->head->silent : "no child listens yet";
}
