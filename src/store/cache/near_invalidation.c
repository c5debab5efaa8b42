/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_invalidation.h"

#include <apr_strings.h>

#include "store/cache/memory/near_memory.h"

void shs_near_invalidation_invalidate(shs_near_cache_t *cache, shs_octets_t key)
{
    atomic_fetch_add(
        &cache->head
             ->epochs[shs_near_memory_bucket(shs_near_memory_hash(cache, key))],
        1);
    shs_near_memory_count(cache, SHS_NEAR_INVALIDATIONS);
}

void shs_near_invalidation_flush(shs_near_cache_t *cache)
{
    atomic_fetch_add(&cache->head->global_epoch, 1);
    shs_near_memory_count(cache, SHS_NEAR_FLUSHES);
}

static apr_uint64_t encode_leader(const shs_near_cache_t *cache,
                                  apr_uint32_t term)
{
    return (apr_uint64_t)term << 32 | cache->pid;
}

static int is_leading(const shs_near_cache_t *cache)
{
    return cache->term != 0
           && atomic_load(&cache->head->leader)
                  == encode_leader(cache, cache->term);
}

/* The lease never moves back. */
void shs_near_invalidation_extend_lease(shs_near_cache_t *cache,
                                        apr_time_t pinged_at)
{
    apr_uint64_t was = atomic_load(&cache->head->leased_at);

    while (is_leading(cache) && was < (apr_uint64_t)pinged_at
           && !atomic_compare_exchange_weak(&cache->head->leased_at, &was,
                                            (apr_uint64_t)pinged_at)) {
        continue;
    }
}

/* Sets a word in this term, unless it was set in a later one. */
static void set_in_term(shs_atomic64_t *word, apr_uint32_t term,
                        apr_uint32_t value)
{
    apr_uint64_t was = atomic_load(word);

    while ((apr_uint32_t)(was >> 32) <= term
           && !atomic_compare_exchange_weak(word, &was,
                                            (apr_uint64_t)term << 32 | value)) {
        continue;
    }
}

void shs_near_invalidation_set_servers(shs_near_cache_t *cache,
                                       const apr_uint32_t *server_ids,
                                       int number)
{
    shs_near_head_t *head = cache->head;
    int i;

    set_in_term(&head->server_count, cache->term, 0);
    for (i = 0; i < number && i < SHS_NEAR_SERVERS; ++i) {
        set_in_term(&head->servers[i], cache->term, server_ids[i]);
    }
    set_in_term(&head->server_count, cache->term, (apr_uint32_t)i);
}

void shs_near_invalidation_set_down(shs_near_cache_t *cache, const char *reason)
{
    apr_cpystrn(cache->head->down_reason, reason ? reason : "",
                sizeof(cache->head->down_reason));
}

apr_uint32_t shs_near_invalidation_lead(shs_near_cache_t *cache, apr_time_t now)
{
    shs_near_head_t *head = cache->head;
    apr_uint64_t leader = atomic_load(&head->leader);
    apr_uint64_t leader_seen_at = atomic_load(&head->leader_seen_at);
    apr_uint32_t term = (apr_uint32_t)(leader >> 32) + 1;

    if (is_leading(cache)) {
        atomic_store(&head->leader_seen_at, (apr_uint64_t)now);
        return cache->term;
    }
    if ((leader_seen_at != 0
         && now - (apr_time_t)leader_seen_at < SHS_NEAR_LEADER_TIMEOUT)
        || !atomic_compare_exchange_strong(&head->leader, &leader,
                                           encode_leader(cache, term))) {
        return 0;
    }
    cache->term = term;
    atomic_store(&head->leader_seen_at, (apr_uint64_t)now);
    return term;
}

const char *shs_near_invalidation_describe(const shs_near_cache_t *cache,
                                           apr_time_t now)
{
    if (now < shs_near_memory_lease_end(cache)) {
        return "live";
    }
    return *cache->head->down_reason ? cache->head->down_reason
                                     : "tracking is not up yet";
}
