/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/store_log.h"

#include "base/clock.h"
#include "config/log.h"

APLOG_USE_MODULE(shared_session);

void shs_store_log_malformed(const request_rec *r, const shs_session_id_t *sid,
                             const char *reason, int is_of_codec)
{
    static volatile apr_uint32_t warned_at[2];
    /* A variable: the macro below reads the level more than once. */
    int level = shs_log_is_due(&warned_at[is_of_codec], shs_clock_now())
                    ? APLOG_WARNING
                    : APLOG_DEBUG;
    char label[SHS_SESSION_ID_LABEL_SIZE];

    if (!APLOG_R_IS_LEVEL(r, level)) {
        return;
    }
    shs_session_id_label(label, sid);
    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_MALFORMED "malformed session (id %s): %s; compare"
                                    " SharedSessionFormat, SharedSessionKey and"
                                    " SharedSessionMaxSize with what is stored",
                  label, reason);
}

void shs_store_log_opaque(const request_rec *r, const shs_session_id_t *sid,
                          const char *reason)
{
    static volatile apr_uint32_t warned_at;
    int level = shs_log_is_due(&warned_at, shs_clock_now()) ? APLOG_WARNING
                                                            : APLOG_DEBUG;
    char label[SHS_SESSION_ID_LABEL_SIZE];

    if (!APLOG_R_IS_LEVEL(r, level)) {
        return;
    }
    shs_session_id_label(label, sid);
    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_OPAQUE
                  "an attribute of a session (id %s) is left out:"
                  " %s",
                  label, reason);
}

/* Changes of how well the store serves, while it answers. */
static void log_health(const server_rec *s, const char *description,
                       const shs_result_t *result)
{
    if (result->transition == SHS_TRANSITION_UNWRITABLE) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     SHS_TAG_READ_ONLY
                     "the session store %s takes no writes: %s; logins and"
                     " changes of sessions fail until it does",
                     description, result->transition_reason);
    }
    else if (result->transition == SHS_TRANSITION_WRITABLE) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     SHS_TAG_READ_ONLY
                     "the session store %s takes writes again",
                     description);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     SHS_TAG_INTERMITTENT
                     "lookups in the session store %s fail intermittently: %s;"
                     " see its counters in mod_status",
                     description, result->transition_reason);
    }
}

/* Changes of its near-cache. */
static void log_tracking(const server_rec *s, const char *description,
                         const shs_result_t *result)
{
    if (result->transition == SHS_TRANSITION_UNTRACKED) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     SHS_TAG_UNTRACKED
                     "the near-cache of the session store %s is not in use, and"
                     " each request queries the store: %s",
                     description, result->transition_reason);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     SHS_TAG_UNTRACKED
                     "the near-cache of the session store %s is in use",
                     description);
    }
}

void shs_store_log_transition(const request_rec *r, const shs_store_t *store,
                              const shs_result_t *result)
{
    const char *description = shs_store_describe(store);

    switch (result->transition) {
    case SHS_TRANSITION_NONE:
        break;
    case SHS_TRANSITION_REFUSED:
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, r->server,
                     SHS_TAG_REFUSED
                     "the session store %s refuses access: %s; correct user,"
                     " password or database in SharedSessionStore, or the"
                     " user's ACL in Redis",
                     description, result->transition_reason);
        break;
    case SHS_TRANSITION_DOWN:
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->server,
                     SHS_TAG_DOWN "the session store %s is unavailable: %s",
                     description, result->transition_reason);
        break;
    case SHS_TRANSITION_UP:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, r->server,
                     SHS_TAG_UP "the session store %s is available again",
                     description);
        break;
    case SHS_TRANSITION_UNWRITABLE:
    case SHS_TRANSITION_WRITABLE:
    case SHS_TRANSITION_DEGRADED:
        log_health(r->server, description, result);
        break;
    case SHS_TRANSITION_MASTER:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, r->server,
                     SHS_TAG_MASTER
                     "the master of the session store %s is now %s",
                     description, result->transition_reason);
        break;
    case SHS_TRANSITION_UNTRACKED:
    case SHS_TRANSITION_TRACKED:
        log_tracking(r->server, description, result);
        break;
    }
}

/* What the lines of a trace belong to. */
typedef struct tracer_t {
    shs_trace_t trace;
    const request_rec *r;
    const shs_store_t *store;
} tracer_t;

static void log_event(void *baton, const char *event, const char *detail)
{
    const tracer_t *tracer = baton;

    ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, tracer->r,
                  SHS_TAG_TRACE "session store %s: %s%s%s",
                  shs_store_describe(tracer->store), event, detail ? ": " : "",
                  detail ? detail : "");
}

const shs_trace_t *shs_store_log_trace(request_rec *r, const shs_store_t *store)
{
    tracer_t *tracer;

    if (!APLOG_R_IS_LEVEL(r, APLOG_TRACE1)) {
        return NULL;
    }
    tracer = apr_palloc(r->pool, sizeof(*tracer));
    tracer->trace.report = log_event;
    tracer->trace.baton = tracer;
    tracer->r = r;
    tracer->store = store;
    return &tracer->trace;
}

void shs_store_log_missing_store(const request_rec *r)
{
    static volatile apr_uint32_t warned_at;

    if (shs_log_is_due(&warned_at, shs_clock_now())) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_NO_STORE
                      "SharedSession is On here, but no"
                      " SharedSessionStore is in effect for this virtual"
                      " host: add one to it or to the main server");
    }
}
