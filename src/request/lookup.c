/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup.h"

#include <string.h>

#include <apr_atomic.h>

#include "request/log.h"
#include "session/cookie.h"
#include "store/clock.h"

APLOG_USE_MODULE(shared_session);

/* What would be logged for each request is logged once in this time. */
#define WARN_EVERY_S 60

/* Adds the id in a value, unless it is none or there already. */
static int add_candidate(shs_ident_t *idents, int count, shs_octets_t value,
                         char route)
{
    shs_ident_t ident;
    int i;

    if (count == SHS_LOOKUP_MAX_CANDIDATES
        || !shs_ident_parse(&ident, value, route)) {
        return count;
    }
    for (i = 0; i < count; ++i) {
        if (shs_ident_is_equal(&idents[i], &ident)) {
            return count;
        }
    }
    idents[count] = ident;
    return count + 1;
}

/* The ids that the request offers, in the order in which they are tried. */
static int find_candidates(shs_ident_t *idents, const request_rec *r,
                           const shs_sources_t *sources)
{
    const char *header = apr_table_get(r->headers_in, "Cookie");
    shs_octets_t value;
    int count = 0;
    int i;

    for (i = 0; header && sources->names[i]; ++i) {
        const char *cursor = header;

        while (count < SHS_LOOKUP_MAX_CANDIDATES
               && shs_cookie_next(&value, &cursor, sources->names[i])) {
            count = add_candidate(idents, count, value, sources->route);
        }
    }
    if (sources->parameter
        && shs_cookie_find_parameter(&value, r->unparsed_uri,
                                     sources->parameter)) {
        count = add_candidate(idents, count, value, sources->route);
    }
    return count;
}

/* Whether the warning is due; exactly one thread is told so. */
static int is_due(volatile apr_uint32_t *last)
{
    apr_uint32_t now = (apr_uint32_t)apr_time_sec(shs_clock_now()) + 1;
    apr_uint32_t before = apr_atomic_read32(last);

    return (before == 0 || now - before >= WARN_EVERY_S)
           && apr_atomic_cas32(last, now, before) == before;
}

/* Each class of reasons has its own `warned_at`, so that one broken session
 * hides no other trouble. */
static void log_malformed(const request_rec *r, const shs_ident_t *ident,
                          const char *reason, volatile apr_uint32_t *warned_at)
{
    /* A variable: the macro below reads the level more than once. */
    int level = is_due(warned_at) ? APLOG_WARNING : APLOG_DEBUG;
    char label[SHS_IDENT_LABEL_SIZE];

    if (!APLOG_R_IS_LEVEL(r, level)) {
        return;
    }
    shs_ident_label(label, ident);
    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_MALFORMED "malformed session (id %s): %s; compare"
                                    " SharedSessionFormat, SharedSessionKey and"
                                    " SharedSessionMaxSize with what is stored",
                  label, reason);
}

/* Whether a session is over by what it says itself. */
static int is_over(const shs_session_t *session, const shs_settings_t *settings,
                   apr_time_t now)
{
    const shs_life_t *life = shs_session_get_life(session);
    apr_time_t expiry = shs_session_expiry(session);

    return (expiry != 0 && expiry <= now)
           || (life->created_at != 0
               && life->created_at + settings->absolute.value <= now);
}

/* Reads the record. */
static shs_outcome_t decode(shs_lookup_t *lookup, const shs_record_t *record,
                            const shs_settings_t *settings, apr_time_t now,
                            apr_pool_t *p)
{
    shs_session_t *session;

    lookup->reason =
        shs_codec_decode(&session, settings->codec.value, record, p);
    if (lookup->reason) {
        return SHS_OUTCOME_MALFORMED;
    }
    if (is_over(session, settings, now)) {
        lookup->reason = "it expired, as the session itself says";
        return SHS_OUTCOME_ABSENT;
    }
    lookup->session = session;
    lookup->record = *record;
    lookup->ttl = record->ttl;
    return SHS_OUTCOME_FOUND;
}

