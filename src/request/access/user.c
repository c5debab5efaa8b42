/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/user.h"

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

static void withdraw(request_rec *r, shs_access_t *access)
{
    if (access->user && r->user == access->user) {
        r->user = NULL;
        r->ap_auth_type = NULL;
    }
    access->user = NULL;
}

/* Sets the user by settings that are new for r. */
static void apply(request_rec *r, shs_access_t *access, int is_late)
{
    const shs_path_t *path = shs_settings_of(r)->user.value;
    const shs_lookup_t *lookup;

    withdraw(r, access);
    if (!is_late && path && shs_user_auth_of(r) == SHS_USER_AUTH_OTHERS) {
        return;
    }
    access->user_config = r->per_dir_config;
    if (!path || r->user) {
        return;
    }
    lookup = shs_session_ops_find(r);
    if (!lookup || lookup->outcome != SHS_OUTCOME_FOUND) {
        return;
    }
    access->user = find_user(r, path, lookup->session);
    if (access->user) {
        r->user = (char *)access->user;
        r->ap_auth_type = (char *)SHS_USER_AUTH_TYPE;
    }
}

void shs_user_apply(request_rec *r, shs_access_t *access, int is_late)
{
    if (access->user_config != r->per_dir_config) {
        apply(r, access, is_late);
    }
}
