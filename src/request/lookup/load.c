/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/load.h"

#include <string.h>

#include "base/clock.h"
#include "request/lookup/method.h"
#include "request/lookup/near_lookup.h"
#include "request/lookup/store_log.h"

/* Accepts a stored session, unless it has expired. */
static shs_outcome_t accept_session(shs_lookup_t *lookup,
                                    const shs_session_t *session,
                                    apr_interval_time_t ttl,
                                    const shs_settings_t *settings)
{
    apr_time_t end = shs_session_end(session, settings->absolute.value);
    apr_time_t now = end != 0 ? apr_time_now() : 0;

    if (end != 0 && end <= now) {
        lookup->reason = "it has expired by its own metadata";
        return SHS_OUTCOME_ABSENT;
    }
    /* What a framework stores may end before its key does. */
    if (end != 0 && ttl != SHS_TTL_UNKNOWN
        && shs_codec_is_foreign(settings->codec.value)
        && (ttl == SHS_TTL_FOREVER || end - now < ttl)) {
        ttl = end - now;
    }
    lookup->session = session;
    lookup->ttl = ttl;
    return SHS_OUTCOME_FOUND;
}

/* Accepts what the near-cache holds, which may be malformed. ABSENT: it has
 * expired by its own metadata. The store may have a later expiry, of which the
 * near-cache does not know yet. */
static shs_outcome_t accept_near(shs_lookup_t *lookup,
                                 const shs_near_lookup_t *near,
                                 const shs_settings_t *settings)
{
    if (!near->session) {
        lookup->reason = near->reason;
        return SHS_OUTCOME_MALFORMED;
    }
    return accept_session(lookup, near->session, near->ttl, settings);
}

/* Queries the store for lookup->key, and saves the result in the near-cache. */
static shs_outcome_t query_store(shs_lookup_t *lookup, const shs_scope_t *scope,
                                 const shs_session_id_t *sid,
                                 const shs_near_lookup_t *near)
{
    const shs_settings_t *settings = scope->settings;
    apr_pool_t *p = scope->r->pool;
    shs_query_t query =
        shs_scope_make_query(scope, lookup->key, lookup->deadline);
    shs_session_t *session = NULL;
    shs_result_t result;
    shs_outcome_t outcome;
    int is_read;

    query.without_ttl = !lookup->must_be_fresh && !shs_scope_needs_ttl(scope);
    if (lookup->wanted) {
        query.names = shs_codec_fields(&query.name_count, settings->codec.value,
                                       lookup->wanted, p);
    }
    outcome = shs_store_load(&result, scope->store, &query, p);
    shs_store_log_transition(scope->r, scope->store, &result);
    lookup->reason = result.reason;
    is_read = outcome == SHS_OUTCOME_FOUND;
    if (is_read) {
        lookup->reason = shs_codec_decode(
            &session, settings->codec.value, &result.record,
            lookup->wanted ? lookup->wanted : &settings->wanted.value, p);
        outcome = session ? SHS_OUTCOME_FOUND : SHS_OUTCOME_MALFORMED;
    }
    if (session && shs_session_opaque(session)) {
        shs_store_log_opaque(scope->r, sid, shs_session_opaque(session));
    }
    if (outcome == SHS_OUTCOME_MALFORMED) {
        shs_store_log_malformed(scope->r, sid, lookup->reason, is_read);
        shs_near_lookup_save_malformed(near, lookup->reason, result.server_id,
                                       p);
    }
    if (outcome == SHS_OUTCOME_FOUND || outcome == SHS_OUTCOME_ABSENT) {
        shs_near_lookup_save(near, lookup->key, session, result.record.ttl,
                             result.server_id, p);
    }
    if (outcome == SHS_OUTCOME_FOUND) {
        lookup->record = result.record;
        outcome = accept_session(lookup, session, result.record.ttl, settings);
    }
    return outcome;
}

/* Without an answer from the store, uses what the near-cache had recently; but
 * not for a method that may write. A session that has expired by its own
 * metadata is not ABSENT: the store may have a later expiry. */
