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

/* A header name, or the beginning of one. */
typedef struct shs_own_header_t {
    const char *name;
    int is_prefix;
} shs_own_header_t;

/* Whether name[0..len) is an own header's. `own_headers` are of
 * shs_own_header_t. */
int shs_own_headers_have(const apr_array_header_t *own_headers,
                         const char *name, apr_size_t len);

/* The list of a Connection header (RFC 9110 section 7.6.1) without the tokens
 * that name own headers. Returns `list` itself, and allocates nothing, if it
 * has no such token; NULL if nothing is left; else the rest, from p, at most
 * one and a half times as long. A token ends where mod_proxy, which obeys the
 * list, ends it: at ",", ";" and any white space. Some versions of httpd allow
 * more white space than RFC 9110 does. */
const char *shs_own_headers_strip(const apr_array_header_t *own_headers,
                                  const char *list, apr_pool_t *p);

#endif