void shs_lookup_log_transition(const request_rec *r, const shs_store_t *store,
                               const shs_answer_t *answer)
{
    const char *words = shs_store_describe(store);

    switch (answer->transition) {
    case SHS_TRANSITION_NONE:
        break;
    case SHS_TRANSITION_REFUSED:
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, r->server,
                     SHS_TAG_REFUSED
                     "the session store %s refuses us: %s;"
                     " correct user, password or database in"
                     " SharedSessionStore, or the user's ACL in Redis",
                     words, answer->transition_reason);
        break;
    case SHS_TRANSITION_DOWN:
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->server,
                     SHS_TAG_DOWN "the session store %s gives no answer: %s",
                     words, answer->transition_reason);
        break;
    case SHS_TRANSITION_UP:
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, r->server,
                     SHS_TAG_UP "the session store %s answers again", words);
        break;
    }
}

/* What is under lookup->key. */
static shs_outcome_t load_key(shs_lookup_t *lookup, const request_rec *r,
                              shs_store_t *store,
                              const shs_settings_t *settings,
                              const shs_ident_t *ident)
{
    static volatile apr_uint32_t warned_of_store;
    static volatile apr_uint32_t warned_of_codec;
    volatile apr_uint32_t *warned_at = &warned_of_store;
    shs_query_t query;
    shs_answer_t answer;
    shs_outcome_t outcome;

    query.key = lookup->key;
    query.shape = shs_codec_shape(settings->codec.value);
    query.max_octets = settings->max_size.value;
    query.deadline = lookup->deadline;
    outcome = shs_store_load(&answer, store, &query, r->pool);
    shs_lookup_log_transition(r, store, &answer);
    lookup->reason = answer.reason;
    if (outcome == SHS_OUTCOME_FOUND) {
        warned_at = &warned_of_codec;
        outcome =
            decode(lookup, &answer.record, settings, apr_time_now(), r->pool);
    }
    if (outcome == SHS_OUTCOME_MALFORMED) {
        log_malformed(r, ident, lookup->reason, warned_at);
    }
    return outcome;
}

/* Whether the session has a successor that this id may follow. A value that is
 * no key of ours leads nowhere, and nor does one beside attributes, which would
 * be some application's. */
static int has_successor(const shs_lookup_t *lookup,
                         const shs_settings_t *settings)
{
    const shs_life_t *life = shs_session_get_life(lookup->session);

    return life->is_rotated && life->successor.len > 0
           && shs_session_count(lookup->session) == 0
           && shs_key_is_of(settings->key.value, life->successor);
}

/* The session of an id: the one under its key, or the one that this has become
 * by rotations. */
static shs_outcome_t load(shs_lookup_t *lookup, const request_rec *r,
                          shs_store_t *store, const shs_settings_t *settings,
                          const shs_ident_t *ident)
{
    shs_outcome_t outcome;
    int steps = 0;

    lookup->key = shs_key_build(settings->key.value, ident, r->pool);
    lookup->is_forwarded = 0;
    outcome = load_key(lookup, r, store, settings, ident);
    while (outcome == SHS_OUTCOME_FOUND && has_successor(lookup, settings)) {
        lookup->key = shs_session_get_life(lookup->session)->successor;
        lookup->session = NULL;
        lookup->is_forwarded = 1;
        if (++steps > SHS_LOOKUP_MAX_ROTATIONS) {
            lookup->reason = "it was rotated too often in too little time";
            return SHS_OUTCOME_ABSENT;
        }
        outcome = load_key(lookup, r, store, settings, ident);
    }
    return outcome;
}

/* Tries the candidates. A session ends the search, and so does a store that
 * does not answer; otherwise "something is there that is no session" says more
 * than "nothing is there". */
static void try_candidates(shs_lookup_t *lookup, const request_rec *r,
                           shs_store_t *store, const shs_settings_t *settings,
                           const shs_ident_t *idents)
{
    const char *malformed = NULL;
    int i;

    for (i = 0; i < lookup->candidates; ++i) {
        lookup->outcome = load(lookup, r, store, settings, &idents[i]);
        if (lookup->outcome == SHS_OUTCOME_FOUND) {
            lookup->ident = idents[i];
            return;
        }
        if (lookup->outcome == SHS_OUTCOME_UNAVAILABLE) {
            return;
        }
        if (lookup->outcome == SHS_OUTCOME_MALFORMED && !malformed) {
            malformed = lookup->reason;
        }
    }
    if (malformed) {
        lookup->outcome = SHS_OUTCOME_MALFORMED;
        lookup->reason = malformed;
    }
}