static shs_outcome_t take_stale(shs_lookup_t *lookup, const shs_scope_t *scope,
                                shs_near_lookup_t *near)
{
    const shs_settings_t *settings = scope->settings;
    const char *reason = lookup->reason;
    shs_near_found_t found = SHS_NEAR_MISS;
    shs_outcome_t outcome;

    if (shs_method_is_read_only(scope->r)) {
        found = shs_near_lookup_find_stale(near, settings->stale.value,
                                           scope->r->pool);
    }
    if (found == SHS_NEAR_MISS) {
        return SHS_OUTCOME_UNAVAILABLE;
    }
    outcome = accept_session(lookup, near->session, near->ttl, settings);
    if (outcome != SHS_OUTCOME_FOUND) {
        lookup->reason = reason;
        return SHS_OUTCOME_UNAVAILABLE;
    }
    lookup->is_near = 1;
    lookup->is_stale = found == SHS_NEAR_STALE;
    return outcome;
}

/* Takes what the near-cache has under lookup->key, or what the store has. Only
 * the store says that a session is over. */
static shs_outcome_t take_near(shs_lookup_t *lookup, const shs_scope_t *scope,
                               const shs_session_id_t *sid,
                               shs_near_lookup_t *near)
{
    shs_outcome_t outcome;
    shs_near_found_t found =
        lookup->must_be_fresh
            ? SHS_NEAR_MISS
            : shs_near_lookup_find(near, scope, lookup->key, lookup->now,
                                   lookup->deadline);

    lookup->is_near = 0;
    if (found == SHS_NEAR_HIT) {
        outcome = accept_near(lookup, near, scope->settings);
        lookup->is_near = outcome != SHS_OUTCOME_ABSENT;
        if (lookup->is_near) {
            return outcome;
        }
        shs_near_lookup_replace(near, scope);
    }
    if (found == SHS_NEAR_NEGATIVE) {
        lookup->reason = "there was no such key a moment ago";
        return SHS_OUTCOME_ABSENT;
    }
    if (lookup->has_store_failed) {
        lookup->reason = "the store already failed this request";
        outcome = SHS_OUTCOME_UNAVAILABLE;
    }
    else {
        outcome = query_store(lookup, scope, sid, near);
    }
    if (outcome == SHS_OUTCOME_UNAVAILABLE) {
        lookup->has_store_failed = 1;
        outcome = take_stale(lookup, scope, near);
    }
    return outcome;
}

static shs_outcome_t load_key(shs_lookup_t *lookup, const shs_scope_t *scope,
                              const shs_session_id_t *sid)
{
    shs_near_lookup_t near;
    shs_outcome_t outcome;

    memset(&near, 0, sizeof(near));
    outcome = take_near(lookup, scope, sid, &near);
    shs_near_lookup_leave(&near);
    return outcome;
}

/* Whether the session has a successor that this id may follow. A value that is
 * no key of this template is not followed. Nor is one beside attributes, which
 * would be some application's own. */
static int has_successor(const shs_lookup_t *lookup,
                         const shs_settings_t *settings)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(lookup->session);

    return metadata->is_rotated && metadata->successor.len > 0
           && shs_session_count(lookup->session) == 0
           && shs_key_is_of(settings->key.value, metadata->successor);
}

shs_outcome_t shs_load_session(shs_lookup_t *lookup, const shs_scope_t *scope,
                               const shs_session_id_t *sid)
{
    shs_outcome_t outcome;
    const shs_key_t *template = scope->settings->key.value;
    int steps = 0;

    lookup->key = shs_key_build(template, sid, scope->r->pool);
    lookup->session = NULL;
    lookup->is_stale = lookup->is_forwarded = 0;
    if (lookup->key.len == 0) {
        lookup->reason = SHS_KEY_NO_DIGEST;
        return SHS_OUTCOME_UNAVAILABLE;
    }
    outcome = load_key(lookup, scope, sid);
    while (outcome == SHS_OUTCOME_FOUND
           && has_successor(lookup, scope->settings)) {
        lookup->key = shs_session_get_metadata(lookup->session)->successor;
        lookup->session = NULL;
        lookup->is_forwarded = 1;
        if (++steps > SHS_LOOKUP_MAX_ROTATIONS) {
            lookup->reason = "it was rotated too often in too little time";
            return SHS_OUTCOME_ABSENT;
        }
        lookup->now = shs_clock_now();
        outcome = load_key(lookup, scope, sid);
    }
    return outcome;
}
