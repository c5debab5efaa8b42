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

#define FAILED "Lookups and writes that got no reply "

#define COUNTER(name, help) name, SHS_METRIC_COUNTER, help

static const shs_metric_t metrics[SHS_COUNTER_COUNT] = {
    [SHS_COUNTER_UNAVAILABLE] = { COUNTER("Unavailable",
                                          FAILED "for any reason.") },
    [SHS_COUNTER_TIMEOUTS] = { COUNTER("Timeouts",
                                       FAILED "because a deadline passed.") },
    [SHS_COUNTER_UNREACHABLE] = { COUNTER(
        "Unreachable",
        FAILED "because there was no connection, or it broke.") },
    [SHS_COUNTER_REFUSED] = { COUNTER("Refused", FAILED
                                      "because the server refused the user.") },
    [SHS_COUNTER_MAX_CLIENTS] = { COUNTER(
        "MaxClients",
        FAILED "because the server has reached its maxclients.") },
    [SHS_COUNTER_POOL_FULL] = { COUNTER(
        "PoolFull", FAILED "because all connections of the pool were busy.") },
    [SHS_COUNTER_OUT_OF_MEMORY] = { COUNTER(
        "OutOfMemory", FAILED "because the server is out of memory.") },
    [SHS_COUNTER_NO_REPLICAS] = { COUNTER(
        "NoReplicas", FAILED "because the server has too few replicas.") },
    [SHS_COUNTER_MISCONF] = { COUNTER(
        "Misconf", FAILED "because the server cannot save to its disk.") },
    [SHS_COUNTER_READ_ONLY] = { COUNTER("ReadOnly", FAILED
                                        "because the server is a replica.") },
    [SHS_COUNTER_NOT_READY] = { COUNTER(
        "NotReady", FAILED "because the server cannot serve the key now.") },
    [SHS_COUNTER_OTHER_ERRORS] = { COUNTER("OtherErrors", FAILED
                                           "because of any other error.") },
    [SHS_COUNTER_BLOCKED] = { COUNTER(
        "Blocked", FAILED "because the circuit breaker was open.") },
    [SHS_COUNTER_OUTAGES] = { COUNTER(
        "Outages", "Reported outages of the store or of a shard.") },
    [SHS_COUNTER_RETRIES] = { COUNTER(
        "Retries", "Connections of the pool that turned out to be dead.") },
    [SHS_COUNTER_REDIRECTIONS] = { COUNTER(
        "Redirections", "Redirections by a cluster (MOVED and ASK).") },
    [SHS_COUNTER_REPLICA_READS] = { COUNTER(
        "ReplicaReads", "Replies of a replica instead of its master.") },
    [SHS_COUNTER_FAILOVERS] = { COUNTER(
        "Failovers", "Masters that took the place of another one.") },
    [SHS_COUNTER_WRITES] = { COUNTER(
        "Writes", "Sessions created, changed, touched, rotated or ended.") },
    [SHS_COUNTER_WRITES_FAILED] = { COUNTER(
        "WritesFailed", "Writes of unknown outcome: no reply, or an error.") },
    [SHS_COUNTER_CONFLICTS] = { COUNTER(
        "Conflicts", "Writes that lost against a faster one.") },
};

const shs_metric_t *shs_counters_metric(shs_counter_t counter)
{
    return &metrics[counter];
}
