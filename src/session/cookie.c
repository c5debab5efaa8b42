/* SPDX-License-Identifier: Apache-2.0 */
#include "session/cookie.h"

#include <string.h>

#include <apr_lib.h>

static const char *skip_space(const char *c)
{
    while (*c == ' ' || *c == '\t') {
        ++c;
    }
    return c;
}

/* The next ";", or the next ", ": so httpd joins two Cookie lines. To everybody
 * who reads by RFC 6265 any other "," is an octet of the value. */
static const char *find_separator(const char *c)
{
    c += strcspn(c, ",;");
    while (*c == ',' && c[1] != ' ') {
        ++c;
        c += strcspn(c, ",;");
    }
    return c;
}

/* Where the pair that starts at c ends: at ";", which no quotation protects
 * (RFC 6265 section 4.1.1), or at ", " outside quotation marks. A mark that is
 * not closed before the ";" quotes nothing. */
static const char *end_of_pair(const char *c)
{
    const char *semicolon = c + strcspn(c, ";");
    const char *end = find_separator(c);
    const char *equals = c + strcspn(c, "=");

    if (*equals && equals < end) {
        const char *quote = skip_space(equals + 1);
        const char *closing = *quote == '"' ? strpbrk(quote + 1, "\";") : NULL;

        if (closing && *closing == '"') {
            end = find_separator(closing + 1);
        }
    }
    return end < semicolon ? end : semicolon;
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

int shs_cookie_next(shs_octets_t *value, const char **cursor, const char *name)
{
    apr_size_t len = strlen(name);
    const char *c = *cursor;
    int is_found = 0;

    while (*c && !is_found) {
        const char *end, *equals;

        c = skip_space(c);
        end = end_of_pair(c);
        if (!strncmp(c, name, len)) {
            equals = skip_space(c + len);
            if (*equals == '=' && equals < end) {
                *value = trim(equals + 1, end);
                is_found = 1;
            }
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
    int found = 0;

    while (c < end && (c = memchr(c, ';', (apr_size_t)(end - c))) != NULL) {
        ++c;
        if ((apr_size_t)(end - c) > len && !strncmp(c, name, len)
            && c[len] == '=') {
            c += len + 1;
            value->data = c;
            value->len = strcspn(c, ";/?#");
            found = 1;
        }
    }
    return found;
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
