/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_session_shared: httpd's own mod_session keeps its sessions where
 * mod_shared_session has them, so that Session, SessionEnv, SessionHeader,
 * SessionMaxAge and mod_auth_form work across servers. Each entry of mod_session
 * is an attribute; what has changed is written, nothing else.
 *
 * A module of its own, because the hooks of mod_session are symbols that must be
 * there when it is loaded. It knows mod_shared_session only by the optional
 * functions of its header. Where SharedSession is Off it leaves sessions to
 * other providers.
 *
 * mod_session's ways that matter here (modules/session/mod_session.c): load is
 * called several times a request; a session whose time is over is thrown away
 * for an empty one that only mod_session knows; save is called for what is dirty,
 * and where SessionMaxAge is set for every request that has loaded one; entries
 * are all there is, so an empty one is a session that has ended.
 */
#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_session.h>
#include <util_filter.h>

#include "mod_shared_session.h"
#include "request/entry_diff.h"
#include "request/htaccess.h"
#include "request/log.h"
#include "request/refusal.h"
#include "request/session_header.h"

APLOG_USE_MODULE(session_shared);

/* The attribute with mod_session's own expiry, microseconds since the epoch. */
#define EXPIRY "mod_session-expiry"

/* When mod_session encodes a session, for SessionEnv and before each save, it
 * puts the expiry among the entries, by this name. It is none. */
#define ENCODED_EXPIRY "expiry"

/* How much later than stored an expiry must be to be worth a write: this, or
 * half of SessionMaxAge. */
#define EXPIRY_EVERY apr_time_from_sec(60)

/* What was loaded for a client's request. */
typedef struct loaded_t {
    session_rec *session;
    apr_table_t *was;  /* entries as they are stored */
    apr_time_t expiry; /* as it is stored, or 0 */
    shared_session_status_e is;
    int is_stored;    /* there is a session ... */
    int is_over;      /* ... whose time, by mod_session, is over */
    int refused_with; /* it could not be saved, and the client gets this
                       * status; or 0 */
} loaded_t;

static APR_OPTIONAL_FN_TYPE(shared_session_find) * find;
static APR_OPTIONAL_FN_TYPE(shared_session_iterate) * iterate;
static APR_OPTIONAL_FN_TYPE(shared_session_begin) * begin;
static APR_OPTIONAL_FN_TYPE(shared_session_change) * change;
static APR_OPTIONAL_FN_TYPE(shared_session_destroy) * destroy;
static APR_OPTIONAL_FN_TYPE(shared_session_is_late) * is_late;

static void on_optional_fn_retrieve(void)
{
    find = APR_RETRIEVE_OPTIONAL_FN(shared_session_find);
    iterate = APR_RETRIEVE_OPTIONAL_FN(shared_session_iterate);
    begin = APR_RETRIEVE_OPTIONAL_FN(shared_session_begin);
    change = APR_RETRIEVE_OPTIONAL_FN(shared_session_change);
    destroy = APR_RETRIEVE_OPTIONAL_FN(shared_session_destroy);
    is_late = APR_RETRIEVE_OPTIONAL_FN(shared_session_is_late);
}

/* Subrequests and redirects share what their client's request has loaded. */
static request_rec *first_of(request_rec *r)
{
    while (r->prev || r->main) {
        r = r->prev ? r->prev : r->main;
    }
    return r;
}

static loaded_t *loaded_of(request_rec *r)
{
    return ap_get_module_config(first_of(r)->request_config,
                                &session_shared_module);
}

/* -------------------------------------------------------------------- load */

/* Entries are strings: what holds a NUL is none. */
static int take_attribute(void *data, const char *name, const char *value,
                          apr_size_t len)
{
    loaded_t *loaded = data;

    if (!strcmp(name, EXPIRY)) {
        loaded->expiry = apr_atoi64(value);
    }
    else if (strlen(value) == len && strcmp(name, ENCODED_EXPIRY)) {
        apr_table_set(loaded->was, name, value);
    }
    return 1;
}

