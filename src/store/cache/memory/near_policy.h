/* SPDX-License-Identifier: Apache-2.0
 *
 * near_policy: how a near-cache is configured, and the types that all parts of
 * it share. What the cache does is in near_cache.h.
 */
#ifndef SHS_STORE_CACHE_MEMORY_NEAR_POLICY_H
#define SHS_STORE_CACHE_MEMORY_NEAR_POLICY_H

#include <apr.h>
#include <apr_time.h>

/* The least that a policy's size may be: in octets, and in entries of max_entry
 * octets. */
#define SHS_NEAR_LEAST_SIZE    ((apr_size_t)1024 * 1024)
#define SHS_NEAR_LEAST_ENTRIES 64

/* The most servers that a near-cache tracks. */
#define SHS_NEAR_SERVERS 64

typedef struct shs_near_policy_t {
    int is_on;
    apr_size_t size;      /* octets of memory, approximately */
    apr_size_t max_entry; /* octets; larger entries are counted, not stored */
    apr_interval_time_t ttl;      /* the longest that an entry is valid */
    apr_interval_time_t lease;    /* rule 1 of near_cache.h */
    apr_interval_time_t negative; /* ttl of an entry that says that there is no
                                   * key, or no session under it */
} shs_near_policy_t;

int shs_near_policy_is_equal(const shs_near_policy_t *a,
                             const shs_near_policy_t *b);

/* A process's handle to a near-cache; its members are in near_memory.h. */
typedef struct shs_near_cache_t shs_near_cache_t;

#endif
