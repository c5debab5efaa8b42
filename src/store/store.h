/* SPDX-License-Identifier: Apache-2.0
 *
 * store: where sessions are stored. Callers use the functions here, which check
 * what a provider promises in mod_shared_session_provider.h: a result that
 * breaks a promise is UNAVAILABLE, for a reason that names the promise. A store
 * knows keys and records; it knows no request and no session format.
 *
 * Lifetime: it is created while the configuration is read (the only I/O is
 * reading the files that the options name), started once in each child, then
 * used by the child's threads concurrently. Virtual hosts that name the same
 * store with the same options share one object.
 */
#ifndef SHS_STORE_STORE_H
#define SHS_STORE_STORE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "../mod_shared_session_provider.h"
#include "store/cache/single_flight.h"
#include "store/cache/memory/near_policy.h"

typedef struct shs_store_t shs_store_t;

/* Creates the store of a provider that a URL and its options ("key=value"
 * strings) name, or finds the one that was created from the same before in the
 * same pool, which must live as long as the configuration. Returns NULL and
 * sets *out, or returns what is wrong and the cure, without credentials. */
const char *shs_store_create(shs_store_t **out, const shs_provider_t *provider,
                             const char *url, const apr_array_header_t *options,
                             apr_pool_t *pconf);

/* All stores created in that pool (shs_store_t *), oldest first. */
const apr_array_header_t *shs_store_list(apr_pool_t *pconf);

/* Creates the memory in which the host's children share the state of all stores
 * of that pool, except for the near-caches. To be called in the parent, before
 * any child starts. The memory lives as long as the pool. Without this call (as
 * in a test) each child has a state of its own. */
apr_status_t shs_store_share(apr_pool_t *pconf);

/* Prepares the store for this child; connects to nothing. `threads` is the
 * number of concurrent callers. Called once in a child, before the first load.
 * Returns 0 when out of memory: then nothing can be loaded. */
int shs_store_start_child(shs_store_t *store, int threads, apr_pool_t *pchild);

/* Reads. FOUND, ABSENT, MALFORMED (the key holds another kind of value, or one
 * that is too large) or UNAVAILABLE; never NONE. The record's ttl is
 * SHS_TTL_UNKNOWN exactly if the query is without_ttl. */
shs_outcome_t shs_store_load(shs_result_t *result, shs_store_t *store,
                             const shs_query_t *query, apr_pool_t *p);

/* Writes. Sets result->reason unless DONE; result->record is not used. */
shs_wrote_t shs_store_write(shs_result_t *result, shs_store_t *store,
                            const shs_write_t *write, apr_pool_t *p);

/* The longest that a lookup or a write may take as a whole. */
apr_interval_time_t shs_store_timeout(const shs_store_t *store);

/* The store in words, without credentials: its URL; its options with their
 * effective values. Borrowed. */
const char *shs_store_describe(const shs_store_t *store);
const char *shs_store_describe_options(const shs_store_t *store);

/* The place of its sessions, without credentials and options. Two stores have
 * equal locations if their URLs name the same server and database. Names are
 * not resolved, so one server with two names has two locations. Borrowed. */
const char *shs_store_location(const shs_store_t *store);

/* Its near-cache in words, in p. */
const char *shs_store_describe_cache(const shs_store_t *store, apr_pool_t *p);

/* Counts a request that got only a part of its session. Returns 1 when a
 * warning is due: once a minute for the whole host. */
int shs_store_note_left_out(shs_store_t *store);

/* Reports the store's state and counters, for a status page: "Breaker" and
 * "closed", "Timeouts" and "0". Works in any process of the host. */
void shs_store_report(shs_report_fn report, void *baton,
                      const shs_store_t *store, apr_pool_t *p);

/* ---- the near-cache */

/* To be called before shs_store_share(). There is one policy a store: returns 0
 * if another was set before. With a provider that cannot track there is no
 * near-cache. */
int shs_store_set_cache(shs_store_t *store, const shs_near_policy_t *policy);

/* Creates the near-cache's memory, likewise; to be called after
 * shs_store_share(). On failure the store has no near-cache; with `may_be_less`
 * it has one of the largest size available, which shs_store_describe_cache()
 * shows, and the failure is returned all the same. */
apr_status_t shs_store_share_cache(shs_store_t *store, int may_be_less,
                                   apr_pool_t *pconf);

/* Keys with that prefix are cached. */
void shs_store_add_prefix(shs_store_t *store, const char *prefix);

/* In a child: its handle of the near-cache and its single-flight; NULL: there
 * is no near-cache. */
shs_near_cache_t *shs_store_cache(const shs_store_t *store);
shs_single_flight_t *shs_store_single_flight(const shs_store_t *store);

#endif
