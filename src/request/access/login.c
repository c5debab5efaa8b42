/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/login.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "request/access/navigation.h"
#include "request/client_request.h"

#define PROBLEM                                   \
    "{\"title\":\"Unauthorized\",\"status\":401," \
    "\"detail\":\"a session of a user who is logged in is needed\"}\n"

static ap_filter_rec_t *problem_filter;

/* ------------------------------------------------------- the page to return */

/* What the client has asked for: after the host if it is an absolute URI (RFC
 * 9112 section 3.2.2). NULL: no path, "*", or the authority of CONNECT. */
static const char *target_of(const request_rec *first)
{
    const char *target = first->unparsed_uri;

    if (target && *target != '/') {
        target = strstr(target, "://");
        target = target ? target + 3 + strcspn(target + 3, "/?#") : NULL;
    }
    return target && *target == '/' ? target : NULL;
}

/* The target without its path parameter that may be an id (url= of
 * SharedSessionCookie): the login page has no use for it, and may be elsewhere.
 */
static const char *drop_id(const char *target, const char *parameter,
                           apr_pool_t *p)
{
    const char *c = target;

    while (parameter && (c = strchr(c, ';')) != NULL) {
        apr_size_t len = strlen(parameter);

        if (!strncmp(c + 1, parameter, len) && c[1 + len] == '=') {
            return apr_pstrcat(
                p, apr_pstrmemdup(p, target, (apr_size_t)(c - target)),
                c + 1 + strcspn(c + 1, ";/?"), NULL);
        }
        ++c;
    }
    return target;
}

/* Browsers drop some control characters from a URL, so that "/<TAB>/host" would
 * be a URL with a host. */
static int has_control(const char *text)
{
    while (*text && !apr_iscntrl(*text)) {
        ++text;
    }
    return *text != '\0';
}

/* Skips all but one of the slashes at the beginning: "//host" would be a URL
 * with a host. Browsers take a backslash for a slash. */
static const char *skip_slashes(const char *path)
{
    while ((path[0] == '/' || path[0] == '\\')
           && (path[1] == '/' || path[1] == '\\')) {
        ++path;
    }
    return path;
}

