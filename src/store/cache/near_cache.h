/* SPDX-License-Identifier: Apache-2.0
 *
 * near_cache: what a store has said of its keys lately, in memory that all
 * children of the host share. A hit costs no system call, no lock and no round
 * trip. It knows no store, no session and no format: entries are octets under a
 * name, and they are believed only while whoever listens to the store says so.
 *
 * What makes it coherent:
 *  1. The lease. A tracker asks the store for a sign of life on the same
 *     connection that brings the news of changed keys, in order. When the sign
 *     comes, everything that was changed before it was asked for has been heard
 *     of: shs_near_invalidation_extend_lease() moves the lease to the moment of asking.
 *     Entries are believed until `lease` after that, so no matter what becomes
 *     of the tracker, nobody sees what was replaced longer ago than the lease.
 *  2. Epochs. Each key belongs to one of many counters, which is raised when
 *     the key changes, and all belong to one that is raised when anything may
 *     have. An entry is put with the counters' values from before the store was
 *     asked (a ticket), and believed while they are the same. So a value that
 *     was read before a change and is put after it is never believed, and
 *     nobody waits for anybody in order to invalidate.
 *  3. Sets. A writer claims a set by its process id; readers copy an entry, and
 *     then look whether its place was taken away meanwhile. What a writer that
 *     was killed leaves claimed is taken over once its process is gone. Each
 *     entry carries a checksum of its name and octets.
 *
 * Names are two keyed hashes (SipHash-2-4), 128 bits; the key is made at start,
 * so neither keys nor ids stand in that memory. Times are of shs_clock_now().
 */
#ifndef SHS_STORE_CACHE_NEAR_CACHE_H
#define SHS_STORE_CACHE_NEAR_CACHE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "session/record.h"

/* The least that a policy's size may be: in octets, and in entries of max_entry
 * octets. */
#define SHS_NEAR_LEAST_SIZE    ((apr_size_t)1024 * 1024)
#define SHS_NEAR_LEAST_ENTRIES 64

typedef struct shs_near_policy_t {
    int is_on;
    apr_size_t size;         /* octets of memory, about */
    apr_size_t max_entry;    /* octets; a larger one is not kept, and counted */
    apr_interval_time_t ttl; /* an entry is believed no longer */
    apr_interval_time_t lease;    /* rule 1 */
    apr_interval_time_t negative; /* the same of one that says: nothing there,
                                   * or no session */
} shs_near_policy_t;

int shs_near_cache_is_same_policy(const shs_near_policy_t *a,
                                  const shs_near_policy_t *b);

typedef struct shs_near_cache_t shs_near_cache_t;

/* One name: what is asked for, and the key whose changes concern it. */
typedef struct shs_near_name_t {
    apr_uint64_t a;
    apr_uint64_t b;
    apr_uint32_t bucket; /* of the key */
} shs_near_name_t;

/* The counters before the store was asked, and when that was. */
typedef struct shs_near_ticket_t {
    apr_uint64_t epochs;
    apr_time_t asked_at;
} shs_near_ticket_t;

typedef enum shs_near_found_t {
    SHS_NEAR_MISS,
    SHS_NEAR_HIT,
    SHS_NEAR_NEGATIVE, /* a hit: there is no such key */
    SHS_NEAR_STALE     /* one that was last known to be so *age ago */
} shs_near_found_t;

/* ---- those who look up */

/* `kind` tells apart what is the same key read in another way. */
shs_near_name_t shs_near_cache_name(const shs_near_cache_t *cache,
                                    shs_octets_t kind, shs_octets_t key);

/* Looks, and counts hits. HIT or STALE and *octets, aligned to 8 octets, in p,
 * with the time to live that it has left (SHS_TTL_FOREVER: unlimited). */
shs_near_found_t shs_near_cache_find(shs_octets_t *octets,
                                     apr_interval_time_t *ttl,
                                     apr_interval_time_t *age,
                                     shs_near_cache_t *cache,
                                     const shs_near_name_t *name,
                                     apr_time_t now, apr_pool_t *p);

/* Before the store is asked. Returns 0 when nothing can be put now, because
 * nobody listens; the ticket may serve for put_unheard() then. */
int shs_near_cache_begin(shs_near_ticket_t *ticket,
                         const shs_near_cache_t *cache,
                         const shs_near_name_t *name, apr_time_t now);

/* After: keeps what `server_id` has answered (a number that the tracker knows it
 * by), if it is one that is listened to. `ttl` as above; octets without data:
 * there is no such key. */
void shs_near_cache_put(shs_near_cache_t *cache, const shs_near_name_t *name,
                        const shs_near_ticket_t *ticket, apr_uint32_t server_id,
                        shs_octets_t octets, apr_interval_time_t ttl);

/* The same of octets that are to be asked for again as soon as what says that
 * there is no such key. */
void shs_near_cache_put_briefly(shs_near_cache_t *cache,
                                const shs_near_name_t *name,
                                const shs_near_ticket_t *ticket,
                                apr_uint32_t server_id, shs_octets_t octets);

/* Keeps an answer of whose changes nobody hears, to be STALE from the first
 * moment: for when the store gives none any more. What the store has since said
 * to be gone, shs_near_invalidation_invalidate() has to be told. */
void shs_near_cache_put_untracked(shs_near_cache_t *cache,
                                  const shs_near_name_t *name,
                                  const shs_near_ticket_t *ticket,
                                  shs_octets_t octets, apr_interval_time_t ttl);

/* Whether entries are believed now. */
int shs_near_cache_is_live(const shs_near_cache_t *cache, apr_time_t now);

#endif
