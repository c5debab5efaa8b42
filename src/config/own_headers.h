/* SPDX-License-Identifier: Apache-2.0
 *
 * own_headers: the header names that are ours in a server, so that no client sends
 * them; and how they are found among what a client sends. Compared as names of
 * headers are (config/names.h). The cost grows with the length of what is
 * looked at, times the number of claims, which the configuration says.
 */
#ifndef SHS_CONFIG_OWN_HEADERS_H
#define SHS_CONFIG_OWN_HEADERS_H

#include <apr_tables.h>

/* The headers of a response that say what is to become of the session. No
 * request has any business with them, whatever is On. */
#define SHS_CONTROL_SET    "X-Session-Set"
#define SHS_CONTROL_UNSET  "X-Session-Unset"
#define SHS_CONTROL_ACTION "X-Session-Action"

/* Whether a name folds to one of these. */
int shs_own_headers_is_control(const char *name);

/* A header name, or the beginning of one. */
typedef struct shs_own_header_t {
    const char *name;
    int is_prefix;
} shs_own_header_t;

/* Whether name[0..len) is claimed. `claims` are of shs_own_header_t. */
int shs_own_headers_have(const apr_array_header_t *own_headers,
                         const char *name, apr_size_t len);

/* The list of a Connection header (RFC 9110 section 7.6.1) without the tokens
 * that name a claimed header. Returns `list` itself when it has none, and
 * nothing is allocated; NULL when nothing is left; else the rest, from p, at
 * most one and a half times as long. A token ends where mod_proxy, which obeys
 * the list, ends it: at "," and ";" and any white space, of which some versions
 * of httpd let more in than RFC 9110 allows. */
const char *shs_own_headers_strip(const apr_array_header_t *own_headers,
                                  const char *list, apr_pool_t *p);

#endif
