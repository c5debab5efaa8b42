/* SPDX-License-Identifier: Apache-2.0 */
#include "request/session_ops.h"

#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "config/log.h"
#include "request/client_request.h"
#include "request/expose/expose.h"
#include "request/headers_sent.h"
#include "request/lookup/end.h"
#include "request/lookup/expire.h"
#include "request/lookup/other_sessions.h"
#include "request/response_cookies.h"
#include "session/id/set_cookie.h"

APLOG_USE_MODULE(shared_session);

/* As mod_ssl.h declares it. */
APR_DECLARE_OPTIONAL_FN(int, ssl_is_https, (conn_rec *));

static int is_served(const request_rec *r)
{
    return shs_settings_of(r)->enabled.value && r->method_number != M_TRACE
           && shs_settings_of_server(r->server)->store;
}

const shs_lookup_t *shs_session_ops_find(request_rec *r)
{
    if (!is_served(r)) {
        return NULL;
    }
    if (!shs_client_request_context_of(r)) {
        shs_client_request_create_context(r);
    }
    return shs_client_request_load_and_touch(r);
}

const shs_lookup_t *shs_session_ops_find_with_ttl(request_rec *r)
{
    if (!shs_session_ops_find(r)) {
        return NULL;
    }
    shs_client_request_of(r)->needs_ttl = 1;
    return shs_client_request_load_and_touch(r);
}

/* The session was written: the next use repeats the lookup by that id. NULL:
 * the session has ended. */
static void mark_outdated(request_rec *r, const shs_session_id_t *sid)
{
    shs_client_request_t *client_request =
        shs_client_request_context_of(r)->client_request;
    shs_scope_t scope = shs_client_request_scope_of(r);
    shs_memo_t *memo = shs_client_request_find_memo(client_request, &scope);
    const shs_lookup_t *old = memo->lookup;

    client_request->is_private = 1;
    memo->is_outdated = sid != NULL;
    if (sid) {
        memo->sid = *sid;
    }
    else {
        memo->lookup =
            shs_lookup_create_ended(&scope, old->has_sid ? &old->sid : NULL);
    }
}

void shs_session_ops_update_exposure(request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);

    if (context && context->settings) {
        shs_expose_withdraw(r, context->settings, context->lookup);
        context->lookup = shs_session_ops_find(r);
        shs_expose_apply(r, context->settings, context->lookup);
    }
}

const shs_lookup_t *shs_session_ops_confirm(request_rec *r)
{
    const shs_lookup_t *found = shs_session_ops_find(r);
    const shs_lookup_t *confirmed =
        found ? shs_client_request_confirm(r) : NULL;

    if (confirmed && confirmed != found) {
        shs_session_ops_update_exposure(r);
    }
    return confirmed;
}

static int is_tls(const request_rec *r)
{
    APR_OPTIONAL_FN_TYPE(ssl_is_https) *is_https =
        APR_RETRIEVE_OPTIONAL_FN(ssl_is_https);

    return is_https && is_https(r->connection);
}

/* Sets the cookie of the n-th name to an id; NULL: removes it. */
static void set_cookie(request_rec *r, int n, const shs_session_id_t *sid)
{
    const shs_cookie_options_t *options =
        &shs_settings_of(r)->cookie_options.value;
    shs_octets_t value = { NULL, 0 };

    if (sid) {
        value = shs_session_id_octets(sid);
    }
    shs_response_cookies_set(r, shs_set_cookie_format(&options->cookie,
                                                      options->names[n], value,
                                                      is_tls(r), r->pool));
}

/* Removes the cookies of these names (bit n: the n-th). */
static void expire_cookies(request_rec *r, apr_uint32_t names)
{
    const char *const *all = shs_settings_of(r)->cookie_options.value.names;
    int i;

    for (i = 0; all[i]; ++i) {
        if (names & (apr_uint32_t)1 << i) {
            set_cookie(r, i, NULL);
        }
    }
}

static void log_change(request_rec *r, const char *what,
                       const shs_written_t *written,
                       const shs_session_id_t *sid)
{
    char label[SHS_SESSION_ID_LABEL_SIZE];

    if (!APLOGrinfo(r)) {
        return;
    }
    if (written->status != SHS_WROTE_DONE) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_UNWRITTEN "the session was not %s: %s", what,
                      written->reason);
        return;
    }
    shs_session_id_label(label, sid);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  SHS_TAG_CHANGED "the session was %s (id %s)", what, label);
}

