/* SPDX-License-Identifier: Apache-2.0
 *
 * masters: the masters that the children of a host found last, by name, so that
 * a failover is reported once for the host, and not once for each child. It
 * lies in memory that all children share, takes no lock, and survives a child
 * that is killed at any instruction: each name has a checksum, and a name with
 * a wrong checksum is not shown. It knows neither Sentinels nor clusters: a
 * shard is a number.
 */
#ifndef SHS_REDIS_HEALTH_MASTERS_H
#define SHS_REDIS_HEALTH_MASTERS_H

#include <stdatomic.h>

#include <apr_pools.h>
#include <apr_time.h>

/* Further shards are not reported, until others are gone. */
#define SHS_MASTERS_MAX 128

/* Room for a name, in words of eight octets; a longer name is truncated. */
#define SHS_MASTERS_WORDS 16

typedef struct shs_masters_name_t {
    _Atomic apr_uint64_t words[SHS_MASTERS_WORDS];
    _Atomic apr_uint64_t sum;
} shs_masters_name_t;

typedef struct shs_masters_shard_t {
    /* The key of the shard in the upper half, its master's shs_node_subject()
     * in the lower half; 0: free. In one word, because the place of a shard
     * that is gone may be another shard's a moment later. */
    _Atomic apr_uint64_t shard;
    _Atomic apr_uint32_t is_unreported;
    _Atomic apr_int64_t since; /* shs_clock_now() */
    shs_masters_name_t name;
    shs_masters_name_t former;
} shs_masters_shard_t;

/* Zeroed memory is valid. */
typedef struct shs_masters_t {
    _Atomic apr_uint32_t has_unreported;
    shs_masters_shard_t shards[SHS_MASTERS_MAX];
} shs_masters_t;

/* Whether the shard's master is known (key not 0). */
int shs_masters_has(const shs_masters_t *masters, apr_uint32_t key);

/* The subject of the shard's master (key not 0); 0: not known. */
apr_uint32_t shs_masters_get(const shs_masters_t *masters, apr_uint32_t key);

/* Replaces the master `former` (0: none). `is_failover`: this is to be
 * reported. Returns 0 and does nothing if another child was faster. */
int shs_masters_set(shs_masters_t *masters, apr_uint32_t key,
                    apr_uint32_t former, apr_uint32_t subject, const char *name,
                    int is_failover, apr_time_t now);

/* Removes all shards except those with these keys, and frees their places. A
 * failover of a removed shard is still reported, unless another shard has its
 * place by then. */
void shs_masters_keep(shs_masters_t *masters, const apr_uint32_t *keys,
                      int count);

/* Takes the next failover to report: "A, was B", in p; NULL: none. Only one
 * caller on the whole host gets each. Costs one read of shared memory if there
 * is none. */
const char *shs_masters_take_failover(shs_masters_t *masters, apr_time_t now,
                                      apr_pool_t *p);

/* The names, "A, B, C", in p; NULL: none is known. *since: when the most recent
 * of them was found. */
const char *shs_masters_list(apr_time_t *since, const shs_masters_t *masters,
                             apr_pool_t *p);

#endif