static loaded_t *load(request_rec *r)
{
    apr_pool_t *p = first_of(r)->pool;
    loaded_t *loaded = apr_pcalloc(p, sizeof(*loaded));
    session_rec *session = apr_pcalloc(p, sizeof(*session));

    loaded->is = find(r);
    loaded->session = session;
    loaded->was = apr_table_make(p, 8);
    loaded->is_stored = loaded->is == SHARED_SESSION_FOUND
                        || loaded->is == SHARED_SESSION_STALE;
    iterate(r, take_attribute, loaded);
    loaded->is_over = loaded->expiry != 0 && loaded->expiry < apr_time_now();
    session->pool = p;
    /* mod_session would replace one that is over by another that we do not
     * know, and hand us that to be saved. */
    session->entries =
        loaded->is_over ? apr_table_make(p, 8) : apr_table_copy(p, loaded->was);
    session->expiry = loaded->is_over ? 0 : loaded->expiry;
    session->dirty = loaded->is_over; /* to be asked to save it: it ends */
    ap_set_module_config(first_of(r)->request_config, &session_shared_module,
                         loaded);
    return loaded;
}

static apr_status_t on_session_load(request_rec *r, session_rec **session)
{
    loaded_t *loaded = loaded_of(r);

    if (!find || !is_late) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_GLUE "mod_session_shared needs"
                                   " mod_shared_session: add its LoadModule");
        return DECLINED;
    }
    if (!loaded) {
        switch (find(r)) {
        case SHARED_SESSION_OFF:
            return DECLINED;
        case SHARED_SESSION_UNAVAILABLE:
            return HTTP_SERVICE_UNAVAILABLE;
        case SHARED_SESSION_FOUND:
        case SHARED_SESSION_STALE:
        case SHARED_SESSION_NONE:
        case SHARED_SESSION_ABSENT:
        case SHARED_SESSION_MALFORMED:
            break;
        }
        loaded = load(r);
    }
    /* What mod_session has encoded for SessionEnv it would decode again, over
     * what was set since. */
    loaded->session->encoded = NULL;
    *session = loaded->session;
    return OK;
}

/* -------------------------------------------------------------------- save */

/* mod_session moves the expiry at each request: not each time it is written. */
static int is_expiry_due(const loaded_t *loaded, const session_rec *session)
{
    apr_interval_time_t half = apr_time_from_sec(session->maxage) / 2;
    apr_interval_time_t step =
        half > 0 && half < EXPIRY_EVERY ? half : EXPIRY_EVERY;

    return session->expiry != 0 && session->expiry - loaded->expiry >= step;
}

static void set_expiry(apr_table_t *set, const session_rec *session)
{
    if (session->expiry != 0) {
        apr_table_setn(
            set, EXPIRY,
            apr_psprintf(session->pool, "%" APR_TIME_T_FMT, session->expiry));
    }
}

/* A login gets a new id, so that an id that was planted leads to none. */
static shared_session_result_e update(request_rec *r, const loaded_t *loaded,
                                      const session_rec *session)
{
    shared_session_result_e result = SHARED_SESSION_DONE;
    shs_entry_diff_t diff;

    shs_entry_diff_compute(&diff, loaded->was, session->entries, r->pool);
    if (apr_is_empty_table(diff.set) && diff.unset->nelts == 0
        && !is_expiry_due(loaded, session)) {
        return SHARED_SESSION_DONE;
    }
    set_expiry(diff.set, session);
    if (!diff.is_login || apr_is_empty_table(diff.set)) {
        return change(r, diff.set, diff.unset);
    }
    result = begin(r, diff.set);
    return result == SHARED_SESSION_DONE && diff.unset->nelts > 0
               ? change(r, NULL, diff.unset)
               : result;
}

/* A program that leaves empty what it has set ends what its id leads to, also
 * what it could not be shown. */
static shared_session_result_e store(request_rec *r, const loaded_t *loaded,
                                     const session_rec *session)
{
    shared_session_result_e result = SHARED_SESSION_DONE;
    int is_empty = apr_is_empty_table(session->entries);
    int is_unseen = loaded->is == SHARED_SESSION_ABSENT
                    || loaded->is == SHARED_SESSION_MALFORMED;

    if (loaded->is_stored && !is_empty && !loaded->is_over) {
        return update(r, loaded, session);
    }
    if (loaded->is_stored || (is_unseen && is_empty && session->dirty)) {
        result = destroy(r);
    }
    if (!is_empty
        && (result == SHARED_SESSION_DONE || result == SHARED_SESSION_GONE)) {
        apr_table_t *all = apr_table_copy(r->pool, session->entries);

        set_expiry(all, session);
        result = begin(r, all);
    }
    return result;
}

