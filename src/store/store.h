/* SPDX-License-Identifier: Apache-2.0
 *
 * store: where sessions are kept, seen from above. Callers use the functions
 * here; behind them stands a provider, chosen by the scheme of a URL. A store
 * knows keys and records; it knows no request and no session format.
 *
 * Life: created while the configuration is read (no I/O but reading files that
 * the options name), started once in each child, then used by its threads at
 * once. Virtual hosts that name the same store with the same options get the
 * same object.
 */
#ifndef SHS_STORE_STORE_H
#define SHS_STORE_STORE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "session/outcome.h"
#include "session/record.h"
#include "store/flight.h"
#include "store/near_cache.h"
#include "store/query.h"
#include "store/transition.h"

typedef struct shs_store_t shs_store_t;

/* What is answered. */
typedef struct shs_answer_t {
    shs_record_t record; /* set when FOUND; owned by the pool given to load */
    const char *reason;  /* set unless FOUND: words for the log that hold
                          * neither keys nor values nor credentials */
    apr_uint32_t source; /* which server said so (for store_cache.h), or 0 */
    int is_refusal;      /* UNAVAILABLE because the store does not accept us
                          * (password, permission): for the administrator */
    shs_transition_t transition;
    const char *transition_reason; /* set if DOWN, REFUSED, UNWRITABLE, SHAKY
                                    * or SILENT, as `reason`; if MASTER: which,
                                    * and which it was */
} shs_answer_t;

/* Creates the store that a URL and its options ("key=value" strings) name, or
 * finds the one created from the same before in the same pool, which must be
 * one that lives as long as the configuration. Returns NULL and sets *out, or
 * returns what is wrong, without credentials, and the cure. */
const char *shs_store_create(shs_store_t **out, const char *url,
                             const apr_array_header_t *options,
                             apr_pool_t *pconf);

/* All stores created in that pool (shs_store_t *), oldest first. */
const apr_array_header_t *shs_store_list(apr_pool_t *pconf);

/* Makes the memory in which the host's children share what they know of all
 * stores of that pool, but for the near-caches; in the parent, before any
 * child. It goes with the pool. Without it (as in a test) each child knows its
 * own. */
apr_status_t shs_store_share(apr_pool_t *pconf);

/* Prepares the store for this child. Connects to nothing. `threads` is how
 * many may ask at once. Called once a child, before the first load. Returns 0
 * without memory: nothing can be loaded then. */
int shs_store_start_child(shs_store_t *store, int threads, apr_pool_t *pchild);

/* Asks. FOUND, ABSENT, MALFORMED (the key holds another kind of value, or too
 * much) or UNAVAILABLE; never NONE. */
shs_outcome_t shs_store_load(shs_answer_t *answer, shs_store_t *store,
                             const shs_query_t *query, apr_pool_t *p);

/* Writes. The outcome, and unless it is DONE answer->reason; of *answer the
 * record is not used. */
shs_wrote_t shs_store_write(shs_answer_t *answer, shs_store_t *store,
                            const shs_write_t *write, apr_pool_t *p);

/* How long a lookup, or a write, may take as a whole. */
apr_interval_time_t shs_store_timeout(const shs_store_t *store);

/* The store in words, without credentials: its URL; and what its options came
 * to. Borrowed. */
const char *shs_store_describe(const shs_store_t *store);
const char *shs_store_describe_options(const shs_store_t *store);

/* Where its sessions are, without credentials and options: equal for two stores
 * that are one server and database as far as their URLs tell. No name is looked
 * up, so one server that two names lead to is two. Borrowed. */
const char *shs_store_location(const shs_store_t *store);

/* Its near-cache in words, in p. */
const char *shs_store_describe_cache(const shs_store_t *store, apr_pool_t *p);

/* Counts a request that was given less than its session has. Returns 1 when the
 * administrator is to be told: once a minute for the whole host. */
int shs_store_note_excess(shs_store_t *store);

/* Called with the name and the value of one figure. */
typedef void (*shs_store_report_fn)(void *baton, const char *name,
                                    const char *value);

/* Tells the store's state and counters, for a status page: "Breaker" and
 * "closed", "Timeouts" and "0". In any process of the host. */
void shs_store_report(shs_store_report_fn tell, void *baton,
                      const shs_store_t *store, apr_pool_t *p);

/* Makes a provider known (static; may be called again with the same one). */
typedef struct shs_store_provider_t shs_store_provider_t;
void shs_store_register(const shs_store_provider_t *provider);

/* ---- its near-cache */

/* Before shs_store_share(). All who name the store want the same: returns 0 if
 * another policy was set before. Without a provider that can listen it stays
 * without a cache. */
int shs_store_set_cache(shs_store_t *store, const shs_near_policy_t *policy);

/* Makes the near-cache's memory, likewise; after shs_store_share(). On failure
 * the store has no near-cache; where it may be less than the policy says, it
 * has as much as can be had, which shs_store_describe_cache() tells, and the
 * failure is returned all the same. */
apr_status_t shs_store_share_cache(shs_store_t *store, int may_be_less,
                                   apr_pool_t *pconf);

/* Keys that begin so are cached. */
void shs_store_add_prefix(shs_store_t *store, const char *prefix);

/* In a child: the cache, and the flights of its threads; NULL: none. */
shs_near_cache_t *shs_store_cache(const shs_store_t *store);
shs_flights_t *shs_store_flights(const shs_store_t *store);

#endif
