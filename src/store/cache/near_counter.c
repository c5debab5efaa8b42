/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_counter.h"

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

const char *shs_near_counter_name(shs_near_counter_t counter)
{
    static const char *const names[SHS_NEAR_COUNTER_COUNT] = {
        "CacheHits",          "CacheMisses",   "CacheNegativeHits",
        "CacheStaleHits",     "CacheTooLarge", "CacheEvictions",
        "CacheInvalidations", "CacheFlushes",
    };

    return names[counter];
}