/* Whether nothing of it has to be told when it is not saved: no entry has
 * changed, or what was over is not ended. */
static int is_nothing_lost(const loaded_t *loaded, const session_rec *session)
{
    shs_entry_diff_t diff;

    shs_entry_diff_compute(&diff, loaded->was, session->entries, session->pool);
    return apr_is_empty_table(diff.set)
           && (diff.unset->nelts == 0 || loaded->is_over)
           && !(loaded->is == SHARED_SESSION_MALFORMED && session->dirty);
}

static shared_session_result_e save(request_rec *r, const loaded_t *loaded,
                                    const session_rec *session)
{
    shared_session_result_e result = SHARED_SESSION_FORBIDDEN;
    int is_said = shs_htaccess_says_logins(first_of(r));

    if (!is_said) {
        result = store(r, loaded, session);
    }
    if (result == SHARED_SESSION_FORBIDDEN
        && is_nothing_lost(loaded, session)) {
        return SHARED_SESSION_DONE;
    }
    if (is_said) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_UNTRUSTED
                      "mod_session's session is not saved: .htaccess has"
                      " directives of mod_session or of authentication, which"
                      " only the server's configuration may have here");
    }
    return result;
}

/* mod_session lets the answer go out all the same when it cannot save: here it
 * ends, so that nobody believes to be logged in, or out. */
static ap_filter_rec_t *refusal;

static apr_status_t refuse(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    ap_remove_output_filter(f);
    apr_brigade_cleanup(brigade);
    shs_refusal_answer(f->r, loaded_of(f->r)->refused_with);
    return AP_FILTER_ERROR;
}

static void log_late(request_rec *r)
{
    static volatile apr_uint32_t is_told;
    int level = shs_log_level_once(&is_told);

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_GLUE "mod_session's session was not saved, and the"
                               " client cannot be told: headers of a response"
                               " were sent before");
}

/* mod_session saves for the whole chain of redirects; what stands for the
 * client's request is saved once. */
static apr_status_t on_session_save(request_rec *r, session_rec *session)
{
    loaded_t *loaded = loaded_of(r);
    shared_session_result_e result;

    if (!loaded || loaded->session != session) {
        return DECLINED;
    }
    /* The page that says so would be saved for too. */
    if (loaded->refused_with) {
        return OK;
    }
    apr_table_unset(session->entries, ENCODED_EXPIRY);
    result = save(r, loaded, session);
    if (result == SHARED_SESSION_DONE || result == SHARED_SESSION_GONE) {
        return OK;
    }
    if (is_late(r)) {
        log_late(r);
        return OK;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  SHS_TAG_GLUE "mod_session's session was not saved");
    loaded->refused_with = result == SHARED_SESSION_FORBIDDEN
                                   || result == SHARED_SESSION_UNREADABLE
                               ? HTTP_INTERNAL_SERVER_ERROR
                               : HTTP_SERVICE_UNAVAILABLE;
    while (r->next) {
        r = r->next;
    }
    ap_add_output_filter_handle(refusal, NULL, r, r->connection);
    return loaded->refused_with;
}

static int on_fixups(request_rec *r)
{
    shs_htaccess_note(first_of(r), r);
    return DECLINED;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_config(shs_session_header_on_pre_config, NULL, NULL,
                       APR_HOOK_MIDDLE);
    ap_hook_post_read_request(shs_session_header_on_post_read_request, NULL,
                              NULL, APR_HOOK_FIRST);
    ap_hook_fixups(on_fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_optional_fn_retrieve(on_optional_fn_retrieve, NULL, NULL,
                                 APR_HOOK_MIDDLE);
    /* Behind mod_session's filter, which saves, and before headers leave. */
    refusal = ap_register_output_filter("SESSION_SHARED_REFUSAL", refuse, NULL,
                                        AP_FTYPE_CONTENT_SET);
    shs_refusal_register("SESSION_SHARED_SINK");
    ap_hook_session_load(on_session_load, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_session_save(on_session_save, NULL, NULL, APR_HOOK_MIDDLE);
}

static const command_rec directives[] = { SHS_SESSION_HEADER_DIRECTIVE,
                                          { NULL } };

module AP_MODULE_DECLARE_DATA session_shared_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, directives, register_hooks,
};
