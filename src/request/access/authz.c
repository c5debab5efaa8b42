/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/authz.h"

#include <strings.h>

#include <ap_provider.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_request.h>
#include <mod_auth.h>

#include "config/log.h"
#include "config/settings.h"
#include "request/access/requirement.h"
#include "request/access/user.h"
#include "request/access/user.h"
#include "request/client_request.h"
#include "request/session_ops.h"

APLOG_USE_MODULE(shared_session);

/* One line Require. */
typedef struct line_t {
    shs_requirement_t *requirement;
    int is_negated; /* the request gets in only if the requirement fails */
} line_t;

/* Whether the line stands behind an odd number of negations. */
static int is_negated(const cmd_parms *cmd)
{
    const char *args = cmd->directive->args;
    const ap_directive_t *section = cmd->directive->parent;
    int is_odd = !strcasecmp(ap_getword_conf(cmd->temp_pool, &args), "not");

    for (; section; section = section->parent) {
        is_odd ^= !strncasecmp(section->directive, "<RequireNone", 12);
    }
    return is_odd;
}

static const char *parse_line(cmd_parms *cmd, const char *args,
                              const void **out)
{
    line_t *line = apr_pcalloc(cmd->pool, sizeof(*line));
    const char *error =
        shs_requirement_parse(&line->requirement, args, cmd->pool);

    line->is_negated = is_negated(cmd);
    *out = line;
    return error
               ? apr_pstrcat(cmd->pool, "Require shared-session: ", error, NULL)
               : NULL;
}

/* Logs that the line stands where there are no sessions. */
static authz_status refuse_off(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  SHS_TAG_ACCESS
                  "Require shared-session applies to %s, where SharedSession is"
                  " not On or has no store: add SharedSession On",
                  r->uri);
    return AUTHZ_GENERAL_ERROR;
}

static authz_status refuse_unavailable(request_rec *r, const line_t *line,
                                       shs_access_t *access)
{
    if (shs_settings_of(r)->decides_without.value) {
        access->lacks_session = 1;
        return AUTHZ_DENIED_NO_USER;
    }
    if (line->is_negated) {
        access->is_void = 1;
        return AUTHZ_GENERAL_ERROR;
    }
    access->is_undecided = 1;
    return AUTHZ_DENIED_NO_USER;
}

/* Whether the place knows its users by the session, and this one names none: a
 * login would give it one. AuthType SharedSession lets in users only, whatever
 * else they meet. */
static int lacks_user(const request_rec *r, int is_met)
{
    shs_user_auth_t auth = shs_user_auth_of(r);

    return !r->user && shs_settings_of(r)->user.value
           && (auth == SHS_USER_AUTH_OURS
               || (auth == SHS_USER_AUTH_NONE && !is_met));
}

/* The result for a session that is FOUND. */
static authz_status check_session(request_rec *r, const line_t *line,
                                  const shs_lookup_t *lookup,
                                  shs_access_t *access)
{
    int is_met = shs_requirement_is_met(line->requirement, lookup, r->pool);

    if (!line->is_negated && lacks_user(r, is_met)) {
        access->lacks_session = 1;
        return AUTHZ_DENIED_NO_USER;
    }
    if (is_met == line->is_negated) {
        access->is_refused = 1;
    }
    else if (is_met) {
        access->is_decisive = 1;
    }
    return is_met ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

static authz_status check_line(request_rec *r, const char *args,
                               const void *parsed)
{
    const line_t *line = parsed;
    const shs_lookup_t *lookup = shs_session_ops_find(r);
    shs_request_context_t *context;
    shs_access_t *access;

    (void)args;
    if (!lookup) {
        return refuse_off(r);
    }
    context = shs_client_request_context_of(r);
    access = &context->access;
    /* Another alternative may let in a client without a cookie, and Vary would
     * not keep a cache from serving the page to all such clients. */
    context->client_request->is_private = 1;
    switch (lookup->outcome) {
    case SHS_OUTCOME_FOUND:
        return check_session(r, line, lookup, access);
    case SHS_OUTCOME_UNAVAILABLE:
        return refuse_unavailable(r, line, access);
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_ABSENT:
    case SHS_OUTCOME_MALFORMED:
        break;
    }
    access->lacks_session = 1;
    return AUTHZ_DENIED_NO_USER;
}

static const authz_provider provider = { check_line, parse_line };

void shs_authz_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "shared-session",
                              AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
