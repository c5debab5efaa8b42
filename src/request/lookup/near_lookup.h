/* SPDX-License-Identifier: Apache-2.0
 *
 * near_lookup: decoded sessions in the near-cache of their store. What was found
 * there is what the store would have said; what the store has said is kept
 * there. Threads of a child that miss the same at once ask the store once.
 */
#ifndef SHS_REQUEST_LOOKUP_NEAR_LOOKUP_H
#define SHS_REQUEST_LOOKUP_NEAR_LOOKUP_H

#include "config/settings.h"
#include "session/session.h"
#include "store/store.h"

/* One key that is looked for, on the stack. */
typedef struct shs_near_lookup_t {
    shs_near_cache_t *cache; /* NULL: there is none */
    shs_single_flight_t *single_flight;
    shs_near_name_t name;
    shs_near_ticket_t ticket;
    int can_save;
    int is_for_outages; /* where it cannot: kept, for find_stale() only */
    int is_leader;

    /* Of what was found. */
    const shs_session_t *session; /* NULL: what is there is no session */
    const char *reason;           /* ... and why not */
    apr_interval_time_t ttl;
} shs_near_lookup_t;

/* Looks there, and, if another thread is asking for the same, again when that
 * has its answer. HIT and ->session and ->ttl, or ->reason; NOTHING; or MISS:
 * the store is to be asked. Then shs_near_lookup_leave() is due. */
shs_near_found_t shs_near_lookup_find(shs_near_lookup_t *near,
                                      const shs_store_t *store,
                                      const shs_settings_t *settings,
                                      shs_octets_t key, apr_time_t deadline,
                                      apr_pool_t *p);

/* The store gave no answer: looks for one that is past its lease by `most` at
 * most. HIT or STALE and ->session and ->ttl; or MISS. */
shs_near_found_t shs_near_lookup_find_stale(shs_near_lookup_t *near,
                                            apr_interval_time_t most,
                                            apr_pool_t *p);

/* The store was asked: its session is kept; NULL: there is none. */
void shs_near_lookup_save(const shs_near_lookup_t *near, shs_octets_t key,
                          const shs_session_t *session, apr_interval_time_t ttl,
                          apr_uint32_t source, apr_pool_t *p);

/* ... and what it has is no session, for that reason. */
void shs_near_lookup_save_malformed(const shs_near_lookup_t *near,
                                    const char *reason, apr_uint32_t source,
                                    apr_pool_t *p);

void shs_near_lookup_leave(const shs_near_lookup_t *near);

#endif
