/* SPDX-License-Identifier: Apache-2.0 */
#include "config/own_headers.h"

#include <string.h>

#include "config/control_headers.h"

#define SEPARATORS ",; \t\v\f\r\n"

/* A name, or the beginning of one. */
typedef struct own_header_t {
    const char *name;
    int is_prefix;
} own_header_t;

/* A digit may share a letter's bit: then the names are compared. */
static apr_uint64_t bit_of_initial(const char *name)
{
    return APR_UINT64_C(1) << (shs_names_fold(*name) & 63);
}

/* All control headers begin with the same letter. */
void shs_own_headers_init(shs_own_headers_t *own_headers, apr_pool_t *p)
{
    own_headers->list = apr_array_make(p, 4, sizeof(own_header_t));
    own_headers->initials = bit_of_initial(SHS_CONTROL_HEADERS_SET);
}

void shs_own_headers_add(shs_own_headers_t *own_headers, const char *name,
                         int is_prefix)
{
    own_header_t *own = apr_array_push(own_headers->list);

    own->name = name;
    own->is_prefix = is_prefix;
    own_headers->initials |= bit_of_initial(name);
}

shs_own_headers_t shs_own_headers_merge(const shs_own_headers_t *outer,
                                        const shs_own_headers_t *inner,
                                        apr_pool_t *p)
{
    shs_own_headers_t merged = {
        apr_array_append(p, outer->list, inner->list),
        outer->initials | inner->initials,
    };

    return merged;
}

static int covers(const own_header_t *header, const char *name, apr_size_t len)
{
    const char *c = header->name;
    apr_size_t i = 0;

    while (i < len && *c && shs_names_fold(name[i]) == shs_names_fold(*c)) {
        ++i;
        ++c;
    }
    return !*c && (i == len || header->is_prefix);
}

int shs_own_headers_have(const shs_own_headers_t *own_headers, const char *name,
                         apr_size_t len)
{
    const apr_array_header_t *list = own_headers->list;
    int i = 0;

    if (len == 0 || !shs_own_headers_may_begin(own_headers, *name)) {
        return 0;
    }
    while (i < list->nelts
           && !covers(&APR_ARRAY_IDX(list, i, own_header_t), name, len)) {
        ++i;
    }
    return i < list->nelts;
}

/* The next token from *cursor on, or NULL. Moves *cursor behind it. */
static const char *next_token(apr_size_t *len, const char **cursor)
{
    const char *token = *cursor + strspn(*cursor, SEPARATORS);

    *len = strcspn(token, SEPARATORS);
    *cursor = token + *len;
    return *len > 0 ? token : NULL;
}

static int lists_own(const shs_own_headers_t *own_headers, const char *list)
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
const char *shs_own_headers_strip(const shs_own_headers_t *own_headers,
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
