/* SPDX-License-Identifier: Apache-2.0
 *
 * host_state: what all children of a host know of one store: its counters, what
 * was told of it and its circuit breakers. One breaker stands for a single
 * server, or for the master that Sentinels name, or for finding out who serves
 * what; in a cluster each shard has one more, and the replicas of a shard one.
 */
#ifndef SHS_REDIS_HEALTH_HOST_STATE_H
#define SHS_REDIS_HEALTH_HOST_STATE_H

#include "redis/health/breaker.h"
#include "redis/health/counters.h"
#include "redis/health/big_key.h"
#include "redis/health/masters.h"
#include "redis/health/error_alert.h"

/* Beyond these, shards share the last. */
#define SHS_HOST_STATE_SHARDS 128

typedef struct shs_host_state_shard_t {
    _Atomic apr_uint32_t key; /* 0: free */
    shs_breaker_t breaker;
} shs_host_state_shard_t;

/* What Sentinels told any child of this host; a cluster's members only the
 * epoch. A writer sets the subject before the time, a reader reads the time
 * before the subject. */
typedef struct shs_host_state_master_t {
    _Atomic apr_int64_t epoch;        /* the highest that was told */
    _Atomic apr_uint32_t subject;     /* shs_node_subject() of the master ... */
    _Atomic apr_int64_t confirmed_at; /* ... when that was asked */
    _Atomic apr_int64_t failed_at;    /* when a master last failed a question */
} shs_host_state_master_t;

/* What is listened to, for the sake of the near-cache. */
typedef struct shs_host_state_tracking_t {
    _Atomic apr_uint32_t
        is_active; /* so servers tell who they are (identity.h) */
    _Atomic apr_uint32_t generation; /* another with each time that it begins */
    /* Of a single server: which one is listened to at its address, and which
     * was found there by a new connection since; 0: none, or several are. */
    _Atomic apr_uint32_t run_id;
    _Atomic apr_uint32_t other_run_id;
} shs_host_state_tracking_t;

/* Zeroed memory is valid. Nothing in it is an offset or a length; times are of
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
} shs_host_state_t;

/* The breaker of the shard with that key (not 0), which is the same in every
 * child; claimed when first asked for. */
shs_breaker_t *shs_host_state_shard_breaker(shs_host_state_t *host_state,
                                            apr_uint32_t key);

/* The first breaker that is not closed, or the store's own. */
const shs_breaker_t *shs_host_state_worst_breaker(
    const shs_host_state_t *host_state, apr_time_t now);

#endif
