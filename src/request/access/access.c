/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/access.h"

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/log.h"
#include "request/access/authz.h"
#include "request/access/expression.h"
#include "request/access/login.h"
#include "request/access/navigation.h"
#include "request/access/user.h"
#include "request/client_request.h"
#include "request/control/refusal.h"
#include "request/flow.h"
#include "request/response_filter.h"
#include "request/session_ops.h"

APLOG_USE_MODULE(shared_session);

#define UNAVAILABLE "a decision about the request depends on the session"

void shs_access_register(apr_pool_t *p)
{
    shs_authz_register(p);
    shs_expression_register();
    shs_login_register();
}

/* The state of a request in a place with sessions. NULL: there are none, or the
 * hooks of other modules are running. */
static shs_access_t *state_of(const request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);

    return context && !context->access.is_inner
                   && shs_settings_of(r)->enabled.value
               ? &context->access
               : NULL;
}

/* ------------------------------------------------------------------ answers */

/* No cache may store the answer. A subrequest's headers are sent if mod_dir
 * makes its answer that of a folder; its status may be sent without them. */
static int forbid_caching(request_rec *r, int status)
{
    shs_client_request_context_of(r)->client_request->is_unstorable = 1;
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    apr_table_mergen(r->err_headers_out, "Vary", "Cookie");
    return status;
}

/* What another module has prepared for its own answer. */
static void drop_answer(request_rec *r)
{
    apr_table_unset(r->headers_out, "Location");
    apr_table_unset(r->err_headers_out, "Location");
    apr_table_unset(r->err_headers_out, "WWW-Authenticate");
    apr_table_unset(r->err_headers_out, "Proxy-Authenticate");
}

/* TRACE sees no session, so nothing that depends on one can be decided. */
static int answer_unavailable(request_rec *r)
{
    drop_answer(r);
    if (r->method_number == M_TRACE) {
        return forbid_caching(r, HTTP_METHOD_NOT_ALLOWED);
    }
    shs_flow_deny(r, UNAVAILABLE);
    return forbid_caching(r, HTTP_SERVICE_UNAVAILABLE);
}

static int answer_without_session(request_rec *r)
{
    const request_rec *first =
        shs_client_request_context_of(r)->client_request->first;
    int status;

    drop_answer(r);
    status = shs_login_require(r, first, shs_settings_of(r));
    apr_table_mergen(r->err_headers_out, "Vary", SHS_NAVIGATION_VARY);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  SHS_TAG_ACCESS "answered %d: no session that would do",
                  status);
    return forbid_caching(r, status);
}

static int answer_forbidden(request_rec *r)
{
    const char *page = shs_settings_of(r)->forbidden.value;

    if (page && !r->main) {
        ap_custom_response(r, HTTP_FORBIDDEN, page);
    }
    return forbid_caching(r, HTTP_FORBIDDEN);
}

/* ---------------------------------------------------------------- decisions */

typedef int (*run_fn)(request_rec *r);

/* Runs one hook of all other modules. After a refusal, an expression decides no
 * more than the text of an ErrorDocument. */
static int run_others(request_rec *r, shs_access_t *access, run_fn run)
{
    int status;

    access->is_inner = 1;
    status = run(r);
    access->is_inner = 0;
    access->is_settled |= status != OK && status != DECLINED;
    return status;
}

/* Whether the store's silence makes the others' status worthless. */
static int is_unavailable(const shs_access_t *access, int status)
{
    return access->is_void
           || (access->is_undecided && status != OK && status != DECLINED);
}

/* Whether the session has opened the place, or a part of the page. */
static int is_opened(const request_rec *r)
{
    const shs_request_context_t *context = shs_client_request_context_of(r);

    return context->client_request->is_opened
           || (context->access.user
               && shs_user_auth_of(r) == SHS_USER_AUTH_OURS);
}

/* An expression cannot say whether a login would help. A place where people log
 * in by the session means that it does. */
static int login_helps(const request_rec *r)
{
    return shs_settings_of(r)->login.value
           || shs_user_auth_of(r) == SHS_USER_AUTH_OURS;
}

/* DECLINED: an authentication may help, and follows. */
int shs_access_on_check_access_ex(request_rec *r)
{
    shs_access_t *access = state_of(r);
    int status;

    if (!access) {
        return DECLINED;
    }
    status = run_others(r, access, ap_run_access_checker_ex);
    if (is_unavailable(access, status)) {
        return answer_unavailable(r);
    }
    if (status != HTTP_FORBIDDEN) {
        return status;
    }
    if (access->saw_none && login_helps(r)) {
        return answer_without_session(r);
    }
    return access->is_refused || access->user || is_opened(r)
               ? answer_forbidden(r)
               : forbid_caching(r, status);
}

/* AuthType SharedSession: whether the session is that of a user. */
static int authenticate(request_rec *r, shs_access_t *access)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);

    if (r->user) {
        return OK;
    }
    if (lookup && lookup->outcome == SHS_OUTCOME_UNAVAILABLE
        && !shs_settings_of(r)->decides_without.value) {
        access->is_undecided = 1;
        return HTTP_UNAUTHORIZED;
    }
    access->lacks_session = 1;
    return HTTP_UNAUTHORIZED;
}

/* Whether the session is the only login of the place. */
static int is_only_login(const request_rec *r, const shs_access_t *access)
{
    shs_user_auth_t auth = shs_user_auth_of(r);

    return auth == SHS_USER_AUTH_OURS
           || (auth == SHS_USER_AUTH_NONE
               && (access->lacks_session || access->is_undecided
                   || shs_settings_of(r)->user.value));
}

/* Whether a person who needs a session for the place may rather log in there
 * than by the place's own AuthType. */
