/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_cache.h"

#include <assert.h>

#include "store/cache/memory/near_memory.h"

/* ------------------------------------------------------------------- names */

static apr_uint64_t mix(apr_uint64_t hash, apr_uint64_t word)
{
    hash = (hash ^ word) * APR_UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Names that differ only in their kind are of one key, and a configuration has
 * few kinds, which no client chooses: so 64 bits, mixed in two multiplications,
 * are enough for the kind. */
shs_near_name_t shs_near_cache_name(const shs_near_cache_t *cache,
                                    shs_near_kind_t kind, shs_octets_t key)
{
    const apr_uint64_t *keys = cache->head->kind_keys;
    apr_uint64_t of_kind = mix(mix(keys[0], kind.reader), kind.limit ^ keys[1]);
    shs_siphash_t hash = shs_near_memory_hash(cache, key);
    shs_near_name_t name;

    if (kind.part != 0) {
        of_kind = mix(of_kind ^ keys[1], kind.part ^ keys[0]);
    }
    name.a = hash.low ^ of_kind;
    name.b = hash.high + of_kind;
    name.bucket = shs_near_memory_bucket(hash);
    return name;
}

static apr_uint64_t get_epochs(const shs_near_cache_t *cache,
                               const shs_near_name_t *name)
{
    return (apr_uint64_t)atomic_load(&cache->head->global_epoch) << 32
           | atomic_load(&cache->head->epochs[name->bucket]);
}

/* -------------------------------------------------------------------- find */

static int is_valid(const shs_near_entry_t *entry, apr_time_t end,
                    apr_time_t now)
{
    return now < end && now < entry->valid_until;
}

/* There may be a session and a negative entry. Finds one that is valid if the
 * lease ends at `end`, else the latest. */
static int find_entry(shs_near_entry_t *best, const shs_near_cache_t *cache,
                      const shs_near_name_t *name, apr_time_t end,
                      apr_time_t now, apr_pool_t *p)
{
    shs_near_entry_t entry = { 0 };
    int is_found = 0;
    int i;

    *best = entry;
    entry.a = name->a;
    entry.b = name->b;
    entry.epochs = get_epochs(cache, name);
    for (i = 0; i < SHS_NEAR_CLASSES && !(is_found && is_valid(best, end, now));
         ++i) {
        const shs_near_class_t *class = &cache->classes[i];

        if (shs_near_set_read(&entry, shs_near_memory_set(class, name->b),
                              &class->shape, cache->head->keys, p)
            && entry.expires_at > now
            && (!is_found || entry.read_at > best->read_at)) {
            *best = entry;
            is_found = 1;
        }
    }
    return is_found && best->epochs == get_epochs(cache, name);
}

int shs_near_cache_is_live(const shs_near_cache_t *cache, apr_time_t now)
{
    return now < shs_near_memory_lease_end(cache);
}

shs_near_found_t shs_near_cache_find(shs_octets_t *octets,
                                     apr_interval_time_t *ttl,
                                     apr_interval_time_t *age,
                                     shs_near_cache_t *cache,
                                     const shs_near_name_t *name,
                                     apr_time_t now, apr_pool_t *p)
{
    /* Read before the epochs: an invalidation that comes in between either
     * belongs to a later lease or raises an epoch that is compared below. */
    apr_time_t end = shs_near_memory_lease_end(cache);
    shs_near_entry_t entry;

    if (!find_entry(&entry, cache, name, end, now, p)) {
        return SHS_NEAR_MISS;
    }
    *octets = entry.octets;
    *ttl = entry.expires_at == APR_INT64_MAX ? SHS_TTL_FOREVER
                                             : entry.expires_at - now;
    if (is_valid(&entry, end, now)) {
        shs_near_memory_count(cache, entry.octets.len > 0
                                         ? SHS_NEAR_HITS
                                         : SHS_NEAR_NEGATIVE_HITS);
        return entry.octets.len > 0 ? SHS_NEAR_HIT : SHS_NEAR_NEGATIVE;
    }
    if (entry.valid_until < end) {
        end = entry.valid_until;
    }
    /* The value was current when it was read, even if tracking was down. */
    *age = now - (end > entry.read_at ? end : entry.read_at);
    return entry.octets.len > 0 ? SHS_NEAR_STALE : SHS_NEAR_MISS;
}

/* --------------------------------------------------------------------- put */

int shs_near_cache_begin(shs_near_ticket_t *ticket,
                         const shs_near_cache_t *cache,
                         const shs_near_name_t *name, apr_time_t now)
{
    ticket->epochs = get_epochs(cache, name);
    ticket->read_at = now;
    return shs_near_cache_is_live(cache, now);
}

/* Counted from before the read, since the reply may have taken long. */
static apr_time_t get_end(const shs_near_ticket_t *ticket,
                          apr_interval_time_t ttl)
{
    assert(ttl >= 0 || ttl == SHS_TTL_FOREVER);
    return ttl == SHS_TTL_FOREVER || ttl > APR_INT64_MAX - ticket->read_at
               ? APR_INT64_MAX
               : ticket->read_at + ttl;
}

static void put(shs_near_cache_t *cache, const shs_near_name_t *name,
                const shs_near_ticket_t *ticket, shs_octets_t octets,
                apr_interval_time_t ttl, apr_interval_time_t valid_for)
{
    const shs_near_class_t *class =
        &cache
             ->classes[octets.len > 0 ? SHS_NEAR_SESSIONS : SHS_NEAR_NEGATIVES];
    shs_near_entry_t entry;
    int evicted;

    if (octets.len > cache->policy.max_entry) {
        shs_near_memory_count(cache, SHS_NEAR_TOO_LARGE);
        return;
    }
    entry.a = name->a;
    entry.b = name->b;
    entry.epochs = ticket->epochs;
    entry.read_at = ticket->read_at;
    entry.valid_until = get_end(ticket, valid_for);
    entry.expires_at = get_end(ticket, ttl);
    entry.octets = octets;
    shs_near_set_write(&evicted, shs_near_memory_set(class, name->b),
                       &class->shape, &entry, cache->pid, cache->head->keys);
    for (; evicted > 0 && octets.len > 0; --evicted) {
        shs_near_memory_count(cache, SHS_NEAR_EVICTIONS);
    }
}

void shs_near_cache_put(shs_near_cache_t *cache, const shs_near_name_t *name,
                        const shs_near_ticket_t *ticket, apr_uint32_t server_id,
                        shs_octets_t octets, apr_interval_time_t ttl)
{
    if (shs_near_memory_is_tracked(cache, server_id)) {
        put(cache, name, ticket, octets, ttl,
            octets.len > 0 ? cache->policy.ttl : cache->policy.negative);
    }
}

void shs_near_cache_put_briefly(shs_near_cache_t *cache,
                                const shs_near_name_t *name,
                                const shs_near_ticket_t *ticket,
                                apr_uint32_t server_id, shs_octets_t octets)
{
    shs_near_cache_put(cache, name, ticket, server_id, octets,
                       cache->policy.negative);
}

void shs_near_cache_put_untracked(shs_near_cache_t *cache,
                                  const shs_near_name_t *name,
                                  const shs_near_ticket_t *ticket,
                                  shs_octets_t octets, apr_interval_time_t ttl)
{
    put(cache, name, ticket, octets, ttl, 0);
}

/* ---------------------------------------------------------------- counters */

void shs_near_cache_count(shs_near_cache_t *cache, shs_near_counter_t counter)
{
    shs_near_memory_count(cache, counter);
}

apr_uint64_t shs_near_cache_counted(const shs_near_cache_t *cache,
                                    shs_near_counter_t counter)
{
    return shs_near_counter_get(&cache->head->counters, counter);
}
