/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/lookup.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "config/log.h"
#include "request/lookup/store_log.h"
#include "request/lookup/candidate.h"
#include "request/lookup/load.h"

APLOG_USE_MODULE(shared_session);

int shs_lookup_is_rotated_away(const shs_lookup_t *lookup)
{
    return shs_session_get_metadata(lookup->session)->is_rotated;
}

/* Returns to an earlier result. The store may have failed since. */
static void restore(shs_lookup_t *lookup, const shs_lookup_t *earlier)
{
    int has_store_failed = lookup->has_store_failed;

    *lookup = *earlier;
    lookup->has_store_failed = has_store_failed;
}

/* Tries the candidates. A session ends the search, unless a login has left it
 * behind: the cookie with the new id may come later. A store that does not
 * answer ends it too. Otherwise MALFORMED takes precedence over ABSENT. */
static void try_candidates(shs_lookup_t *lookup, const shs_scope_t *scope,
                           const shs_candidates_t *candidates)
{
    shs_lookup_t left, malformed;
    int i;

    left.outcome = malformed.outcome = SHS_OUTCOME_NONE;
    for (i = 0; i < candidates->count; ++i) {
        if (i > 0) {
            lookup->now = shs_clock_now();
        }
        lookup->outcome =
            shs_load_session(lookup, scope, &candidates->list[i].sid);
        switch (lookup->outcome) {
        case SHS_OUTCOME_FOUND:
            lookup->sid = candidates->list[i].sid;
            if (!shs_lookup_is_rotated_away(lookup)) {
                return;
            }
            left = left.outcome == SHS_OUTCOME_FOUND ? left : *lookup;
            break;
        case SHS_OUTCOME_UNAVAILABLE:
            return;
        case SHS_OUTCOME_MALFORMED:
            malformed = malformed.outcome == SHS_OUTCOME_MALFORMED ? malformed
                                                                   : *lookup;
            break;
        case SHS_OUTCOME_NONE:
        case SHS_OUTCOME_ABSENT:
            break;
        }
    }
    if (left.outcome == SHS_OUTCOME_FOUND) {
        restore(lookup, &left);
    }
    else if (malformed.outcome == SHS_OUTCOME_MALFORMED) {
        restore(lookup, &malformed);
    }
}

static shs_lookup_t *create(shs_candidates_t *candidates,
                            const shs_scope_t *scope)
{
    shs_lookup_t *lookup = apr_pcalloc(scope->r->pool, sizeof(*lookup));

    lookup->now = shs_clock_now();
    shs_candidate_find(candidates, scope);
    lookup->outcome = SHS_OUTCOME_NONE;
    lookup->template = scope->settings->key.value;
    lookup->candidates = candidates->count;
    if (candidates->count > 0) {
        lookup->has_sid = 1;
        lookup->sid = candidates->list[0].sid;
    }
    else {
        lookup->reason = candidates->refusal
                             ? candidates->refusal
                             : "the request has no cookie of the name";
    }
    return lookup;
}

const char *shs_lookup_describe(const shs_lookup_t *lookup)
{
    return lookup->is_stale ? "stale" : shs_outcome_describe(lookup->outcome);
}

const char *shs_lookup_explain(const shs_lookup_t *lookup, apr_pool_t *p)
{
    switch (lookup->outcome) {
    case SHS_OUTCOME_FOUND:
        return lookup->is_stale ? lookup->reason : NULL;
    case SHS_OUTCOME_ABSENT:
        return shs_key_prefix_len(lookup->template) == 0
                   ? lookup->reason
                   : apr_pstrcat(p, lookup->reason, " (",
                                 shs_key_prefix(lookup->template), "...)",
                                 NULL);
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_MALFORMED:
    case SHS_OUTCOME_UNAVAILABLE:
        break;
    }
    return lookup->reason;
}

