/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/cookie_options.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "config/defaults.h"
#include "base/option.h"
#include "base/option_table.h"
#include "session/id/cookie.h"
#include "session/id/session_id.h"

/* Attributes of cookies, by RFC 6265 and by browsers, and words of other
 * directives and options. No operator means one of them as a cookie's name. */
static const char *const impossible_names[] = {
    "comment",  "domain",   "expires", "httponly", "max-age", "path",
    "priority", "samesite", "version", "route",    "url",     "id-chars",
    "none",     "on",       "off",     "lax",      "strict",  NULL
};

static const char *set_route(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;

    (void)p;
    if (!strcasecmp(value, "none")) {
        options->route = SHS_SESSION_ID_NO_ROUTE;
        return NULL;
    }
    if (!*value || value[1] || !shs_session_id_is_route(*value)) {
        return "route= takes none, or one character that is allowed in a cookie"
               " but not in this module's ids (no letter, no digit, neither -"
               " nor _), as in route=. or route=!";
    }
    options->route = *value;
    return NULL;
}

static const char *set_extras(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;

    (void)p;
    options->extras = 0;
    return shs_session_id_add_extras(&options->extras, value)
               ? NULL
               : "id-chars= takes the characters that ids may have besides A-Z"
                 " a-z 0-9 . _ ~ -, as in id-chars=+/=; there"
                 " are " SHS_SESSION_ID_EXTRAS;
}

static const char *set_parameter(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;

    if (!strcasecmp(value, "none")) {
        options->parameter = NULL;
        return NULL;
    }
    if (!shs_cookie_is_name(value)) {
        return apr_psprintf(p,
                            "url= takes the name of a path parameter, as in"
                            " url=jsessionid, not '%s'",
                            value);
    }
    options->parameter = value;
    return NULL;
}

/* A path-value by RFC 6265 section 4.1.1 that can also be a request's path, to
 * which browsers compare it. */
static int is_path(const char *text)
{
    const char *c;

    for (c = text; *c; ++c) {
        if (*c <= ' ' || *c >= 127 || strchr(";,?#", *c)) {
            return 0;
        }
    }
    return *text == '/';
}

static const char *set_path(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;

    (void)p;
    if (!is_path(value)) {
        return "path= takes a path that begins with /, as in path=/app, without"
               " ? and #, and with other than ASCII as %XX";
    }
    options->cookie.path = value;
    return NULL;
}

/* The length of the label of a host name (RFC 1123 section 2.1) at c; 0:
 * none. */
static apr_size_t measure_label(const char *c)
{
    apr_size_t len = 0;

    while (apr_isalnum(c[len]) || c[len] == '-') {
        ++len;
    }
    return len > 63 || *c == '-' || (len > 0 && c[len - 1] == '-') ? 0 : len;
}

/* Browsers ignore a leading dot (RFC 6265 section 5.2.3). */
static int is_domain(const char *text)
{
    const char *c = text + (*text == '.');
    apr_size_t len;

    while ((len = measure_label(c)) > 0) {
        c += len;
        if (!*c) {
            return c - text <= 254;
        }
        if (*c++ != '.') {
            return 0;
        }
    }
    return 0;
}

static const char *set_domain(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;

    (void)p;
    if (!is_domain(value)) {
        return "domain= takes a host name, as in domain=example.org";
    }
    options->cookie.domain = value;
    return NULL;
}

static const char *set_http_only(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;

    (void)p;
    options->cookie.is_for_scripts = !strcasecmp(value, "off");
    return options->cookie.is_for_scripts || !strcasecmp(value, "on")
               ? NULL
               : "httponly= takes on or off";
}

static const char *set_http_only_on(void *draft, const char *value,
                                    apr_pool_t *p)
{
    (void)value;
    return set_http_only(draft, "on", p);
}

static const char *set_same_site(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;
    static const char *const words[] = { "Lax", "Strict", "None" };
    int i;

    (void)p;
    for (i = 0; i < 3; ++i) {
        if (!strcasecmp(value, words[i])) {
            options->cookie.same_site = words[i];
            return NULL;
        }
    }
    return "samesite= takes Lax, Strict or None";
}

