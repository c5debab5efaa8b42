/* SPDX-License-Identifier: Apache-2.0
 *
 * near_lookup: decoded sessions in their store's near-cache. A valid entry
 * replaces the store's answer, and each answer of the store is saved there.
 * Threads of a child that miss the same key at the same time query the store
 * once.
 */
#ifndef SHS_REQUEST_LOOKUP_NEAR_LOOKUP_H
#define SHS_REQUEST_LOOKUP_NEAR_LOOKUP_H

#include "request/lookup/scope.h"
#include "store/cache/near_cache.h"
#include "session/session.h"

/* The search for one key, on the stack. It begins as zeros, and ends with
 * shs_near_lookup_leave(). */
typedef struct shs_near_lookup_t {
    shs_near_cache_t *cache; /* or NULL */
    shs_single_flight_t *single_flight;
    shs_near_name_t name;
    shs_near_ticket_t ticket;
    int can_save;
    shs_octets_t lead;  /* for what is saved (session/flat.h) */
    int is_for_outages; /* if it cannot save: saves for find_stale() only */
    int is_leader;

    /* The entry that was found. */
    const shs_session_t *session; /* NULL: malformed */
    const char *reason;           /* ... for this reason */
    apr_interval_time_t ttl;
} shs_near_lookup_t;

/* Searches the near-cache at `now` (shs_clock_now()). If another thread is
 * querying the store for the same key, waits and searches again. Returns HIT
 * with ->session and ->ttl, or with ->reason; NEGATIVE; or MISS: query the
 * store. */
shs_near_found_t shs_near_lookup_find(shs_near_lookup_t *near,
                                      const shs_scope_t *scope,
                                      shs_octets_t key, apr_time_t now,
                                      apr_time_t deadline);

/* After a HIT that does not count: the answer of the store replaces it. */
void shs_near_lookup_replace(shs_near_lookup_t *near, const shs_scope_t *scope);

/* For a store that did not answer: searches for an entry whose lease ended at
 * most `most` ago. Returns HIT or STALE with ->session and ->ttl; or MISS. */
shs_near_found_t shs_near_lookup_find_stale(shs_near_lookup_t *near,
                                            apr_interval_time_t most,
                                            apr_pool_t *p);

/* Saves what the store has: its session, which learns what is to be known of
 * it (shs_session_learn()), or NULL for none. */
void shs_near_lookup_save(const shs_near_lookup_t *near, shs_octets_t key,
                          shs_session_t *session, apr_interval_time_t ttl,
                          apr_uint32_t server_id, apr_pool_t *p);

/* Saves that what the store has is malformed, and why. */
void shs_near_lookup_save_malformed(const shs_near_lookup_t *near,
                                    const char *reason, apr_uint32_t server_id,
                                    apr_pool_t *p);

/* The last call, also of a search in which nothing was looked for: wakes the
 * threads that wait for this one. ->session belongs to the request's pool and
 * stays valid. */
void shs_near_lookup_leave(const shs_near_lookup_t *near);

#endif
