/* SPDX-License-Identifier: Apache-2.0
 *
 * shared: what all children of a host know of one store: its counters, what
 * was told of it and its circuit breakers. One breaker stands for a single
 * server, or for the master that Sentinels name, or for finding out who serves
 * what; in a cluster each shard has one more, and the replicas of a shard one;
 * the servers that members name and their map does not share a few.
 */
#ifndef SHS_REDIS_SHARED_H
#define SHS_REDIS_SHARED_H

#include "redis/breaker.h"
#include "redis/counters.h"
#include "redis/epoch.h"
#include "redis/heavy.h"
#include "redis/masters.h"
#include "redis/trouble.h"

/* Beyond these, shards share the last. */
#define SHS_SHARED_SHARDS 128

/* Servers that the map does not name share these, and take none of a shard:
 * there may be any number of them, one after the other. */
#define SHS_SHARED_STRANGERS 8

/* Keys of breakers: of the master of a shard (the same in `masters`), of all of
 * its replicas, and of a server that the map names no master. 0 is none. */
#define SHS_SHARED_MASTER(lowest_slot)  ((apr_uint32_t)(lowest_slot) + 1)
#define SHS_SHARED_REPLICA(lowest_slot) ((apr_uint32_t)(lowest_slot) + 0x10001)
#define SHS_SHARED_STRANGER(subject)    ((subject) | 0x80000000u)

typedef struct shs_shared_shard_t {
    _Atomic apr_uint32_t key; /* 0: free */
    shs_breaker_t breaker;
} shs_shared_shard_t;

/* What Sentinels told any child of this host; a cluster's members only the
 * epoch. A writer sets the subject before the time, a reader reads the time
 * before the subject. */
typedef struct shs_shared_master_t {
    shs_epoch_t epoch;
    _Atomic apr_uint32_t subject;     /* shs_node_subject() of the master ... */
    _Atomic apr_int64_t confirmed_at; /* ... when that was asked */
    _Atomic apr_int64_t failed_at;    /* when a master last failed a question */
} shs_shared_master_t;

/* What is listened to, for the sake of the near-cache. */
typedef struct shs_shared_heard_t {
    _Atomic apr_uint32_t is_any; /* so servers tell who they are (identity.h) */
    _Atomic apr_uint32_t round;  /* another with each time that it begins */
    /* Of a single server: which one is listened to at its address, and which
     * was found there by a new connection since; 0: none, or several are. */
    _Atomic apr_uint32_t identity;
    _Atomic apr_uint32_t stranger;
} shs_shared_heard_t;

/* Zeroed memory is valid. Nothing in it is an offset or a length; times are of
 * shs_clock_now(). */
typedef struct shs_shared_t {
    shs_counters_t counters;
    shs_shared_heard_t heard;
    _Atomic apr_int64_t refusal_told_at; /* 0: never */
    shs_trouble_t of_writes;
    shs_trouble_t of_lookups;
    shs_shared_master_t master;
    shs_masters_t masters;
    shs_heavy_t heavy;
    shs_breaker_t breaker;
    shs_shared_shard_t shards[SHS_SHARED_SHARDS];
    shs_breaker_t strangers[SHS_SHARED_STRANGERS];
} shs_shared_t;

/* The breaker of that key (not 0), which is the same in every child; of a shard
 * it is claimed when first asked for. */
shs_breaker_t *shs_shared_breaker_of(shs_shared_t *shared, apr_uint32_t key);

/* The first breaker that is not closed, of the shards whose masters are known,
 * or the store's own. */
const shs_breaker_t *shs_shared_worst_breaker(const shs_shared_t *shared,
                                              apr_time_t now);

#endif
