/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/counters.h"

void shs_counters_add(shs_counters_t *counters, shs_counter_t counter)
{
    atomic_fetch_add_explicit(&counters->values[counter], 1,
                              memory_order_relaxed);
}

apr_uint64_t shs_counters_get(const shs_counters_t *counters,
                              shs_counter_t counter)
{
    return atomic_load_explicit(&counters->values[counter],
                                memory_order_relaxed);
}

const char *shs_counters_name(shs_counter_t counter)
{
    static const char *const names[SHS_COUNTER_COUNT] = {
        "Unavailable",  "Timeouts",  "Unreachable", "Refused",
        "MaxClients",   "PoolFull",  "OutOfMemory", "NoReplicas",
        "Misconf",      "ReadOnly",  "NotReady",    "OtherErrors",
        "Blocked",      "Outages",   "Retries",     "Redirections",
        "ReplicaReads", "Failovers", "Writes",      "WritesFailed",
        "Conflicts",
    };

    return names[counter];
}
