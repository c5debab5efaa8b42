/* SPDX-License-Identifier: Apache-2.0
 *
 * near: a near-cache in memory that processes share, for tests of its contents.
 */
#ifndef T_UNIT_NEAR_H
#define T_UNIT_NEAR_H

#include "store/cache/near_cache.h"
#include "store/cache/memory/near_memory.h"
#include "store/cache/near_invalidation.h"
#include "unit.h"

/* The server that near_live() tracks. */
#define NEAR_SERVER 7

/* On, 1 MiB, max_entry 4096, ttl 300 s, lease 2 s, negative 1 s. */
shs_near_policy_t near_policy(void);

/* Zeroed and prepared; shared with processes that are forked later. It
 * lives as long as the test's pool. */
void *near_memory(const shs_near_policy_t *policy);

/* This process's handle, or one as if of the process `pid` (0: ours). */
shs_near_cache_t *near_attach(void *memory, const shs_near_policy_t *policy,
                              int pid);

/* A cache that tracks NEAR_SERVER, with a lease from `now`. */
shs_near_cache_t *near_live(const shs_near_policy_t *policy, apr_time_t now);

shs_near_name_t near_name(const shs_near_cache_t *cache, const char *key);

/* Takes a ticket and puts a value with it. */
void near_put(shs_near_cache_t *cache, const char *key, const char *value,
              apr_interval_time_t ttl, apr_time_t now);

/* The result of a find: the value, "MISS", "NOTHING", or "STALE <value>". From
 * p. */
const char *near_find(shs_near_cache_t *cache, const char *key, apr_time_t now);

#endif
