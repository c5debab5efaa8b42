/* SPDX-License-Identifier: Apache-2.0
 *
 * masters: which masters the children of a host found last, by name, so that a
 * failover is told once for the host and not once a child. It lies in memory
 * that all children share, takes no lock, and survives a child that is killed
 * at any instruction: a name carries a sum, and one whose sum is wrong is not
 * shown. It knows neither Sentinels nor a cluster: a shard is a number.
 */
#ifndef SHS_REDIS_MASTERS_H
#define SHS_REDIS_MASTERS_H

#include <stdatomic.h>

#include <apr_pools.h>
#include <apr_time.h>

/* Of more shards nothing is told. */
#define SHS_MASTERS_MAX 128

/* Room for a name, in words of eight octets; a longer one is cut. */
#define SHS_MASTERS_WORDS 16

typedef struct shs_masters_name_t {
    _Atomic apr_uint64_t words[SHS_MASTERS_WORDS];
    _Atomic apr_uint64_t sum;
} shs_masters_name_t;

typedef struct shs_masters_shard_t {
    _Atomic apr_uint32_t key;     /* of the shard; 0: free */
    _Atomic apr_uint32_t subject; /* shs_node_subject(); 0: none yet */
    _Atomic apr_uint32_t is_untold;
    _Atomic apr_int64_t since; /* shs_clock_now() */
    shs_masters_name_t name;
    shs_masters_name_t former;
} shs_masters_shard_t;

/* Zeroed memory is valid. */
typedef struct shs_masters_t {
    _Atomic apr_uint32_t has_untold;
    shs_masters_shard_t shards[SHS_MASTERS_MAX];
} shs_masters_t;

/* Whether the master of the shard is known (key not 0). */
int shs_masters_has(const shs_masters_t *masters, apr_uint32_t key);

/* The same: its subject; 0: none is known. */
apr_uint32_t shs_masters_get(shs_masters_t *masters, apr_uint32_t key);

/* The master that was `former` (0: none) is another one now. `is_failover`: it
 * is to be told. Returns 0, and does nothing, when another child was faster. */
int shs_masters_set(shs_masters_t *masters, apr_uint32_t key,
                    apr_uint32_t former, apr_uint32_t subject, const char *name,
                    int is_failover, apr_time_t now);

/* Forgets all shards but those with these keys, for there are no others. */
void shs_masters_keep(shs_masters_t *masters, const apr_uint32_t *keys,
                      int count);

/* What is to be told, to one caller of the whole host: "A, was B", in p; NULL:
 * nothing. Costs one read of shared memory where there is nothing. */
const char *shs_masters_tell(shs_masters_t *masters, apr_time_t now,
                             apr_pool_t *p);

/* The names, "A, B, C", in p; NULL: none is known. *since: when the last of
 * them was found. */
const char *shs_masters_list(apr_time_t *since, const shs_masters_t *masters,
                             apr_pool_t *p);

#endif