static const char *set_max_age(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = draft;

    return shs_option_parse_lifetime(&options->cookie.max_age, value, p);
}

static const char *set_secure(void *draft, const char *value, apr_pool_t *p)
{
    (void)value;
    (void)p;
    ((shs_cookie_options_t *)draft)->cookie.secure = SHS_SECURE_ON;
    return NULL;
}

static const char *set_insecure(void *draft, const char *value, apr_pool_t *p)
{
    (void)value;
    (void)p;
    ((shs_cookie_options_t *)draft)->cookie.secure = SHS_SECURE_OFF;
    return NULL;
}

static const char *set_partitioned(void *draft, const char *value,
                                   apr_pool_t *p)
{
    (void)value;
    (void)p;
    ((shs_cookie_options_t *)draft)->cookie.is_partitioned = 1;
    return NULL;
}

/* Names in any case, as browsers read attributes. */
static const shs_option_t known_options[] = {
    { "route=", set_route, 0 },
    { "url=", set_parameter, 0 },
    { "id-chars=", set_extras, 0 },
    { "path=", set_path, 0 },
    { "domain=", set_domain, 0 },
    { "secure", set_secure, 0 },
    { "insecure", set_insecure, 0 },
    { "httponly=", set_http_only, 0 },
    { "httponly", set_http_only_on, 0 },
    { "samesite=", set_same_site, 0 },
    { "max-age=", set_max_age, 0 },
    { "partitioned", set_partitioned, 0 },
    { NULL, NULL, 0 },
};

static const char *add_name(apr_array_header_t *names, const char *word,
                            apr_pool_t *p)
{
    int i;

    if (strchr(word, '=')) {
        return apr_psprintf(p, "unknown option '%s'; there are %s", word,
                            shs_option_table_describe(known_options, p));
    }
    for (i = 0; impossible_names[i]; ++i) {
        if (!strcasecmp(word, impossible_names[i])) {
            return apr_psprintf(p,
                                "'%s' is taken for an option without its value,"
                                " not for the name of a cookie; write options"
                                " as in path=/app or samesite=Lax, and no"
                                " cookies at all as SharedSession Off",
                                word);
        }
    }
    if (!shs_cookie_is_name(word)) {
        return apr_psprintf(p, "'%s' is no cookie name", word);
    }
    if (names->nelts == SHS_COOKIE_OPTIONS_MAX_NAMES) {
        return "there may be 32 names at most";
    }
    APR_ARRAY_PUSH(names, const char *) = word;
    return NULL;
}

/* Parses NAME or an option. A cookie's name cannot contain "=", which tells the
 * two apart. */
static const char *read_word(shs_cookie_options_t *options,
                             apr_array_header_t *names, const char *word,
                             apr_pool_t *p)
{
    const char *value;
    const shs_option_t *option =
        shs_option_table_find(&value, known_options, word, 1);

    return option ? option->parse(options, value, p) : add_name(names, word, p);
}

/* Checks the combination of all words. */
static const char *check(const shs_cookie_options_t *options, apr_pool_t *p)
{
    const char *error =
        shs_set_cookie_check(&options->cookie, options->names[0]);

    if (!error && options->route != SHS_SESSION_ID_NO_ROUTE
        && !shs_session_id_is_allowed(options->route, 0)
        && shs_session_id_is_allowed(options->route, options->extras)) {
        error = apr_psprintf(p,
                             "'%c' cannot be both the route= and one of"
                             " id-chars=: ids would be cut there",
                             options->route);
    }
    return error;
}

const char *shs_cookie_options_parse(shs_cookie_options_t *out, int count,
                                     char *const words[], apr_pool_t *p)
{
    apr_array_header_t *names =
        apr_array_make(p, count + 1, sizeof(const char *));
    int i;

    memset(out, 0, sizeof(*out));
    out->route = SHS_DEFAULT_COOKIE_ROUTE;
    for (i = 0; i < count; ++i) {
        const char *error = read_word(out, names, words[i], p);

        if (error) {
            return error;
        }
    }
    if (names->nelts == 0) {
        return "a cookie name is needed, as in JSESSIONID";
    }
    APR_ARRAY_PUSH(names, const char *) = NULL;
    out->names = (const char *const *)names->elts;
    return check(out, p);
}