static shs_written_t refuse(request_rec *r, int level, shs_wrote_t status,
                            const char *reason)
{
    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_FORBIDDEN "the session is not written: %s", reason);
    return shs_writer_written(status, reason);
}

/* The result of any write but an end, where a framework owns the sessions. A
 * client can cause it with each request. */
static shs_written_t refuse_foreign(request_rec *r)
{
    static volatile apr_uint32_t logged_at;
    int level =
        shs_log_is_due(&logged_at, shs_clock_now()) ? APLOG_ERR : APLOG_DEBUG;

    return refuse(r, level, SHS_WROTE_FOREIGN,
                  "the sessions of this place belong to another program, as its"
                  " format, its cookie or SharedSessionProfile says");
}

/* Whether an id that this module creates would be refused here, because a
 * framework makes the ids of this place. */
static int has_foreign_ids(request_rec *r)
{
    const shs_cookie_options_t *options =
        &shs_settings_of(r)->cookie_options.value;

    return shs_settings_is_foreign(shs_settings_of(r))
           || !shs_id_steps_accept_own(&options->steps);
}

/* The result of a write as far as r's place and the lookup determine it; DONE:
 * go on. */
static shs_written_t check_place(request_rec *r, const shs_lookup_t *lookup)
{
    if (!lookup) {
        return shs_writer_written(
            SHS_WROTE_GONE, "SharedSession is Off here, or there is no store");
    }
    if (shs_settings_of(r)->granted.value) {
        return shs_writer_check_lookup(lookup);
    }
    return refuse(r, APLOG_ERR, SHS_WROTE_FORBIDDEN,
                  "only .htaccess has SharedSession On here, but the server's"
                  " configuration must have it");
}

/* Sends the new id to the client, and updates the request. */
static void adopt_sid(request_rec *r, const shs_written_t *written)
{
    if (written->status == SHS_WROTE_DONE) {
        set_cookie(r, 0, &written->sid);
        mark_outdated(r, &written->sid);
    }
}

static shs_written_t create(request_rec *r, const shs_change_t *change)
{
    shs_scope_t scope = shs_client_request_scope_of(r);
    shs_written_t written = shs_writer_create(&scope, change);

    adopt_sid(r, &written);
    log_change(r, "created", &written, &written.sid);
    return written;
}

static shs_written_t rotate(request_rec *r, const shs_lookup_t *lookup,
                            const shs_change_t *change)
{
    shs_scope_t scope = shs_client_request_scope_of(r);
    apr_uint32_t names;
    shs_written_t written = shs_other_sessions_end(&names, &scope, lookup, 0);

    if (written.status == SHS_WROTE_DONE) {
        written = shs_writer_rotate(&scope, lookup, change);
    }
    adopt_sid(r, &written);
    log_change(r, "rotated", &written, &written.sid);
    return written;
}

static shs_written_t change_session(request_rec *r, const shs_lookup_t *lookup,
                                    const shs_change_t *change)
{
    shs_scope_t scope = shs_client_request_scope_of(r);
    shs_written_t written = shs_writer_change(&scope, lookup, change);

    if (written.status == SHS_WROTE_DONE) {
        mark_outdated(r, &lookup->sid);
    }
    log_change(r, "changed", &written, &lookup->sid);
    return written;
}

/* Ends the session that was found, and the others with it. */
static shs_written_t end_found(apr_uint32_t *names, const shs_scope_t *scope,
                               const shs_lookup_t *lookup)
{
    shs_written_t written = shs_other_sessions_end(names, scope, lookup, 1);

    if (written.status == SHS_WROTE_DONE) {
        written = shs_end_session(scope, lookup);
        *names |= 1;
    }
    return written;
}

/* `written` tells what the lookup determines. If no id leads to a session, for
 * instance because the session has another id by now, or if it cannot be read,
 * the client ends logged out all the same: the record is removed, and the
 * client loses its cookie. */
