/* SPDX-License-Identifier: Apache-2.0
 *
 * near_memory: how a near-cache's memory is laid out. But for what makes it,
 * private to near_cache and near_news.
 *
 *   head        keys of the hashes, lease, who listens, whom to, counters
 *   epochs      65536 counters
 *   classes     up to 4 KiB | 32 KiB | 256 KiB | 1 MiB, as far as max_entry
 *               says: sets with room for four of the largest; and nothing: sets
 *               of as many as have a place
 *
 * One with small sessions only has one class. "Nothing" has one of its own, so
 * that a flood of invented ids evicts no session. Nothing read here is used as
 * an offset; a number is compared with what there is before it is used.
 */
#ifndef SHS_STORE_CACHE_NEAR_MEMORY_H
#define SHS_STORE_CACHE_NEAR_MEMORY_H

#include "store/cache/near_cache.h"
#include "store/cache/near_invalidation.h"
#include "store/cache/near_set.h"

#define SHS_NEAR_BUCKETS 65536
#define SHS_NEAR_CLASSES 5
#define SHS_NEAR_STRIPES 16

/* A cache line. */
typedef struct shs_near_stripe_t {
    _Alignas(64) shs_atomic64_t values[8];
} shs_near_stripe_t;

typedef struct shs_near_head_t {
    shs_near_keys_t keys;
    unsigned char kind_key[APR_SIPHASH_KSIZE];
    shs_atomic64_t leased_at;
    shs_atomic64_t heard_at;  /* the tracker's sign of life */
    char down_reason[128];    /* why nobody listens; for people */
    _Atomic apr_uint32_t all; /* the epoch of everything */
    shs_atomic64_t tracker;   /* term << 32 | pid; a term begins with each */
    /* Of a term, which is in the upper half of each: words of an earlier one
     * say nothing. */
    shs_atomic64_t server_count;
    shs_atomic64_t servers[SHS_NEAR_SERVERS];
    shs_near_stripe_t stripes[SHS_NEAR_STRIPES];
    _Atomic apr_uint32_t epochs[SHS_NEAR_BUCKETS];
} shs_near_head_t;

typedef struct shs_near_class_t {
    apr_size_t octets; /* of an entry at most */
    apr_size_t room;   /* of a set, in words */
    apr_size_t sets;
    char *base;
} shs_near_class_t;

struct shs_near_cache_t {
    shs_near_policy_t policy;
    shs_near_head_t *head;
    shs_near_class_t classes[SHS_NEAR_CLASSES]; /* the last: nothing */
    int class_count;
    apr_uint32_t pid;
    apr_uint32_t term; /* in which this process was elected; its tracker's */
};

/* How much memory the policy needs; all of it zeroed before use. */
apr_size_t shs_near_memory_size(const shs_near_policy_t *policy);

/* In the parent, once: fills what is drawn by lot. Returns 0 when the system
 * gives no random octets. */
int shs_near_memory_prepare(void *memory);

/* In the parent: makes that memory, which the children share and which goes
 * with the pool, and prepares it. On failure (ENOMEM: under a limit of address
 * space, or of shared mappings) *memory is NULL. */
apr_status_t shs_near_memory_create(void **memory,
                                    const shs_near_policy_t *policy,
                                    apr_pool_t *pconf);

/* The same with the half of policy->size, or its half, and so on down to the
 * least that the policy may have. policy->size says then how much it is; where
 * not even that is to be had, policy->is_on is 0, and *memory NULL. */
void shs_near_memory_create_less(void **memory, shs_near_policy_t *policy,
                                 apr_pool_t *pconf);

/* This process's handle to it, in p. */
shs_near_cache_t *shs_near_memory_attach(void *memory,
                                         const shs_near_policy_t *policy,
                                         apr_pool_t *p);

/* Of a key. */
apr_uint32_t shs_near_memory_bucket(const shs_near_cache_t *cache,
                                    shs_octets_t key);

/* Until when entries are believed; 0: not at all. */
apr_time_t shs_near_memory_lease_end(const shs_near_cache_t *cache);

void shs_near_memory_count(shs_near_cache_t *cache, shs_near_counter_t counter);

/* Whether that source is one of those listened to. */
int shs_near_memory_is_tracked(const shs_near_cache_t *cache,
                               apr_uint32_t server_id);

/* The set where an entry of that name may be. */
shs_near_set_t *shs_near_memory_set(const shs_near_class_t *class,
                                    apr_uint64_t hash);

#endif
