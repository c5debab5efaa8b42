/* SPDX-License-Identifier: Apache-2.0
 *
 * near_cache: recent results of a store, in memory that all children of the
 * host share. A hit costs no system call, no lock and no round trip. It knows
 * no store, no session and no format: entries are octets under a name, and they
 * are valid only while invalidation tracking is up.
 *
 * What makes it coherent:
 *  1. The lease. The tracker sends a heartbeat to the store on the connection
 *     that also brings the invalidations, in order. When the heartbeat returns,
 *     every invalidation from before it was sent has arrived:
 *     shs_near_invalidation_extend_lease() moves the lease to the time of
 *     sending. Entries are valid until `lease` after that time. So whatever
 *     happens to the tracker, no request sees a value that was replaced longer
 *     ago than the lease.
 *  2. Epochs. Each key belongs to one of many counters, which is raised when
 *     the key changes. All keys belong to the global epoch, which is raised
 *     when any key may have changed. An entry is stored with the epochs from
 *     before the read (a ticket) and is valid while they are the same. So a
 *     value that was read before a change and is stored after it is never
 *     valid, and an invalidation waits for no lock.
 *  3. Sets. A writer claims a set by its process id. A reader copies an entry
 *     and then checks that its place was not revoked meanwhile. The claim of a
 *     writer that was killed is taken over once its process is gone. Each entry
 *     carries a checksum of its name and octets.
 *
 * A name is a keyed hash (SipHash-2-4) of 128 bits. The hash key is made at
 * start, so this memory holds neither keys nor ids. Times are of
 * shs_clock_now().
 */
#ifndef SHS_STORE_CACHE_NEAR_CACHE_H
#define SHS_STORE_CACHE_NEAR_CACHE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "../mod_shared_session_provider.h"
#include "store/cache/memory/near_counter.h"
#include "store/cache/memory/near_policy.h"

/* The name of an entry, and the bucket of the key that it was read from. */
typedef struct shs_near_name_t {
    apr_uint64_t a;
    apr_uint64_t b;
    apr_uint32_t bucket;
} shs_near_name_t;

/* How a key is read: what reads it, with what limit, and which part of it; 0:
 * the whole. */
typedef struct shs_near_kind_t {
    apr_uint64_t reader;
    apr_uint64_t limit;
    apr_uint64_t part;
} shs_near_kind_t;

/* The epochs before a read, and its time. */
typedef struct shs_near_ticket_t {
    apr_uint64_t epochs;
    apr_time_t read_at;
} shs_near_ticket_t;

typedef enum shs_near_found_t {
    SHS_NEAR_MISS,
    SHS_NEAR_HIT,
    SHS_NEAR_NEGATIVE, /* a hit: there is no such key */
    SHS_NEAR_STALE     /* last known to be current *age ago */
} shs_near_found_t;

/* `kind` tells apart entries of one key that is read in several ways. */
shs_near_name_t shs_near_cache_name(const shs_near_cache_t *cache,
                                    shs_near_kind_t kind, shs_octets_t key);

/* Finds an entry and counts hits. HIT and STALE set *octets, aligned to 8
 * octets, in p, and *ttl, the time that the key has left to live
 * (SHS_TTL_FOREVER: unlimited). */
shs_near_found_t shs_near_cache_find(shs_octets_t *octets,
                                     apr_interval_time_t *ttl,
                                     apr_interval_time_t *age,
                                     shs_near_cache_t *cache,
                                     const shs_near_name_t *name,
                                     apr_time_t now, apr_pool_t *p);

/* Before the store is read. Returns 0 when nothing can be put now because
 * tracking is down; the ticket is then good for put_untracked(). */
int shs_near_cache_begin(shs_near_ticket_t *ticket,
                         const shs_near_cache_t *cache,
                         const shs_near_name_t *name, apr_time_t now);

/* After the read: stores what the server `server_id` (the tracker's number of
 * it) replied, if that server is tracked. `ttl` as above; octets without data:
 * there is no such key. */
void shs_near_cache_put(shs_near_cache_t *cache, const shs_near_name_t *name,
                        const shs_near_ticket_t *ticket, apr_uint32_t server_id,
                        shs_octets_t octets, apr_interval_time_t ttl);

/* The same for octets that are valid no longer than a negative entry. */
void shs_near_cache_put_briefly(shs_near_cache_t *cache,
                                const shs_near_name_t *name,
                                const shs_near_ticket_t *ticket,
                                apr_uint32_t server_id, shs_octets_t octets);

/* Stores a reply that no invalidation will follow. It is STALE from the start,
 * for use while the store is unavailable. When the store then says that the key
 * is gone, the caller must call shs_near_invalidation_invalidate(). */
void shs_near_cache_put_untracked(shs_near_cache_t *cache,
                                  const shs_near_name_t *name,
                                  const shs_near_ticket_t *ticket,
                                  shs_octets_t octets, apr_interval_time_t ttl);

/* Whether entries are valid now: the lease has not ended. */
int shs_near_cache_is_live(const shs_near_cache_t *cache, apr_time_t now);

/* Counts an event that only the caller knows: SHS_NEAR_MISSES and
 * SHS_NEAR_STALE_HITS. The cache counts all others itself. */
void shs_near_cache_count(shs_near_cache_t *cache, shs_near_counter_t counter);

/* The value of a counter, of all children. */
apr_uint64_t shs_near_cache_counted(const shs_near_cache_t *cache,
                                    shs_near_counter_t counter);

#endif
