/* SPDX-License-Identifier: Apache-2.0 */
#include "config/source.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "session/cookie.h"
#include "session/ident.h"
#include "store/option.h"

static const char *set_route(shs_sources_t *sources, const char *value)
{
    if (!strcmp(value, "none")) {
        sources->route = SHS_IDENT_NO_ROUTE;
        return NULL;
    }
    if (!*value || value[1]) {
        return "route= takes one character, or none";
    }
    sources->route = *value;
    return NULL;
}

static const char *set_parameter(shs_sources_t *sources, const char *value,
                                 apr_pool_t *p)
{
    if (!shs_cookie_is_name(value)) {
        return apr_psprintf(p,
                            "url= takes the name of a path parameter, as in"
                            " url=jsessionid, not '%s'",
                            value);
    }
    sources->parameter = value;
    return NULL;
}

/* RFC 6265 section 4.1.1, path-value: no control character and no ";". */
static int is_attribute_value(const char *text)
{
    const char *c;

    for (c = text; *c; ++c) {
        if (apr_iscntrl(*c) || *c == ';' || *c == ',' || *c == ' ') {
            return 0;
        }
    }
    return c > text;
}

static const char *set_path(shs_sources_t *sources, const char *value)
{
    if (*value != '/' || !is_attribute_value(value)) {
        return "path= takes a path that begins with /, as in path=/app";
    }
    sources->cookie.path = value;
    return NULL;
}

static const char *set_domain(shs_sources_t *sources, const char *value)
{
    const char *c;

    for (c = value; apr_isalnum(*c) || *c == '-' || *c == '.'; ++c) {
        continue;
    }
    if (c == value || *c) {
        return "domain= takes a host name, as in domain=example.org";
    }
    sources->cookie.domain = value;
    return NULL;
}

static const char *set_http_only(shs_sources_t *sources, const char *value)
{
    sources->cookie.is_for_scripts = !strcmp(value, "off");
    return sources->cookie.is_for_scripts || !strcmp(value, "on")
               ? NULL
               : "httponly= takes on or off";
}

static const char *set_same_site(shs_sources_t *sources, const char *value)
{
    static const char *const words[] = { "Lax", "Strict", "None" };
    int i;

    for (i = 0; i < 3; ++i) {
        if (!strcasecmp(value, words[i])) {
            sources->cookie.same_site = words[i];
            return NULL;
        }
    }
    return "samesite= takes Lax, Strict or None";
}

static const char *add_name(apr_array_header_t *names, const char *word,
                            apr_pool_t *p)
{
    if (strchr(word, '=')) {
        return apr_psprintf(p,
                            "unknown option '%s'; there are route=, url=,"
                            " path=, domain=, secure, insecure, httponly=,"
                            " samesite=, max-age= and partitioned",
                            word);
    }
    if (!shs_cookie_is_name(word)) {
        return apr_psprintf(p, "'%s' is no cookie name", word);
    }
    APR_ARRAY_PUSH(names, const char *) = word;
    return NULL;
}

static const char *value_of(const char *word, const char *option)
{
    apr_size_t len = strlen(option);

    return strncmp(word, option, len) ? NULL : word + len;
}

/* NAME or option; a cookie's name cannot hold "=", so that tells them apart. */
static const char *read_word(shs_sources_t *sources, apr_array_header_t *names,
                             const char *word, apr_pool_t *p)
{
    const char *value;

    if ((value = value_of(word, "route=")) != NULL) {
        return set_route(sources, value);
    }
    if ((value = value_of(word, "url=")) != NULL) {
        return set_parameter(sources, value, p);
    }
    if ((value = value_of(word, "path=")) != NULL) {
        return set_path(sources, value);
    }
    if ((value = value_of(word, "domain=")) != NULL) {
        return set_domain(sources, value);
    }
    if ((value = value_of(word, "httponly=")) != NULL) {
        return set_http_only(sources, value);
    }
    if ((value = value_of(word, "samesite=")) != NULL) {
        return set_same_site(sources, value);
    }
    if ((value = value_of(word, "max-age=")) != NULL) {
        return shs_option_parse_lifetime(&sources->cookie.max_age, value, p);
    }
    if (!strcmp(word, "secure") || !strcmp(word, "insecure")) {
        sources->cookie.secure = *word == 's' ? SHS_SECURE_ON : SHS_SECURE_OFF;
        return NULL;
    }
    if (!strcmp(word, "partitioned")) {
        sources->cookie.is_partitioned = 1;
        return NULL;
    }
    return add_name(names, word, p);
}

const char *shs_source_parse(shs_sources_t *out, int count, char *const words[],
                             apr_pool_t *p)
{
    apr_array_header_t *names =
        apr_array_make(p, count + 1, sizeof(const char *));
    int i;

    memset(out, 0, sizeof(*out));
    out->route = '.';
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
    return shs_set_cookie_check(&out->cookie, out->names[0]);
}
