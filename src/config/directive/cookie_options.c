/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/cookie_options.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "config/defaults.h"
#include "config/directive/id_options.h"
#include "base/option.h"
#include "base/option_table.h"
#include "session/id/cookie.h"
#include "session/id/session_id.h"

/* The words while they are parsed. */
typedef struct draft_t {
    shs_cookie_options_t *options;
    apr_array_header_t *names;
} draft_t;

static shs_cookie_options_t *options_of(void *draft)
{
    return ((draft_t *)draft)->options;
}

static const char *set_route(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = options_of(draft);

    (void)p;
    if (!strcasecmp(value, "none")) {
        options->steps.route = SHS_SESSION_ID_NO_ROUTE;
        return NULL;
    }
    if (!*value || value[1] || !shs_session_id_is_route(*value)) {
        return "write none, or one character that is allowed in a cookie but"
               " not in this module's ids (no letter, no digit, neither - nor"
               " _), as in route=. or route=!";
    }
    options->steps.route = *value;
    return NULL;
}

static const char *set_extras(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = options_of(draft);

    (void)p;
    options->steps.extras = 0;
    return shs_session_id_add_extras(&options->steps.extras, value)
               ? NULL
               : "write the characters that ids may have besides A-Z a-z 0-9 ."
                 " _ ~ -, as in id-chars=+/=; there are " SHS_SESSION_ID_EXTRAS;
}

static const char *set_decode(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    return shs_id_options_parse_decode(&options_of(draft)->steps, value);
}

static const char *set_sign(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    return shs_id_options_parse_sign(&options_of(draft)->steps, value);
}

static const char *set_secrets(void *draft, const char *value, apr_pool_t *p)
{
    return shs_id_options_parse_secrets(&options_of(draft)->steps, value, p);
}

