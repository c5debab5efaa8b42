/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/cookie.h"

#include <string.h>

#include <apr_lib.h>

static const char *skip_space(const char *c)
{
    while (*c == ' ' || *c == '\t') {
        ++c;
    }
    return c;
}

/* Whether a pair ends at c: at ";", and at ", " with SHS_COOKIE_AT_COMMAS. */
static int is_separator(const char *c, shs_cookie_split_t split)
{
    return *c == ';'
           || (split == SHS_COOKIE_AT_COMMAS && *c == ',' && c[1] == ' ');
}

static const char *find_separator(const char *c, shs_cookie_split_t split)
{
    while (*c && !is_separator(c, split)) {
        ++c;
    }
    return c;
}

/* The end of the value behind "=". Quotation marks protect a ", " inside them,
 * but not a ";" (RFC 6265 section 4.1.1): a mark that is not closed before the
 * next ";" quotes nothing. */
static const char *find_end_of_value(const char *c, shs_cookie_split_t split)
{
    const char *quote = skip_space(c);

    if (split == SHS_COOKIE_AT_COMMAS && *quote == '"') {
        const char *closing = strpbrk(quote + 1, "\";");

        if (closing && *closing == '"') {
            return find_separator(closing + 1, split);
        }
    }
    return find_separator(c, split);
}

static shs_octets_t trim(const char *from, const char *to)
{
    shs_octets_t value;

    from = skip_space(from);
    while (to > from && (to[-1] == ' ' || to[-1] == '\t')) {
        --to;
    }
    if (to - from >= 2 && *from == '"' && to[-1] == '"') {
        ++from;
        --to;
    }
    value.data = from;
    value.len = (apr_size_t)(to - from);
    return value;
}

/* The "=" of the pair that starts at c, or the pair's end if it has none. */
static const char *find_equals(const char *c, shs_cookie_split_t split)
{
    while (*c && *c != '=' && !is_separator(c, split)) {
        ++c;
    }
    return c;
}

/* The "=" of a pair that starts at c, if it has that name, which is a token; or
 * NULL. */
static const char *find_equals_of(const char *c, const char *name)
{
    while (*name && *c == *name) {
        ++c;
        ++name;
    }
    if (*name) {
        return NULL;
    }
    c = skip_space(c);
    return *c == '=' ? c : NULL;
}

/* The end of the pair that starts at c. */
static const char *find_end(const char *c, shs_cookie_split_t split)
{
    if (split == SHS_COOKIE_AT_SEMICOLONS) {
        const char *end = strchr(c, ';');

        return end ? end : c + strlen(c);
    }
    c = find_equals(c, split);
    return *c == '=' ? find_end_of_value(c + 1, split) : c;
}

int shs_cookie_next(shs_octets_t *value, const char **cursor, const char *name,
                    shs_cookie_split_t split)
{
    const char *c = *cursor;
    int is_found = 0;

    while (*c && !is_found) {
        const char *equals, *end;

        c = skip_space(c);
        equals = find_equals_of(c, name);
        end = find_end(c, split);
        if (equals) {
            *value = trim(equals + 1, end);
            is_found = 1;
        }
        c = *end ? end + 1 : end;
    }
    *cursor = c;
    return is_found;
}

int shs_cookie_find_parameter(shs_octets_t *value, const char *target,
                              const char *name)
{
    apr_size_t len = strlen(name);
    const char *end = target + strcspn(target, "?#");
    const char *c = target;

    while (c < end && (c = memchr(c, ';', (apr_size_t)(end - c))) != NULL) {
        ++c;
        if ((apr_size_t)(end - c) > len && !strncmp(c, name, len)
            && c[len] == '=') {
            value->data = c + len + 1;
            value->len = strcspn(value->data, ";/?#");
            return 1;
        }
    }
    return 0;
}

int shs_cookie_is_name(const char *name)
{
    const char *c;

    for (c = name; *c; ++c) {
        if (!apr_isalnum(*c) && !strchr("!#$%&'*+-.^_`|~", *c)) {
            return 0;
        }
    }
    return c > name;
}

/* Browsers compare the prefixes without regard to case. */
int shs_cookie_is_prefixed(const char *name)
{
    static const char *const prefixes[] = { "__Host-", "__Secure-", "__Http-" };
    apr_size_t i;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); ++i) {
        if (!strncasecmp(name, prefixes[i], strlen(prefixes[i]))) {
            return 1;
        }
    }
    return 0;
}