static void log_outcome(const request_rec *r, const shs_lookup_t *lookup,
                        apr_interval_time_t took)
{
    char label[SHS_IDENT_LABEL_SIZE] = "-";

    if (!APLOG_R_IS_LEVEL(r, APLOG_DEBUG)) {
        return;
    }
    if (lookup->has_ident) {
        shs_ident_label(label, &lookup->ident);
    }
    ap_log_rerror(
        APLOG_MARK, APLOG_DEBUG, 0, r,
        SHS_TAG_REQUEST "session %s%s%s (id %s, candidates %d,"
                        " attributes %" APR_SIZE_T_FMT ", %" APR_TIME_T_FMT
                        " us)",
        shs_outcome_describe(lookup->outcome), lookup->reason ? ": " : "",
        lookup->reason ? lookup->reason : "", label, lookup->candidates,
        lookup->session ? shs_session_count(lookup->session) : 0, took);
}

static void log_missing_store(const request_rec *r)
{
    static volatile apr_uint32_t warned_at;

    if (is_due(&warned_at)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_NO_STORE
                      "SharedSession is On here, but no"
                      " SharedSessionStore is in effect for this virtual"
                      " host: add one to it or to the main server");
    }
}

static shs_lookup_t *create(shs_ident_t *idents, request_rec *r,
                            const shs_settings_t *settings)
{
    shs_lookup_t *lookup = apr_pcalloc(r->pool, sizeof(*lookup));

    lookup->outcome = SHS_OUTCOME_NONE;
    lookup->candidates = find_candidates(idents, r, &settings->sources.value);
    if (lookup->candidates > 0) {
        lookup->has_ident = 1;
        lookup->ident = idents[0];
    }
    return lookup;
}

const shs_lookup_t *shs_lookup_run(request_rec *r, shs_store_t *store,
                                   const shs_settings_t *settings)
{
    shs_ident_t idents[SHS_LOOKUP_MAX_CANDIDATES];
    apr_time_t began = shs_clock_now();
    shs_lookup_t *lookup = create(idents, r, settings);

    if (lookup->candidates > 0 && store) {
        lookup->deadline = began + shs_store_timeout(store);
        try_candidates(lookup, r, store, settings, idents);
    }
    else if (lookup->candidates > 0) {
        lookup->outcome = SHS_OUTCOME_UNAVAILABLE;
        lookup->reason = "no SharedSessionStore is in effect here";
        log_missing_store(r);
    }
    log_outcome(r, lookup, shs_clock_now() - began);
    return lookup;
}

const shs_lookup_t *shs_lookup_skip(request_rec *r,
                                    const shs_settings_t *settings)
{
    shs_ident_t idents[SHS_LOOKUP_MAX_CANDIDATES];
    shs_lookup_t *lookup = create(idents, r, settings);

    if (lookup->candidates > 0) {
        lookup->outcome = SHS_OUTCOME_UNAVAILABLE;
        lookup->reason = "the store already failed this request";
    }
    log_outcome(r, lookup, 0);
    return lookup;
}

const shs_lookup_t *shs_lookup_run_ident(request_rec *r, shs_store_t *store,
                                         const shs_settings_t *settings,
                                         const shs_ident_t *ident)
{
    apr_time_t began = shs_clock_now();
    shs_lookup_t *lookup = apr_pcalloc(r->pool, sizeof(*lookup));

    lookup->has_ident = 1;
    lookup->ident = *ident;
    lookup->candidates = 1;
    lookup->deadline = began + shs_store_timeout(store);
    lookup->outcome = load(lookup, r, store, settings, ident);
    log_outcome(r, lookup, shs_clock_now() - began);
    return lookup;
}

const shs_lookup_t *shs_lookup_make_ended(request_rec *r,
                                          const shs_ident_t *ident)
{
    shs_lookup_t *lookup = apr_pcalloc(r->pool, sizeof(*lookup));

    lookup->outcome = ident ? SHS_OUTCOME_ABSENT : SHS_OUTCOME_NONE;
    if (ident) {
        lookup->has_ident = 1;
        lookup->ident = *ident;
        lookup->candidates = 1;
        lookup->reason = "the request has ended it";
    }
    return lookup;
}