static const char *set_parameter(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = options_of(draft);

    if (!strcasecmp(value, "none")) {
        options->parameter = NULL;
        return NULL;
    }
    if (!shs_cookie_is_name(value)) {
        return apr_psprintf(p,
                            "write none, or the name of a path parameter, as in"
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
    shs_cookie_options_t *options = options_of(draft);

    (void)p;
    if (!is_path(value)) {
        return "write a path that begins with /, as in path=/app, without ? and"
               " #, and with other than ASCII as %XX";
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
    shs_cookie_options_t *options = options_of(draft);

    (void)p;
    if (!is_domain(value)) {
        return "write a host name, as in domain=example.org";
    }
    options->cookie.domain = value;
    return NULL;
}

static const char *set_http_only(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = options_of(draft);

    (void)p;
    options->cookie.is_for_scripts = !strcasecmp(value, "off");
    return options->cookie.is_for_scripts || !strcasecmp(value, "on")
               ? NULL
               : "write on or off";
}

static const char *set_http_only_on(void *draft, const char *value,
                                    apr_pool_t *p)
{
    (void)value;
    return set_http_only(draft, "on", p);
}

static const char *set_same_site(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = options_of(draft);
    static const char *const words[] = { "Lax", "Strict", "None" };
    int i;

    (void)p;
    for (i = 0; i < 3; ++i) {
        if (!strcasecmp(value, words[i])) {
            options->cookie.same_site = words[i];
            return NULL;
        }
    }
    return "write Lax, Strict or None";
}

static const char *set_max_age(void *draft, const char *value, apr_pool_t *p)
{
    shs_cookie_options_t *options = options_of(draft);

    return shs_option_parse_lifetime(&options->cookie.max_age, value, p);
}

static const char *set_secure(void *draft, const char *value, apr_pool_t *p)
{
    (void)value;
    (void)p;
    options_of(draft)->cookie.secure = SHS_SECURE_ON;
    return NULL;
}

static const char *set_insecure(void *draft, const char *value, apr_pool_t *p)
{
    (void)value;
    (void)p;
    options_of(draft)->cookie.secure = SHS_SECURE_OFF;
    return NULL;
}

static const char *set_partitioned(void *draft, const char *value,
                                   apr_pool_t *p)
{
    (void)value;
    (void)p;
    options_of(draft)->cookie.is_partitioned = 1;
    return NULL;
}

static const shs_option_t known_options[] = {
    { "route=", set_route, 0 },
    { "url=", set_parameter, 0 },
    { "id-chars=", set_extras, 0 },
    { "decode=", set_decode, 0 },
    { "sign=", set_sign, 0 },
    { "secret-file=", set_secrets, 0 },
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

/* Words that no operator means as the name of a cookie. */
static const struct {
    const char *word;
    int is_value; /* of an option; else an attribute by RFC 6265 or browsers */
} impossible_names[] = {
    { "none", 1 },    { "on", 1 },      { "off", 1 },
    { "lax", 1 },     { "strict", 1 },  { "comment", 0 },
    { "expires", 0 }, { "version", 0 }, { "priority", 0 },
};

static const char *check_name(const char *word, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof(impossible_names) / sizeof(*impossible_names); ++i) {
        if (!strcasecmp(word, impossible_names[i].word)) {
            return apr_psprintf(
                p,
                impossible_names[i].is_value
                    ? "'%s' is a value without its option, and no cookie's"
                      " name: write the option too, as in samesite=Lax; for no"
                      " sessions write SharedSession Off"
                    : "'%s' is a cookie's attribute that this directive does"
                      " not set, and no cookie's name: remove it",
                word);
        }
    }
    return shs_cookie_is_name(word)
               ? NULL
               : apr_psprintf(p, "'%s' is not a cookie name", word);
}

static const char *add_name(void *draft, const char *word, apr_pool_t *p)
{
    apr_array_header_t *names = ((draft_t *)draft)->names;
    const char *error = check_name(word, p);

    if (!error && names->nelts == SHS_COOKIE_OPTIONS_MAX_NAMES) {
        error = "there may be 32 names at most";
    }
    if (!error) {
        APR_ARRAY_PUSH(names, const char *) = word;
    }
    return error;
}

/* A cookie's name cannot contain "=", which tells it from an option. Options
 * are compared in any case, as browsers read attributes. */
static const shs_option_table_t table = { known_options, 1, add_name, NULL };

/* Checks the combination of all words. */
static const char *check(const shs_cookie_options_t *options, unsigned given,
                         apr_pool_t *p)
{
    const char *error;

    if (shs_option_table_is_given(&table, given, "secure")
        && shs_option_table_is_given(&table, given, "insecure")) {
        return "secure beside insecure: remove one of the two";
    }
    error = shs_set_cookie_check(&options->cookie, options->names[0]);
    return error ? error : shs_id_options_check(&options->steps, p);
}

/* What a directive gave, from the bits of the table. */
static unsigned find_given(unsigned given, int names)
{
    static const struct {
        const char *name;
        unsigned bit;
    } options[] = { { "route", SHS_COOKIE_GAVE_ROUTE },
                    { "id-chars", SHS_COOKIE_GAVE_EXTRAS },
                    { "decode", SHS_COOKIE_GAVE_DECODE },
                    { "sign", SHS_COOKIE_GAVE_SIGN },
                    { "secret-file", SHS_COOKIE_GAVE_SECRETS },
                    { "url", SHS_COOKIE_GAVE_PARAMETER } };
    unsigned found = names > 0 ? SHS_COOKIE_GAVE_NAMES : 0;
    apr_size_t i;

    for (i = 0; i < sizeof(options) / sizeof(*options); ++i) {
        if (shs_option_table_is_given(&table, given, options[i].name)) {
            found |= options[i].bit;
        }
    }
    return found;
}

/* Takes what the directive does not give: from the profile, or a default. An id
 * that is signed may have a "." in it, and no framework puts a route behind its
 * signature. */
static void complete(shs_cookie_options_t *options,
                     const shs_cookie_options_t *base)
{
    unsigned given = options->given;

    if (base) {
        shs_cookie_options_inherit(options, base);
    }
    if (!(given & SHS_COOKIE_GAVE_ROUTE)
        && (!base || given & SHS_COOKIE_GAVE_SIGN)
        && options->steps.sign != SHS_SIGN_NONE) {
        options->steps.route = SHS_SESSION_ID_NO_ROUTE;
    }
    /* sign=none overrides a profile's signature, and needs no secrets. */
    if (options->steps.sign == SHS_SIGN_NONE
        && !(given & SHS_COOKIE_GAVE_SECRETS)) {
        options->steps.secrets = NULL;
    }
}

const char *shs_cookie_options_parse(shs_cookie_options_t *out,
                                     const shs_cookie_options_t *base,
                                     int count, const char *const words[],
                                     apr_pool_t *p)
{
    apr_array_header_t *names =
        apr_array_make(p, count + 1, sizeof(const char *));
    draft_t draft = { out, names };
    const char *error;
    unsigned given;

    memset(out, 0, sizeof(*out));
    out->steps.route = SHS_DEFAULT_COOKIE_ROUTE;
    error = shs_option_table_parse(&given, &table, &draft, count, words, p);
    if (error) {
        return error;
    }
    out->given = find_given(given, names->nelts);
    APR_ARRAY_PUSH(names, const char *) = NULL;
    out->names = (const char *const *)names->elts;
    if (base && (out->given & SHS_COOKIE_GAVE_EXTRAS)
        && shs_id_pattern_is_strict(&base->steps.pattern)) {
        return "id-chars= does not apply to the ids of this profile: remove it";
    }
    complete(out, base);
    if (!out->names || !out->names[0]) {
        return "a cookie name is needed, as in JSESSIONID";
    }
    return check(out, given, p);
}