/* Logs the one line of each lookup, at debug. */
static void log_outcome(const request_rec *r, const shs_lookup_t *lookup,
                        apr_time_t began)
{
    char label[SHS_SESSION_ID_LABEL_SIZE] = "-";
    const char *reason;

    if (!APLOG_R_IS_LEVEL(r, APLOG_DEBUG)) {
        return;
    }
    reason = shs_lookup_explain(lookup, r->pool);
    if (lookup->has_sid) {
        shs_session_id_label(label, &lookup->sid);
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  SHS_TAG_REQUEST "session %s%s%s (id %s, candidates %d,"
                                  " attributes %" APR_SIZE_T_FMT
                                  ", %" APR_TIME_T_FMT " us)%s",
                  shs_lookup_describe(lookup), reason ? ": " : "",
                  reason ? reason : "", label, lookup->candidates,
                  lookup->session ? shs_session_count(lookup->session) : 0,
                  shs_clock_now() - began,
                  lookup->is_near ? ", from the near-cache" : "");
}

const shs_lookup_t *shs_lookup_run(const shs_scope_t *scope)
{
    shs_candidates_t candidates;
    shs_lookup_t *lookup = create(&candidates, scope);
    apr_time_t began = lookup->now;

    if (lookup->candidates > 0 && scope->store) {
        lookup->deadline = began + shs_store_timeout(scope->store);
        try_candidates(lookup, scope, &candidates);
    }
    else if (lookup->candidates > 0) {
        lookup->outcome = SHS_OUTCOME_UNAVAILABLE;
        lookup->reason = "no SharedSessionStore is in effect here";
        shs_store_log_missing_store(scope->r);
    }
    log_outcome(scope->r, lookup, began);
    return lookup;
}

const shs_lookup_t *shs_lookup_skip(const shs_scope_t *scope)
{
    shs_candidates_t candidates;
    shs_lookup_t *lookup = create(&candidates, scope);

    lookup->has_store_failed = 1;
    lookup->deadline = lookup->now; /* no wait for another thread's query */
    try_candidates(lookup, scope, &candidates);
    log_outcome(scope->r, lookup, lookup->now);
    return lookup;
}

static const shs_lookup_t *run_by_id(const shs_scope_t *scope,
                                     const shs_session_id_t *sid,
                                     const shs_wanted_t *wanted)
{
    shs_lookup_t *lookup = apr_pcalloc(scope->r->pool, sizeof(*lookup));
    apr_time_t began = shs_clock_now();

    lookup->now = began;
    lookup->has_sid = 1;
    lookup->sid = *sid;
    lookup->candidates = 1;
    lookup->template = scope->settings->key.value;
    lookup->must_be_fresh = 1;
    lookup->wanted = wanted;
    lookup->deadline = began + shs_store_timeout(scope->store);
    lookup->outcome = shs_load_session(lookup, scope, sid);
    log_outcome(scope->r, lookup, began);
    return lookup;
}

const shs_lookup_t *shs_lookup_run_by_id(const shs_scope_t *scope,
                                         const shs_session_id_t *sid)
{
    return run_by_id(scope, sid, NULL);
}

const shs_lookup_t *shs_lookup_run_wanted(const shs_scope_t *scope,
                                          const shs_session_id_t *sid,
                                          const shs_wanted_t *wanted)
{
    return run_by_id(scope, sid, wanted);
}

const shs_lookup_t *shs_lookup_create_ended(const shs_scope_t *scope,
                                            const shs_session_id_t *sid)
{
    shs_lookup_t *lookup = apr_pcalloc(scope->r->pool, sizeof(*lookup));

    lookup->outcome = sid ? SHS_OUTCOME_ABSENT : SHS_OUTCOME_NONE;
    lookup->template = scope->settings->key.value;
    lookup->reason = "the request has ended it";
    if (sid) {
        lookup->has_sid = 1;
        lookup->sid = *sid;
        lookup->candidates = 1;
    }
    return lookup;
}
