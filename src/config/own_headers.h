/* SPDX-License-Identifier: Apache-2.0
 *
 * own_headers: the header names that the module owns in a server, which clients
 * may not send, and the search for them in a client's headers. Names are
 * compared as config/names.h says. The cost is the length of the text times the
 * number of own headers, which is configured.
 */
#ifndef SHS_CONFIG_OWN_HEADERS_H
#define SHS_CONFIG_OWN_HEADERS_H

#include <apr_tables.h>

#include "config/names.h"

/* A set of header names, and of beginnings of header names. */
typedef struct shs_own_headers_t {
    apr_array_header_t *list; /* of the names */
    apr_uint64_t initials;    /* the first characters of all, and of the control
                               * headers, a bit for each: nearly all headers of
                               * a request begin with others */
} shs_own_headers_t;

/* An empty set, in p; one name more, which is borrowed; both sets as one, in
 * p. */
void shs_own_headers_init(shs_own_headers_t *own_headers, apr_pool_t *p);
void shs_own_headers_add(shs_own_headers_t *own_headers, const char *name,
                         int is_prefix);
shs_own_headers_t shs_own_headers_merge(const shs_own_headers_t *outer,
                                        const shs_own_headers_t *inner,
                                        apr_pool_t *p);

/* Whether name[0..len) is an own header's. */
int shs_own_headers_have(const shs_own_headers_t *own_headers, const char *name,
                         apr_size_t len);

/* Whether the name of an own header, or of a control header
 * (config/control_headers.h), may begin with that character. */
static inline int shs_own_headers_may_begin(
    const shs_own_headers_t *own_headers, char initial)
{
    return (own_headers->initials
            & APR_UINT64_C(1) << (shs_names_fold(initial) & 63))
           != 0;
}

/* The list of a Connection header (RFC 9110 section 7.6.1) without the tokens
 * that name own headers. Returns `list` itself, and allocates nothing, if it
 * has no such token; NULL if nothing is left; else the rest, from p, at most
 * one and a half times as long. A token ends where mod_proxy, which obeys the
 * list, ends it: at ",", ";" and any white space. Some versions of httpd allow
 * more white space than RFC 9110 does. */
const char *shs_own_headers_strip(const shs_own_headers_t *own_headers,
                                  const char *list, apr_pool_t *p);

#endif
