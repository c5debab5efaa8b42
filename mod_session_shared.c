/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_session_shared: an optional second module beside mod_shared_session,
 * which does not know it. It keeps the sessions of httpd's mod_session in the
 * other's store, by its optional functions (mod_shared_session.h). So Session,
 * SessionEnv, SessionHeader, SessionMaxAge and mod_auth_form work across
 * servers. Each entry of mod_session is an attribute. Only attributes that have
 * changed are written. Where SharedSession is Off, other providers apply.
 *
 * It is a module of its own because mod_session's hooks are symbols that must
 * exist when the module is loaded.
 *
 * What matters of mod_session's behaviour (modules/session/mod_session.c): it
 * calls load several times per request. It replaces an expired session by an
 * empty one that only mod_session knows. It calls save for a dirty session, and
 * where SessionMaxAge is set, for each request that has loaded one. A session
 * consists of its entries alone, so an empty session is one that has ended.
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

#include "config/log.h"
#include "mod_shared_session.h"
#include "request/control/refusal.h"
#include "request/mod_session/entry_diff.h"
#include "request/mod_session/expiry.h"
#include "request/mod_session/htaccess.h"
#include "request/mod_session/session_header.h"

APLOG_USE_MODULE(session_shared);

/* What was loaded for a client request. */
typedef struct loaded_t {
    session_rec *session;
    apr_table_t *stored;            /* the stored entries */
    apr_time_t expiry;              /* the stored one, or 0 */
    shared_session_status_e status; /* of the lookup */
    int is_stored;                  /* the session exists ... */
    int is_over;                    /* ... and has expired for mod_session, by
                                     * what the store itself has */
    int refused_with; /* the save failed, and the client gets this status; or
                          * 0 */
} loaded_t;

static APR_OPTIONAL_FN_TYPE(shared_session_find) * find;
static APR_OPTIONAL_FN_TYPE(shared_session_confirm) * confirm;
static APR_OPTIONAL_FN_TYPE(shared_session_iterate) * iterate;
static APR_OPTIONAL_FN_TYPE(shared_session_begin) * begin;
static APR_OPTIONAL_FN_TYPE(shared_session_change) * change;
static APR_OPTIONAL_FN_TYPE(shared_session_destroy) * destroy;
static APR_OPTIONAL_FN_TYPE(shared_session_expire) * expire;
static APR_OPTIONAL_FN_TYPE(shared_session_is_late) * is_late;

static void on_optional_fn_retrieve(void)
{
    find = APR_RETRIEVE_OPTIONAL_FN(shared_session_find);
    confirm = APR_RETRIEVE_OPTIONAL_FN(shared_session_confirm);
    iterate = APR_RETRIEVE_OPTIONAL_FN(shared_session_iterate);
    begin = APR_RETRIEVE_OPTIONAL_FN(shared_session_begin);
    change = APR_RETRIEVE_OPTIONAL_FN(shared_session_change);
    destroy = APR_RETRIEVE_OPTIONAL_FN(shared_session_destroy);
    expire = APR_RETRIEVE_OPTIONAL_FN(shared_session_expire);
    is_late = APR_RETRIEVE_OPTIONAL_FN(shared_session_is_late);
}

/* Subrequests and redirects share what their client request has loaded. */
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

/* Entries are strings: a value that contains a NUL is skipped. */
static int take_attribute(void *data, const char *name, const char *value,
                          apr_size_t len)
{
    loaded_t *loaded = data;

    if (!strcmp(name, SHS_EXPIRY_ATTRIBUTE)) {
        loaded->expiry = apr_atoi64(value);
    }
    else if (strlen(value) == len && strcmp(name, SHS_EXPIRY_ENTRY)) {
        apr_table_set(loaded->stored, name, value);
    }
    return 1;
}

/* Reads the session that find() or confirm() has found, and whether it is
 * over. */