static int prefers_login_page(const request_rec *r, const shs_access_t *access)
{
    return access->lacks_session
           && !apr_table_get(r->headers_in, "Authorization")
           && shs_login_redirects(
               shs_client_request_context_of(r)->client_request->first,
               shs_settings_of(r));
}

int shs_access_on_check_authn(request_rec *r)
{
    shs_access_t *access = state_of(r);
    int status = DECLINED;
    int is_ours;

    if (!access) {
        return DECLINED;
    }
    is_ours = is_only_login(r, access);
    if (shs_user_auth_of(r) != SHS_USER_AUTH_OURS) {
        status = run_others(r, access, ap_run_check_user_id);
    }
    /* mod_authn_core says OK where there is no AuthType, and sets no user. */
    if (is_ours && (status == DECLINED || (status == OK && !r->user))) {
        status = authenticate(r, access);
    }
    if (status == OK || status == DECLINED) {
        return status;
    }
    if (is_unavailable(access, status)) {
        return answer_unavailable(r);
    }
    return is_ours
                   || (status == HTTP_UNAUTHORIZED
                       && prefers_login_page(r, access))
               ? answer_without_session(r)
               : forbid_caching(r, status);
}

int shs_access_on_check_authz(request_rec *r)
{
    shs_access_t *access = state_of(r);
    int status;

    if (!access) {
        return DECLINED;
    }
    status = run_others(r, access, ap_run_auth_checker);
    if (is_unavailable(access, status)) {
        return answer_unavailable(r);
    }
    if (status != HTTP_UNAUTHORIZED && status != HTTP_FORBIDDEN) {
        return status;
    }
    if (access->lacks_session) {
        return answer_without_session(r);
    }
    return shs_user_auth_of(r) == SHS_USER_AUTH_OTHERS
               ? forbid_caching(r, status)
               : answer_forbidden(r);
}

/* --------------------------------------------------------- before and after */

/* 503 if an expression that httpd has evaluated already, such as the condition
 * of an <If>, could not see the session. */
static int check_expressions(request_rec *r, shs_access_t *access)
{
    int status;

    if (!access->is_void) {
        return OK;
    }
    if (r->method_number == M_TRACE) {
        return answer_unavailable(r);
    }
    status = shs_flow_deny(r, UNAVAILABLE);
    access->is_void = status != OK;
    return status == OK ? OK : forbid_caching(r, status);
}

/* The context of a request whose session may count. */
static shs_request_context_t *context_of(request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);

    return context || r->method_number != M_TRACE
                   || !shs_settings_of(r)->enabled.value
               ? context
               : shs_client_request_create_context(r);
}

static int settle(request_rec *r, shs_user_phase_t phase)
{
    shs_request_context_t *context = context_of(r);
    int status;

    if (!context) {
        return DECLINED;
    }
    status = check_expressions(r, &context->access);
    if (status != OK) {
        return status;
    }
    shs_user_apply(r, phase);
    return DECLINED;
}

int shs_access_on_request(request_rec *r)
{
    return settle(r, SHS_USER_BEFORE_AUTH);
}

int shs_access_on_fixups(request_rec *r)
{
    return settle(r, SHS_USER_AFTER_AUTH);
}

/* RequestHeader evaluates its expressions at the end of the fixups. */
int shs_access_on_last_fixup(request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);
    int status = context ? check_expressions(r, &context->access) : OK;

    if (context) {
        context->access.is_settled = 1;
    }
    return status == OK ? DECLINED : status;
}

/* After DirectoryIndex or MultiViews, other settings name the user. */
void shs_access_on_insert_filter(request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);

    if (!context) {
        return;
    }
    shs_user_apply(r, SHS_USER_AFTER_REDIRECT);
    if (!r->main && is_opened(r) && shs_settings_of(r)->enabled.value
        && shs_navigation_is(r)) {
        shs_response_filter_forbid_by_default(r);
    }
}

/* A module that has answered before the access checks, as a RewriteRule does
 * with a redirect, by an expression that could not see the session. */
static void replace_answer(request_rec *r, shs_access_t *access)
{
    access->is_void = 0;
    drop_answer(r);
    shs_flow_deny(r, UNAVAILABLE);
    forbid_caching(r, HTTP_SERVICE_UNAVAILABLE);
    /* The ErrorDocument is for the new status, not for the old one. */
    r->status = HTTP_OK;
    shs_refusal_send(r, HTTP_SERVICE_UNAVAILABLE);
}

/* A subrequest was refused, and mod_dir has passed its status on, perhaps
 * without its headers; or SharedSessionFailure deny has refused the request. */
static void complete_refusal(request_rec *r,
                             const shs_client_request_t *client_request)
{
    int is_denied =
        client_request->is_denied && r->status == HTTP_SERVICE_UNAVAILABLE;

    if ((client_request->is_unstorable || is_denied) && !r->main) {
        forbid_caching(r, r->status);
    }
    if (is_denied) {
        apr_table_setn(r->err_headers_out, "Retry-After",
                       SHS_FLOW_RETRY_AFTER_S);
    }
}

/* A request that was answered before its place was known may yet read the
 * session, by an expression of `Header always`. */
static void expect_expression(request_rec *r)
{
    if (shs_expression_is_used() && shs_settings_of(r)->enabled.value
        && !r->main) {
        shs_response_filter_mark(r, apr_table_get(r->headers_in, "Cookie")
                                        != NULL);
    }
}

void shs_access_on_insert_error_filter(request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);

    if (!context) {
        expect_expression(r);
        return;
    }
    shs_login_on_insert_error_filter(r);
    if (context->access.is_void && !context->access.is_settled
        && r->status != HTTP_SERVICE_UNAVAILABLE
        && r->method_number != M_TRACE) {
        replace_answer(r, &context->access);
        return;
    }
    complete_refusal(r, context->client_request);
}
