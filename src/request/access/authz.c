/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/authz.h"

#include <string.h>
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
#include "request/client_request.h"

APLOG_USE_MODULE(shared_session);

/* One line Require. */
typedef struct line_t {
    shs_requirement_t *requirement;
    int is_negated;     /* the request gets in only if the requirement fails */
    int may_be_negated; /* the same, or it is not known */
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

/* <AuthzProviderAlias> takes the arguments as one word, and httpd drops what
 * follows: a place would be open to more sessions than was meant. */
static const char *check_alias(const cmd_parms *cmd)
{
    const char *args = cmd->directive->args;
    int words = 0;

    while (*args && *args != '>') {
        ap_getword_conf(cmd->temp_pool, &args);
        ++words;
    }
    return words <= 3 ? NULL
                      : "in <AuthzProviderAlias>, put the arguments into one"
                        " pair of quotation marks, as in <AuthzProviderAlias"
                        " shared-session is-chef \"user.roles chef\">";
}

/* An alias may be used anywhere, behind `not` too. */
static const char *parse_line(cmd_parms *cmd, const char *args,
                              const void **out)
{
    line_t *line = apr_pcalloc(cmd->pool, sizeof(*line));
    int is_alias = strcasecmp(cmd->directive->directive, "Require") != 0;
    const char *error =
        shs_requirement_parse(&line->requirement, args, cmd->pool);

    if (!error && is_alias) {
        error = check_alias(cmd);
    }
    line->is_negated = !is_alias && is_negated(cmd);
    line->may_be_negated = is_alias || line->is_negated;
    *out = line;
    return error
               ? apr_pstrcat(cmd->pool, "Require shared-session: ", error, NULL)
               : NULL;
}

/* The path of a request without what may be an id (url= of
 * SharedSessionCookie). */
static const char *path_of(const request_rec *r)
{
    return apr_pstrmemdup(r->pool, r->uri, strcspn(r->uri, ";"));
}

/* Logs that the line stands where there are no sessions. TRACE, whose answer
 * repeats the request, has none anywhere. */
static authz_status refuse_off(request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);

    if (r->method_number == M_TRACE && context) {
        context->access.is_void = 1;
        return AUTHZ_GENERAL_ERROR;
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  SHS_TAG_ACCESS
                  "Require shared-session applies to %s, where SharedSession is"
                  " not On or has no store: add SharedSession On",
                  path_of(r));
    return AUTHZ_GENERAL_ERROR;
}

static authz_status refuse_unavailable(request_rec *r, const line_t *line,
                                       shs_access_t *access)
{
    if (shs_settings_of(r)->decides_without.value) {
        access->lacks_session = 1;
        return AUTHZ_DENIED_NO_USER;
    }
    if (line->may_be_negated) {
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

static authz_status refuse_unknown(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  SHS_TAG_ACCESS
                  "Require shared-session cannot tell whether a regular"
                  " expression matches: an attribute is longer than %d octets,"
                  " or needs more steps than PCRE allows; simplify the"
                  " expression",
                  SHS_REQUIREMENT_MAX_MATCH);
    return AUTHZ_GENERAL_ERROR;
}

static authz_status refuse_unread(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  SHS_TAG_ACCESS
                  "Require shared-session cannot tell what an attribute is:"
                  " SharedSessionAttributes does not name it, or it cannot be"
                  " understood (SHS039); name it, or do not use it behind not");
    return AUTHZ_GENERAL_ERROR;
}

/* The result for a session that is FOUND. */
static authz_status check_session(request_rec *r, const line_t *line,
                                  const shs_lookup_t *lookup,
                                  shs_request_context_t *context)
{
    shs_requirement_result_t result =
        shs_requirement_check(line->requirement, lookup, r);
    int is_met = result == SHS_REQUIREMENT_MET;

    if (result == SHS_REQUIREMENT_UNKNOWN && line->may_be_negated) {
        return refuse_unknown(r);
    }
    if (result == SHS_REQUIREMENT_UNREAD && line->may_be_negated) {
        return refuse_unread(r);
    }
    if (!line->is_negated && lacks_user(r, is_met)) {
        context->access.lacks_session = 1;
        return AUTHZ_DENIED_NO_USER;
    }
    if (is_met == line->is_negated) {
        context->access.is_refused = 1;
    }
    else if (is_met) {
        context->client_request->is_opened = 1;
    }
    return is_met ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

static authz_status check_line(request_rec *r, const char *args,
                               const void *parsed)
{
    const line_t *line = parsed;
    const shs_lookup_t *lookup = shs_requirement_lookup(line->requirement, r);
    shs_request_context_t *context;

    (void)args;
    if (!lookup) {
        return refuse_off(r);
    }
    context = shs_client_request_context_of(r);
    /* Another alternative may let in a client without a cookie, and Vary would
     * not keep a cache from serving the page to all such clients. */
    context->client_request->is_marked = 1;
    context->client_request->is_private = 1;
    switch (lookup->outcome) {
    case SHS_OUTCOME_FOUND:
        return check_session(r, line, lookup, context);
    case SHS_OUTCOME_UNAVAILABLE:
        return refuse_unavailable(r, line, &context->access);
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_ABSENT:
    case SHS_OUTCOME_MALFORMED:
        break;
    }
    context->access.lacks_session = 1;
    return AUTHZ_DENIED_NO_USER;
}

static const authz_provider provider = { check_line, parse_line };

void shs_authz_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "shared-session",
                              AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
