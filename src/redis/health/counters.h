/* SPDX-License-Identifier: Apache-2.0
 *
 * counters: what happened to a store's lookups and writes on this host, in
 * memory that all children share. A lookup that is answered at once touches no
 * counter.
 */
#ifndef SHS_REDIS_HEALTH_COUNTERS_H
#define SHS_REDIS_HEALTH_COUNTERS_H

#include <stdatomic.h>

#include <apr.h>

#include "../mod_shared_session_provider.h"

typedef enum shs_counter_t {
    SHS_COUNTER_UNAVAILABLE,   /* lookups and writes without a reply ... */
    SHS_COUNTER_TIMEOUTS,      /* ... because a deadline passed */
    SHS_COUNTER_UNREACHABLE,   /* ... no connection, or one that broke */
    SHS_COUNTER_REFUSED,       /* ... NOAUTH, WRONGPASS, NOPERM */
    SHS_COUNTER_MAX_CLIENTS,   /* ... the server has reached its maxclients */
    SHS_COUNTER_POOL_FULL,     /* ... all connections of the pool were busy */
    SHS_COUNTER_OUT_OF_MEMORY, /* ... the server replied OOM */
    SHS_COUNTER_NO_REPLICAS,   /* ... the server replied NOREPLICAS */
    SHS_COUNTER_MISCONF,       /* ... MISCONF: it cannot save to its disk */
    SHS_COUNTER_READ_ONLY,     /* ... READONLY: it is a replica */
    SHS_COUNTER_NOT_READY,     /* ... LOADING, MASTERDOWN, CLUSTERDOWN, ... */
    SHS_COUNTER_OTHER_ERRORS,  /* ... any other error, or garbage */
    SHS_COUNTER_BLOCKED,       /* ... the circuit breaker was open */
    SHS_COUNTER_OUTAGES,       /* times that an outage was reported */
    SHS_COUNTER_RETRIES,       /* a pooled connection turned out dead */
    SHS_COUNTER_REDIRECTIONS,  /* MOVED and ASK */
    SHS_COUNTER_REPLICA_READS, /* answered by a replica */
    SHS_COUNTER_FAILOVERS,     /* refreshes that found another master */
    SHS_COUNTER_WRITES,        /* sessions written, touched or ended */
    SHS_COUNTER_WRITES_FAILED, /* ... no reply, or an error: the outcome is not
                                * known */
    SHS_COUNTER_CONFLICTS,     /* ... in vain: another write was faster */
    SHS_COUNTER_COUNT
} shs_counter_t;

/* Zeroed memory is valid. */
typedef struct shs_counters_t {
    _Atomic apr_uint64_t values[SHS_COUNTER_COUNT];
} shs_counters_t;

void shs_counters_add(shs_counters_t *counters, shs_counter_t counter);

apr_uint64_t shs_counters_get(const shs_counters_t *counters,
                              shs_counter_t counter);

/* What a counter is. Static. */
const shs_metric_t *shs_counters_metric(shs_counter_t counter);

#endif
