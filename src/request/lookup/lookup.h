/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup: from a client request to its session: finds the ids that it offers,
 * loads the record from the store, decodes it with the codec. With writer, the
 * only place that knows a store and a codec. It does not change the request.
 */
#ifndef SHS_REQUEST_LOOKUP_LOOKUP_H
#define SHS_REQUEST_LOOKUP_LOOKUP_H

#include "request/lookup/lookup_result.h"
#include "request/lookup/scope.h"

/* Looks up the session of a client request. Without a store the outcome is
 * UNAVAILABLE. All candidates together take no longer than the store's timeout.
 * Logs changes of the store's state. The lookup and its session are from the
 * request's pool. */
const shs_lookup_t *shs_lookup_run(const shs_scope_t *scope);

/* The word for the outcome: "found", "stale", ... Static. */
const char *shs_lookup_describe(const shs_lookup_t *lookup);

/* The reason of the outcome, in words that reveal no id and no value; for
 * ABSENT with the beginning of the key. NULL if there is nothing to explain
 * (FOUND, not stale). Borrowed, or from p. */
const char *shs_lookup_explain(const shs_lookup_t *lookup, apr_pool_t *p);

/* Looks up the session of one id in the store itself, with its time to live,
 * whatever cookies the request has and whatever the place needs: an id that was
 * looked up before, or a new one. */
const shs_lookup_t *shs_lookup_run_by_id(const shs_scope_t *scope,
                                         const shs_session_id_t *sid);

/* The same with these attributes, whatever the place wants: those that a
 * framework's rule needs to end its session. */
const shs_lookup_t *shs_lookup_run_wanted(const shs_scope_t *scope,
                                          const shs_session_id_t *sid,
                                          const shs_wanted_t *wanted);

/* A session that the request has ended: ABSENT, or NONE if `sid` is NULL. */
const shs_lookup_t *shs_lookup_create_ended(const shs_scope_t *scope,
                                            const shs_session_id_t *sid);

/* The lookup for a request that the store has already failed: by the near-cache
 * alone, without a query. UNAVAILABLE if that has nothing to offer. */
const shs_lookup_t *shs_lookup_skip(const shs_scope_t *scope);

/* Whether a login has given a session that is FOUND another id. The id of the
 * lookup is an old one and does not lead to the session under the new id, so it
 * cannot write to it (writer.h, rule 4). */
int shs_lookup_is_rotated_away(const shs_lookup_t *lookup);

#endif
