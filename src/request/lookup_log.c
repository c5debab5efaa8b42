/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup_log.h"

#include <apr_atomic.h>

#include "request/log.h"
#include "store/clock.h"

APLOG_USE_MODULE(shared_session);

/* What would be logged for each request is logged once in this time. */
#define WARN_EVERY_S 60

int shs_lookup_log_is_due(volatile apr_uint32_t *last)
{
    apr_uint32_t now = (apr_uint32_t)apr_time_sec(shs_clock_now()) + 1;
    apr_uint32_t before = apr_atomic_read32(last);

    return (before == 0 || now - before >= WARN_EVERY_S)
           && apr_atomic_cas32(last, now, before) == before;
}

void shs_lookup_log_malformed(const request_rec *r, const shs_ident_t *ident,
                              const char *reason, int is_of_codec)
{
    static volatile apr_uint32_t warned_at[2];
    /* A variable: the macro below reads the level more than once. */
    int level = shs_lookup_log_is_due(&warned_at[is_of_codec]) ? APLOG_WARNING
                                                               : APLOG_DEBUG;
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

/* What is told of the store while it answers. */
static void log_trouble(const server_rec *s, const char *words,
                        const shs_answer_t *answer)
{
    if (answer->transition == SHS_TRANSITION_UNWRITABLE) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     SHS_TAG_WRITES
                     "the session store %s takes no writes: %s; logins and"
                     " changes of sessions fail until it does",
                     words, answer->transition_reason);
    }
    else if (answer->transition == SHS_TRANSITION_WRITABLE) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     SHS_TAG_WRITES "the session store %s takes writes again",
                     words);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     SHS_TAG_SHAKY
                     "lookups in the session store %s fail now and then: %s;"
                     " compare its counters in mod_status",
                     words, answer->transition_reason);
    }
}

/* What is told of its near-cache. */
static void log_news(const server_rec *s, const char *words,
                     const shs_answer_t *answer)
{
    if (answer->transition == SHS_TRANSITION_SILENT) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     SHS_TAG_SILENT
                     "the sessions of the store %s are not kept near, and each"
                     " request asks it: %s",
                     words, answer->transition_reason);
    }
    else {
        ap_log_error(
            APLOG_MARK, APLOG_NOTICE, 0, s,
            SHS_TAG_SILENT "the sessions of the store %s are kept near", words);
    }
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
                     SHS_TAG_DOWN "the session store %s is unavailable: %s",
                     words, answer->transition_reason);
        break;
    case SHS_TRANSITION_UP:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, r->server,
                     SHS_TAG_UP "the session store %s is available again",
                     words);
        break;
    case SHS_TRANSITION_UNWRITABLE:
    case SHS_TRANSITION_WRITABLE:
    case SHS_TRANSITION_SHAKY:
        log_trouble(r->server, words, answer);
        break;
    case SHS_TRANSITION_MASTER:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, r->server,
                     SHS_TAG_MASTER
                     "the master of the session store %s is now %s",
                     words, answer->transition_reason);
        break;
    case SHS_TRANSITION_SILENT:
    case SHS_TRANSITION_TELLING:
        log_news(r->server, words, answer);
        break;
    }
}

void shs_lookup_log_outcome(const request_rec *r, const shs_lookup_t *lookup,
                            apr_interval_time_t took)
{
    char label[SHS_IDENT_LABEL_SIZE] = "-";
    const char *reason;

    if (!APLOG_R_IS_LEVEL(r, APLOG_DEBUG)) {
        return;
    }
    reason = shs_lookup_explain(lookup, r->pool);
    if (lookup->has_ident) {
        shs_ident_label(label, &lookup->ident);
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  SHS_TAG_REQUEST "session %s%s%s (id %s, candidates %d,"
                                  " attributes %" APR_SIZE_T_FMT
                                  ", %" APR_TIME_T_FMT " us)%s",
                  shs_lookup_describe(lookup), reason ? ": " : "",
                  reason ? reason : "", label, lookup->candidates,
                  lookup->session ? shs_session_count(lookup->session) : 0,
                  took, lookup->is_near ? ", from the near-cache" : "");
}

void shs_lookup_log_missing_store(const request_rec *r)
{
    static volatile apr_uint32_t warned_at;

    if (shs_lookup_log_is_due(&warned_at)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_NO_STORE
                      "SharedSession is On here, but no"
                      " SharedSessionStore is in effect for this virtual"
                      " host: add one to it or to the main server");
    }
}