static void read_session(loaded_t *loaded, request_rec *r)
{
    apr_table_clear(loaded->stored);
    loaded->expiry = 0;
    loaded->is_stored = loaded->status == SHARED_SESSION_FOUND
                        || loaded->status == SHARED_SESSION_STALE;
    iterate(r, take_attribute, loaded);
    loaded->is_over = loaded->expiry != 0 && loaded->expiry < apr_time_now();
}

/* Returns NULL if it is not known whether the session is over. */
static loaded_t *load(request_rec *r, shared_session_status_e status)
{
    apr_pool_t *p = first_of(r)->pool;
    loaded_t *loaded = apr_pcalloc(p, sizeof(*loaded));
    session_rec *session = apr_pcalloc(p, sizeof(*session));

    loaded->status = status;
    loaded->session = session;
    loaded->stored = apr_table_make(p, 8);
    read_session(loaded, r);
    if (loaded->is_over) {
        /* The near-cache may have an expiry that another host has extended. */
        loaded->status = confirm(r);
        if (loaded->status == SHARED_SESSION_UNAVAILABLE) {
            return NULL;
        }
        read_session(loaded, r);
    }
    session->pool = p;
    /* mod_session would replace an expired session by another one that this
     * module does not know, and pass that to save. */
    session->entries = loaded->is_over ? apr_table_make(p, 8)
                                       : apr_table_copy(p, loaded->stored);
    session->expiry = loaded->is_over ? 0 : loaded->expiry;
    session->dirty = loaded->is_over; /* makes mod_session call save, which ends
                                       * it */
    ap_set_module_config(first_of(r)->request_config, &session_shared_module,
                         loaded);
    return loaded;
}

static apr_status_t on_session_load(request_rec *r, session_rec **session)
{
    loaded_t *loaded = loaded_of(r);

    if (!find || !expire) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_GLUE "mod_session_shared needs"
                                   " mod_shared_session: add its LoadModule");
        return DECLINED;
    }
    if (!loaded) {
        shared_session_status_e status = find(r);

        if (status == SHARED_SESSION_OFF) {
            return DECLINED;
        }
        if (status == SHARED_SESSION_UNAVAILABLE) {
            return HTTP_SERVICE_UNAVAILABLE;
        }
        loaded = load(r, status);
        if (!loaded) {
            return HTTP_SERVICE_UNAVAILABLE;
        }
    }
    /* Otherwise mod_session would decode again what it has encoded for
     * SessionEnv, and lose what was set since. */
    loaded->session->encoded = NULL;
    *session = loaded->session;
    return OK;
}

/* -------------------------------------------------------------------- save */

/* Updates an existing session. A login gets a new id, so that a fixated id
 * leads to no session. */
static shared_session_result_e update(request_rec *r, const loaded_t *loaded,
                                      const session_rec *session)
{
    shared_session_result_e result = SHARED_SESSION_DONE;
    shs_entry_diff_t diff;

    shs_entry_diff_compute(&diff, loaded->stored, session->entries, r->pool);
    if (apr_is_empty_table(diff.set) && diff.unset->nelts == 0
        && !shs_expiry_is_due(session, loaded->expiry)) {
        return SHARED_SESSION_DONE;
    }
    shs_expiry_set(diff.set, session, loaded->expiry);
    if (!diff.is_login || apr_is_empty_table(diff.set)) {
        return change(r, diff.set, diff.unset);
    }
    result = begin(r, diff.set);
    return result == SHARED_SESSION_DONE && diff.unset->nelts > 0
               ? change(r, NULL, diff.unset)
               : result;
}

/* Ends a session that is over, unless another request has extended it since it
 * was loaded. The others that the cookies lead to end only if a new session
 * takes its place: a cookie that precedes the new one would hide it. */
static shared_session_result_e replace_over(request_rec *r, int is_empty)
{
    shared_session_result_e result = expire(r);

    if (result == SHARED_SESSION_CONFLICT && is_empty) {
        return SHARED_SESSION_DONE;
    }
    return !is_empty
                   && (result == SHARED_SESSION_DONE
                       || result == SHARED_SESSION_GONE)
               ? destroy(r)
               : result;
}