/* Escapes all that is neither unreserved (RFC 3986 section 2.3) nor a slash. */
static const char *escape(const char *text, apr_size_t len, apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEF";
    char *escaped = apr_palloc(p, 3 * len + 1);
    char *to = escaped;
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        unsigned char c = (unsigned char)text[i];

        if (apr_isalnum(c) || strchr("-._~/", c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    *to = '\0';
    return escaped;
}

/* The page that the login page gets, as a value of a query parameter; "" if
 * there is none. It is without the path parameter `id_parameter`, which may be
 * NULL. */
static const char *return_value(const request_rec *first,
                                const char *id_parameter, apr_pool_t *p)
{
    const char *target = target_of(first);
    apr_size_t len;

    if (!target || has_control(target)) {
        return "";
    }
    target = skip_slashes(drop_id(target, id_parameter, p));
    len = strlen(target);
    if (*target != '/') {
        return "";
    }
    if (len > SHS_LOGIN_MAX_RETURN) {
        len = strcspn(target, "?");
    }
    return len > SHS_LOGIN_MAX_RETURN ? "" : escape(target, len, p);
}

/* ------------------------------------------------------------ the redirect */

/* Whether the target of the request has that path. mod_rewrite may have changed
 * first->uri. */
static int has_path(const request_rec *first, const char *path)
{
    const char *target = target_of(first);
    char *asked;

    if (!target) {
        return 0;
    }
    asked = apr_pstrmemdup(first->pool, target, strcspn(target, "?"));
    return ap_unescape_url(asked) == OK && !strcmp(asked, path);
}

/* Whether the client has asked for the login page itself. */
static int is_login_page(const request_rec *first, const shs_login_t *login)
{
    return (!strcmp(first->uri, login->path) || has_path(first, login->path))
           && (!login->host
               || (first->hostname
                   && !strcasecmp(first->hostname, login->host)));
}

int shs_login_redirects(const request_rec *first,
                        const shs_settings_t *settings)
{
    const shs_login_t *login = settings->login.value;

    return login && !is_login_page(first, login) && shs_navigation_is(first);
}

/* The URL of the login page with the parameter, before a fragment. */
static const char *location_of(const request_rec *first,
                               const shs_settings_t *settings, apr_pool_t *p)
{
    const shs_login_t *login = settings->login.value;
    const char *value =
        login->parameter
            ? return_value(first, settings->cookie_options.value.parameter, p)
            : "";
    apr_size_t len = strcspn(login->url, "#");

    if (!*value) {
        return login->url;
    }
    return apr_psprintf(p, "%.*s%c%s=%s%s", (int)len, login->url,
                        memchr(login->url, '?', len) ? '&' : '?',
                        login->parameter, value, login->url + len);
}

/* ----------------------------------------------------------------- the 401 */

/* The realm as a quoted-string (RFC 9110 section 5.6.4). AuthName has escaped
 * the quotation marks, but not a backslash at the end. */
static const char *quote(const char *realm, apr_pool_t *p)
{
    apr_size_t len = strlen(realm);
    apr_size_t end = len;

    while (end > 0 && realm[end - 1] == '\\') {
        --end;
    }
    return apr_pstrcat(p, "\"", ap_escape_quotes(p, realm),
                       (len - end) % 2 ? "\\\"" : "\"", NULL);
}

/* RFC 9110 section 15.5.2: a 401 has at least one challenge. Browsers do not
 * know this scheme and show no dialog. */
static void add_challenge(request_rec *r)
{
    const char *realm = ap_auth_name(r);

    apr_table_addn(r->err_headers_out, "WWW-Authenticate",
                   apr_pstrcat(r->pool, "SharedSession realm=",
                               quote(realm ? realm : "session", r->pool),
                               NULL));
}

/* A page for persons is httpd's own, or the ErrorDocument; a program gets the
 * problem, whatever the ErrorDocument is. */
static void choose_body(request_rec *r, const request_rec *first)
{
    if (!r->main && !shs_navigation_is(first)) {
        ap_custom_response(r, HTTP_UNAUTHORIZED, PROBLEM);
        shs_client_request_context_of(r)->access.is_problem = 1;
    }
}

static int refuse(request_rec *r, const request_rec *first)
{
    shs_client_request_of(r)->is_challenged = 1;
    add_challenge(r);
    choose_body(r, first);
    return HTTP_UNAUTHORIZED;
}

int shs_login_require(request_rec *r, const request_rec *first,
                      const shs_settings_t *settings)
{
    if (!shs_login_redirects(first, settings)) {
        return refuse(r, first);
    }
    apr_table_setn(r->headers_out, "Location",
                   location_of(first, settings, r->pool));
    return settings->login.value->status;
}

static apr_status_t set_problem_type(ap_filter_t *f,
                                     apr_bucket_brigade *brigade)
{
    ap_set_content_type(f->r, "application/problem+json");
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void shs_login_register(void)
{
    problem_filter = ap_register_output_filter(
        "SHARED_SESSION_PROBLEM", set_problem_type, NULL, AP_FTYPE_CONTENT_SET);
}

/* mod_dir makes the 401 of a subrequest that of the folder: without its body,
 * and without its headers if DirectoryIndex names several files. */
static void complete_refusal(request_rec *r)
{
    if (!apr_table_get(r->err_headers_out, "WWW-Authenticate")) {
        add_challenge(r);
    }
    choose_body(r, shs_client_request_of(r)->first);
}

void shs_login_on_insert_error_filter(request_rec *r)
{
    const shs_request_context_t *context = shs_client_request_context_of(r);

    if (!context || r->status != HTTP_UNAUTHORIZED || r->main) {
        return;
    }
    if (context->client_request->is_challenged && !context->access.is_problem) {
        complete_refusal(r);
    }
    if (context->access.is_problem) {
        ap_add_output_filter_handle(problem_filter, NULL, r, r->connection);
    }
}
