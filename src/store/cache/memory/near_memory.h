/* SPDX-License-Identifier: Apache-2.0
 *
 * near_memory: the layout of a near-cache's memory. Private to near_cache and
 * near_invalidation, except for the functions that create and attach it.
 *
 *   head        hash keys, lease, leader, tracked servers, counters
 *   epochs      65536 counters
 *   classes     sets for sessions, with room for four of the largest; and sets
 *               for negative entries
 *
 * Sessions of all sizes share the memory. Negative entries have a class of
 * their own so that a flood of invented ids evicts no session. Nothing that is
 * read here is used as an offset before it was checked against the bounds.
 */
#ifndef SHS_STORE_CACHE_MEMORY_NEAR_MEMORY_H
#define SHS_STORE_CACHE_MEMORY_NEAR_MEMORY_H

#include <apr_errno.h>
#include <apr_pools.h>

#include "store/cache/memory/near_counter.h"
#include "store/cache/memory/near_policy.h"
#include "store/cache/memory/near_set.h"

#define SHS_NEAR_BUCKETS 65536

typedef enum shs_near_class_index_t {
    SHS_NEAR_SESSIONS,
    SHS_NEAR_NEGATIVES,
    SHS_NEAR_CLASSES
} shs_near_class_index_t;

typedef struct shs_near_head_t {
    shs_near_keys_t keys;
    apr_uint64_t kind_keys[2];
    shs_atomic64_t leased_at;
    shs_atomic64_t leader_seen_at;
    char down_reason[128];             /* why tracking is down, in words */
    _Atomic apr_uint32_t global_epoch; /* raised by each flush */
    shs_atomic64_t leader;             /* term << 32 | pid; each leader begins
                                        * a term */
    /* The upper half of each is a term. Values of an earlier term are void. */
    shs_atomic64_t server_count;
    shs_atomic64_t servers[SHS_NEAR_SERVERS];
    shs_near_counters_t counters;
    _Atomic apr_uint32_t epochs[SHS_NEAR_BUCKETS];
} shs_near_head_t;

typedef struct shs_near_class_t {
    shs_near_shape_t shape;
    apr_size_t sets;
    char *base;
} shs_near_class_t;

struct shs_near_cache_t {
    shs_near_policy_t policy;
    shs_near_head_t *head;
    shs_near_class_t classes[SHS_NEAR_CLASSES];
    apr_uint32_t pid;
    apr_uint32_t term; /* in which this process was the leader; 0: none.
                        * For its tracker's thread only */
};

/* The memory that the policy needs, in octets; zeroed before use. */
apr_size_t shs_near_memory_size(const shs_near_policy_t *policy);

/* In the parent, once: draws the hash keys. Returns 0 when the system gives no
 * random octets. */
int shs_near_memory_prepare(void *memory);

/* In the parent: creates and prepares the memory, which the children share and
 * which lives as long as the pool. On failure (ENOMEM: a limit of address space
 * or of shared mappings) *memory is NULL. */
apr_status_t shs_near_memory_create(void **memory,
                                    const shs_near_policy_t *policy,
                                    apr_pool_t *pconf);

/* The same with policy->size halved until it succeeds, down to the least that a
 * policy may have. policy->size is then the size it got; where even the least
 * is not available, policy->is_on is 0 and *memory is NULL. */
void shs_near_memory_create_less(void **memory, shs_near_policy_t *policy,
                                 apr_pool_t *pconf);

/* This process's handle to the memory, in p. */
shs_near_cache_t *shs_near_memory_attach(void *memory,
                                         const shs_near_policy_t *policy,
                                         apr_pool_t *p);

/* The hash of a key, and the bucket of that hash: an invalidation finds the
 * bucket of the entries of its key. */
static inline shs_siphash_t shs_near_memory_hash(const shs_near_cache_t *cache,
                                                 shs_octets_t key)
{
    return shs_siphash_hash(key.data, key.len, cache->head->keys[0]);
}

static inline apr_uint32_t shs_near_memory_bucket(shs_siphash_t hash)
{
    return (apr_uint32_t)(hash.low % SHS_NEAR_BUCKETS);
}

/* When the lease ends; 0: there was none. */
apr_time_t shs_near_memory_lease_end(const shs_near_cache_t *cache);

void shs_near_memory_count(shs_near_cache_t *cache, shs_near_counter_t counter);

/* Whether the leader tracks that server. */
int shs_near_memory_is_tracked(const shs_near_cache_t *cache,
                               apr_uint32_t server_id);

/* The set that an entry of that name belongs to. */
shs_near_set_t *shs_near_memory_set(const shs_near_class_t *class,
                                    apr_uint64_t hash);

#endif
