/* SPDX-License-Identifier: Apache-2.0 */
#include "config/own_headers.h"

#include <string.h>

#include "config/names.h"

#define SEPARATORS ",; \t\v\f\r\n"

static int covers(const shs_own_header_t *header, const char *name,
                  apr_size_t len)
{
    const char *c = header->name;
    apr_size_t i = 0;

    while (i < len && *c && shs_names_fold(name[i]) == shs_names_fold(*c)) {
        ++i;
        ++c;
    }
    return !*c && (i == len || header->is_prefix);
}

int shs_own_headers_have(const apr_array_header_t *own_headers,
                         const char *name, apr_size_t len)
{
    int i = 0;

    while (i < own_headers->nelts
           && !covers(&APR_ARRAY_IDX(own_headers, i, shs_own_header_t), name,
                      len)) {
        ++i;
    }
    return i < own_headers->nelts;
}

/* The next token from *cursor on, or NULL. Moves *cursor behind it. */
static const char *next_token(apr_size_t *len, const char **cursor)
{
    const char *token = *cursor + strspn(*cursor, SEPARATORS);

    *len = strcspn(token, SEPARATORS);
    *cursor = token + *len;
    return *len > 0 ? token : NULL;
}

static int lists_own(const apr_array_header_t *own_headers, const char *list)
{
    const char *token;
    apr_size_t len;

    while ((token = next_token(&len, &list)) != NULL) {
        if (shs_own_headers_have(own_headers, token, len)) {
            return 1;
        }
    }
    return 0;
}

/* At least one separator follows each token but the last; the result has
 * two. */
const char *shs_own_headers_strip(const apr_array_header_t *own_headers,
                                  const char *list, apr_pool_t *p)
{
    char *kept, *to;
    const char *token;
    apr_size_t len;

    if (!lists_own(own_headers, list)) {
        return list;
    }
    kept = to = apr_palloc(p, strlen(list) + strlen(list) / 2 + 2);
    while ((token = next_token(&len, &list)) != NULL) {
        if (shs_own_headers_have(own_headers, token, len)) {
            continue;
        }
        if (to > kept) {
            *to++ = ',';
            *to++ = ' ';
        }
        memcpy(to, token, len);
        to += len;
    }
    *to = '\0';
    return to > kept ? kept : NULL;
}