static shs_written_t end(request_rec *r, const shs_lookup_t *lookup,
                         shs_written_t written)
{
    shs_scope_t scope = shs_client_request_scope_of(r);
    apr_uint32_t found = 0, unfound = 0;

    if (written.status == SHS_WROTE_DONE) {
        written = end_found(&found, &scope, lookup);
    }
    if (written.status == SHS_WROTE_GONE
        || written.status == SHS_WROTE_MALFORMED) {
        written = shs_other_sessions_end_unfound(&unfound, &scope, lookup);
    }
    if (written.status == SHS_WROTE_DONE || written.status == SHS_WROTE_GONE) {
        expire_cookies(r, found | unfound);
    }
    if (written.status == SHS_WROTE_DONE) {
        mark_outdated(r, NULL);
    }
    log_change(r, "ended", &written, &lookup->sid);
    return written;
}

int shs_session_ops_is_late(request_rec *r)
{
    const shs_client_request_t *client_request = shs_client_request_of(r);

    if (client_request) {
        return client_request->has_left;
    }
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return shs_headers_sent_by(r);
}

static shs_written_t refuse_late(request_rec *r)
{
    shs_written_t written = shs_writer_written(
        SHS_WROTE_LATE, "the headers of a response were sent before, so the"
                        " client would not get the new id");

    log_change(r, "given a new id", &written, NULL);
    return written;
}

/* After the headers were sent, the client would not get the new id, and would
 * lose the session with the old one. */
static shs_written_t rotate_if_in_time(request_rec *r,
                                       const shs_change_t *change)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);
    shs_written_t written = check_place(r, lookup);

    if (lookup && has_foreign_ids(r)) {
        return refuse_foreign(r);
    }
    if (lookup && written.status != SHS_WROTE_FORBIDDEN
        && shs_session_ops_is_late(r)) {
        return refuse_late(r);
    }
    return written.status == SHS_WROTE_DONE ? rotate(r, lookup, change)
                                            : written;
}

/* A new session replaces one that another request has ended or rotated
 * meanwhile, and one that cannot be read. */
shs_written_t shs_session_ops_begin(request_rec *r, const shs_change_t *change)
{
    shs_written_t written = rotate_if_in_time(r, change);

    switch (written.status) {
    case SHS_WROTE_GONE:
    case SHS_WROTE_ROTATED:
    case SHS_WROTE_MALFORMED:
        return is_served(r) ? create(r, change) : written;
    case SHS_WROTE_DONE:
    case SHS_WROTE_CONFLICT:
    case SHS_WROTE_INVALID:
    case SHS_WROTE_TOO_LARGE:
    case SHS_WROTE_FORBIDDEN:
    case SHS_WROTE_FOREIGN:
    case SHS_WROTE_LATE:
    case SHS_WROTE_UNAVAILABLE:
        break;
    }
    return written;
}

shs_written_t shs_session_ops_rotate(request_rec *r, const shs_change_t *change)
{
    return rotate_if_in_time(r, change);
}

shs_written_t shs_session_ops_change(request_rec *r, const shs_change_t *change)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);
    shs_written_t written = check_place(r, lookup);

    if (lookup && shs_settings_is_foreign(shs_settings_of(r))) {
        return refuse_foreign(r);
    }
    return written.status == SHS_WROTE_DONE ? change_session(r, lookup, change)
                                            : written;
}

shs_written_t shs_session_ops_end(request_rec *r)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);
    shs_written_t written = check_place(r, lookup);

    if (written.status == SHS_WROTE_FORBIDDEN
        || written.status == SHS_WROTE_UNAVAILABLE || !lookup
        || lookup->outcome == SHS_OUTCOME_NONE) {
        return written;
    }
    return end(r, lookup, written);
}

/* Leaves the cookie as it is, as a session does that ends by the expiry of its
 * key: another path's cookie may lead to another session. */
shs_written_t shs_session_ops_expire(request_rec *r)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);
    shs_written_t written = check_place(r, lookup);

    if (written.status == SHS_WROTE_DONE) {
        shs_scope_t scope = shs_client_request_scope_of(r);

        written = shs_expire_session(&scope, lookup);
        if (written.status == SHS_WROTE_DONE) {
            mark_outdated(r, NULL);
        }
        log_change(r, "ended", &written, &lookup->sid);
    }
    return written;
}
