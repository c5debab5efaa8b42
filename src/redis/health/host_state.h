/* SPDX-License-Identifier: Apache-2.0
 *
 * host_state: what all children of a host share about one store: its counters,
 * what was reported about it, and its circuit breakers. One breaker stands for
 * the single server, for the master that the Sentinels name, or for the
 * discovery of the topology. In a cluster there is one more for each shard, and
 * one for the replicas of a shard. Servers that a redirection names but the
 * slot map does not share a few.
 */
#ifndef SHS_REDIS_HEALTH_HOST_STATE_H
#define SHS_REDIS_HEALTH_HOST_STATE_H

#include "redis/health/breaker.h"
#include "redis/health/counters.h"
#include "redis/health/epoch.h"
#include "redis/health/big_key.h"
#include "redis/health/masters.h"
#include "redis/health/error_alert.h"

/* Further shards share the last breaker. */
#define SHS_HOST_STATE_SHARDS 128

/* Servers that the slot map does not name share these breakers, and take none
 * of a shard: there may be any number of such servers, one after the other. */
#define SHS_HOST_STATE_UNMAPPED_BREAKERS 8

/* Keys of breakers: of a shard's master (the same key as in `masters`), of all
 * replicas of the shard, and of a server that the slot map does not name as a
 * master. 0 is none. */
#define SHS_HOST_STATE_MASTER(lowest_slot) ((apr_uint32_t)(lowest_slot) + 1)
#define SHS_HOST_STATE_REPLICA(lowest_slot) \
    ((apr_uint32_t)(lowest_slot) + 0x10001)
#define SHS_HOST_STATE_UNMAPPED(subject) ((subject) | 0x80000000u)

typedef struct shs_host_state_shard_t {
    _Atomic apr_uint32_t key; /* 0: free */
    shs_breaker_t breaker;
} shs_host_state_shard_t;

/* What the Sentinels told any child of this host; with a cluster only the epoch
 * is used. A writer sets the subject before the time, a reader reads the time
 * before the subject. */
typedef struct shs_host_state_master_t {
    shs_epoch_t epoch;                /* the highest known */
    _Atomic apr_uint32_t subject;     /* shs_node_subject() of the master ... */
    _Atomic apr_int64_t confirmed_at; /* ... and when a Sentinel was asked for
                                       * it */
    _Atomic apr_int64_t failed_at;    /* when a master last failed a command */
} shs_host_state_master_t;

/* The state of invalidation tracking, for the near-cache. */
typedef struct shs_host_state_tracking_t {
    /* Tracking is up: the run_id of each new connection's server is loaded
     * (run_id.h). */
    _Atomic apr_uint32_t is_active;
    _Atomic apr_uint32_t generation; /* changes each time tracking begins */
    /* For a single server: the run_id of the tracked server, and another one
     * that a new connection to the same address has found since; 0: none, or
     * there are several servers. */
    _Atomic apr_uint32_t run_id;
    _Atomic apr_uint32_t other_run_id;
} shs_host_state_tracking_t;

/* Zeroed memory is valid. No field is an offset or a length; times are by
 * shs_clock_now(). */
typedef struct shs_host_state_t {
    shs_counters_t counters;
    shs_host_state_tracking_t tracking;
    _Atomic apr_int64_t refusal_reported_at; /* 0: never */
    shs_error_alert_t write_alert;
    shs_error_alert_t lookup_alert;
    shs_host_state_master_t master;
    shs_masters_t masters;
    shs_big_key_t big_key;
    shs_breaker_t breaker;
    shs_host_state_shard_t shards[SHS_HOST_STATE_SHARDS];
    shs_breaker_t unmapped[SHS_HOST_STATE_UNMAPPED_BREAKERS];
} shs_host_state_t;

/* The breaker with that key (not 0; the same in every child). A shard's slot is
 * claimed on first use. */
shs_breaker_t *shs_host_state_shard_breaker(shs_host_state_t *host_state,
                                            apr_uint32_t key);

/* The first breaker that is not closed, among those of shards whose masters are
 * known, or else the store's own. */
const shs_breaker_t *shs_host_state_worst_breaker(
    const shs_host_state_t *host_state, apr_time_t now);

#endif
