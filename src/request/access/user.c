/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/user.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>

#include "config/log.h"
#include "request/client_request.h"
#include "request/session_ops.h"
#include "session/json/path.h"

APLOG_USE_MODULE(shared_session);

shs_user_auth_t shs_user_auth_of(const request_rec *r)
{
    const char *type = ap_auth_type((request_rec *)r);

    if (!type) {
        return SHS_USER_AUTH_NONE;
    }
    return ap_cstr_casecmp(type, SHS_USER_AUTH_TYPE) ? SHS_USER_AUTH_OTHERS
                                                     : SHS_USER_AUTH_OURS;
}

/* The user that the session names, from r's pool; NULL: none. */
static const char *find_user(request_rec *r, const shs_path_t *path,
                             const shs_session_t *session)
{
    shs_path_inside_t inside = { NULL };
    const shs_session_t *of;
    const shs_value_t *value =
        shs_path_find(&of, path, session, &inside, r->pool);

    if (!value
        || (value->kind != SHS_KIND_STRING && value->kind != SHS_KIND_NUMBER)
        || value->text.len == 0) {
        return NULL;
    }
    if (value->text.len > SHS_USER_MAX
        || shs_octets_have_control(value->text)) {
        ap_log_rerror(
            APLOG_MARK, APLOG_DEBUG, 0, r,
            SHS_TAG_LEFT_OUT
            "the attribute of SharedSessionUser is no name of a user:"
            " it is longer than %d octets, or has a control character",
            SHS_USER_MAX);
        return NULL;
    }
    return apr_pstrmemdup(r->pool, value->text.data, value->text.len);
}

/* Whether r's user is one that the module has set, for r or for the request
 * from which httpd has copied it: the page of a subrequest, or the request
 * before an internal redirect. */
static int is_ours(const request_rec *r)
{
    const char *user = r->user;

    for (; user && r; r = r->prev ? r->prev : r->main) {
        const shs_request_context_t *context = shs_client_request_context_of(r);

        if (context && context->access.user == user) {
            return 1;
        }
    }
    return 0;
}

/* A page of mod_include has the user in its variables too, and httpd copies
 * them into a subrequest. */
static void drop_variables(request_rec *r)
{
    const char *type = apr_table_get(r->subprocess_env, "AUTH_TYPE");

    if (type && !strcmp(type, SHS_USER_AUTH_TYPE)) {
        apr_table_unset(r->subprocess_env, "REMOTE_USER");
        apr_table_unset(r->subprocess_env, "AUTH_TYPE");
    }
}

static void withdraw(request_rec *r, shs_access_t *access)
{
    if (is_ours(r)) {
        r->user = NULL;
        r->ap_auth_type = NULL;
    }
    if (!r->user) {
        drop_variables(r);
    }
    access->user = NULL;
}

/* Whether only another AuthType says who the user is, at this phase. */
static int is_for_others(const request_rec *r, shs_user_phase_t phase)
{
    return phase != SHS_USER_AFTER_AUTH
           && shs_user_auth_of(r) == SHS_USER_AUTH_OTHERS;
}

static void set_user(request_rec *r, const shs_path_t *path,
                     shs_access_t *access)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);

    if (lookup && lookup->outcome == SHS_OUTCOME_FOUND) {
        access->user = find_user(r, path, lookup->session);
    }
    if (access->user) {
        r->user = (char *)access->user;
        r->ap_auth_type = (char *)SHS_USER_AUTH_TYPE;
    }
}

void shs_user_apply(request_rec *r, shs_user_phase_t phase)
{
    const shs_path_t *path = shs_settings_of(r)->user.value;
    shs_request_context_t *context = shs_client_request_context_of(r);
    shs_access_t *access = &context->access;

    if (access->user_config == r->per_dir_config) {
        return;
    }
    withdraw(r, access);
    if (path && is_for_others(r, phase)) {
        return;
    }
    access->user_config = r->per_dir_config;
    if (path && shs_user_auth_of(r) == SHS_USER_AUTH_OURS) {
        /* Another requirement may let in a client without a session. */
        context->client_request->is_private = 1;
    }
    if (path && !r->user) {
        set_user(r, path, access);
    }
}