/* A program that has set a session and leaves it empty ends what its id leads
 * to, even if the program could not be shown it. */
static shared_session_result_e store(request_rec *r, const loaded_t *loaded,
                                     const session_rec *session)
{
    shared_session_result_e result = SHARED_SESSION_DONE;
    int is_empty = apr_is_empty_table(session->entries);
    int is_unseen = loaded->status == SHARED_SESSION_ABSENT
                    || loaded->status == SHARED_SESSION_MALFORMED;

    if (loaded->is_stored && !is_empty && !loaded->is_over) {
        return update(r, loaded, session);
    }
    if (loaded->is_over) {
        result = replace_over(r, is_empty);
    }
    else if ((loaded->is_stored || is_unseen) && is_empty && session->dirty) {
        result = destroy(r);
    }
    if (!is_empty
        && (result == SHARED_SESSION_DONE || result == SHARED_SESSION_GONE)) {
        apr_table_t *all = apr_table_copy(r->pool, session->entries);

        shs_expiry_set(all, session, loaded->expiry);
        result = begin(r, all);
    }
    return result;
}

/* Whether a failed save may be ignored: no entry has changed, or the session
 * that was not ended has expired anyway. */
static int loses_nothing(const loaded_t *loaded, const session_rec *session)
{
    shs_entry_diff_t diff;

    shs_entry_diff_compute(&diff, loaded->stored, session->entries,
                           session->pool);
    return apr_is_empty_table(diff.set)
           && (diff.unset->nelts == 0 || loaded->is_over)
           && !(loaded->status == SHARED_SESSION_MALFORMED && session->dirty);
}

static shared_session_result_e save(request_rec *r, const loaded_t *loaded,
                                    const session_rec *session)
{
    shared_session_result_e result = SHARED_SESSION_FORBIDDEN;
    int by_htaccess = shs_htaccess_configures_login(first_of(r));

    if (!by_htaccess) {
        result = store(r, loaded, session);
    }
    if (result == SHARED_SESSION_FORBIDDEN && loses_nothing(loaded, session)) {
        return SHARED_SESSION_DONE;
    }
    if (result == SHARED_SESSION_NO_ANSWER && loaded->is_stored
        && !loaded->is_over && !apr_is_empty_table(session->entries)
        && loses_nothing(loaded, session)) {
        /* Only the expiry was to be written. A later request will do it. */
        return SHARED_SESSION_DONE;
    }
    if (by_htaccess) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_UNTRUSTED
                      "mod_session's session is not saved: .htaccess has"
                      " directives of mod_session or of authentication, which"
                      " only the server's configuration may have here");
    }
    return result;
}

/* mod_session sends the response even if the save fails. This filter stops it,
 * so that no client gets a page of a login or logout that was not saved. */
static ap_filter_rec_t *refusal;

static apr_status_t refuse(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    ap_remove_output_filter(f);
    apr_brigade_cleanup(brigade);
    shs_refusal_send(f->r, loaded_of(f->r)->refused_with);
    return AP_FILTER_ERROR;
}

static void log_late(request_rec *r)
{
    static volatile apr_uint32_t is_logged;
    int level = shs_log_level_once(&is_logged);

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_GLUE "mod_session's session was not saved, and the"
                               " client cannot be told: headers of a response"
                               " were sent before");
}

/* mod_session saves for each request of a redirect chain; the session of the
 * client request is saved once. */
static apr_status_t on_session_save(request_rec *r, session_rec *session)
{
    loaded_t *loaded = loaded_of(r);
    shared_session_result_e result;

    if (!loaded || loaded->session != session) {
        return DECLINED;
    }
    /* The error page would trigger a save as well. */
    if (loaded->refused_with) {
        return OK;
    }
    apr_table_unset(session->entries, SHS_EXPIRY_ENTRY);
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
    shs_htaccess_note_subrequest(first_of(r), r);
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
    /* After mod_session's filter, which saves, and before the headers leave. */
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
