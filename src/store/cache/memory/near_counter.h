/* SPDX-License-Identifier: Apache-2.0
 *
 * near_counter: the counters of a near-cache, in memory that all children of
 * the host share. They are striped, so that children do not write the same
 * cache line.
 */
#ifndef SHS_STORE_CACHE_MEMORY_NEAR_COUNTER_H
#define SHS_STORE_CACHE_MEMORY_NEAR_COUNTER_H

#include "../mod_shared_session_provider.h"
#include "store/cache/memory/atomic64.h"

typedef enum shs_near_counter_t {
    SHS_NEAR_HITS,
    SHS_NEAR_MISSES,
    SHS_NEAR_NEGATIVE_HITS,
    SHS_NEAR_STALE_HITS,
    SHS_NEAR_TOO_LARGE,     /* replies past max_entry, not stored */
    SHS_NEAR_EVICTIONS,     /* valid sessions that lost their room to others */
    SHS_NEAR_INVALIDATIONS, /* keys that changed */
    SHS_NEAR_FLUSHES,       /* times that every entry became invalid */
    SHS_NEAR_COUNTER_COUNT
} shs_near_counter_t;

#define SHS_NEAR_COUNTER_STRIPES 16

/* Zeroed before use. */
typedef struct shs_near_counters_t {
    struct {
        _Alignas(64) shs_atomic64_t values[8]; /* one cache line */
    } stripes[SHS_NEAR_COUNTER_STRIPES];
} shs_near_counters_t;

/* Counts one event in the stripe of a process. */
void shs_near_counter_add(shs_near_counters_t *counters,
                          shs_near_counter_t counter, apr_uint32_t pid);

/* The sum over all processes. */
apr_uint64_t shs_near_counter_get(const shs_near_counters_t *counters,
                                  shs_near_counter_t counter);

/* The description of a counter. Static. */
const shs_metric_t *shs_near_counter_metric(shs_near_counter_t counter);

#endif
