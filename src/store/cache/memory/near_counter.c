/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_counter.h"

_Static_assert(SHS_NEAR_COUNTER_COUNT <= 8, "a stripe is one cache line");

void shs_near_counter_add(shs_near_counters_t *counters,
                          shs_near_counter_t counter, apr_uint32_t pid)
{
    atomic_fetch_add_explicit(
        &counters->stripes[pid % SHS_NEAR_COUNTER_STRIPES].values[counter], 1,
        memory_order_relaxed);
}

apr_uint64_t shs_near_counter_get(const shs_near_counters_t *counters,
                                  shs_near_counter_t counter)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < SHS_NEAR_COUNTER_STRIPES; ++i) {
        sum += shs_atomic64_get(&counters->stripes[i].values[counter]);
    }
    return sum;
}

#define COUNTER(name, help) name, SHS_METRIC_COUNTER, help

static const shs_metric_t metrics[SHS_NEAR_COUNTER_COUNT] = {
    [SHS_NEAR_HITS] = { COUNTER("CacheHits",
                                "Lookups that the near-cache answered.") },
    [SHS_NEAR_MISSES] = { COUNTER(
        "CacheMisses", "Lookups that the near-cache left to the store.") },
    [SHS_NEAR_NEGATIVE_HITS] = { COUNTER(
        "CacheNegativeHits",
        "Lookups that the near-cache answered with absent.") },
    [SHS_NEAR_STALE_HITS] = { COUNTER(
        "CacheStaleHits",
        "Sessions served past their lease while the store was down.") },
    [SHS_NEAR_TOO_LARGE] = { COUNTER("CacheTooLarge",
                                     "Sessions larger than max-entry.") },
    [SHS_NEAR_EVICTIONS] = { COUNTER(
        "CacheEvictions", "Valid sessions that lost their room to others.") },
    [SHS_NEAR_INVALIDATIONS] = { COUNTER(
        "CacheInvalidations", "Keys that were reported as changed.") },
    [SHS_NEAR_FLUSHES] = { COUNTER(
        "CacheFlushes", "Times that the whole near-cache was dropped.") },
};

const shs_metric_t *shs_near_counter_metric(shs_near_counter_t counter)
{
    return &metrics[counter];
}
