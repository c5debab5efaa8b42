/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint_url: parses the URL of a Redis store. A password with an unescaped
 * "/" or "," makes its rest look like a host, a port, the master's name or a
 * database, so no message repeats any part of the URL.
 */
#ifndef SHS_REDIS_ENDPOINT_ENDPOINT_URL_H
#define SHS_REDIS_ENDPOINT_ENDPOINT_URL_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "redis/endpoint/endpoint.h"

/* Sets the fields that a URL sets in a zeroed endpoint: mode, servers or path,
 * master_name, credentials (of Redis), db and is_tls. Returns NULL, or what is
 * wrong and the cure. */
const char *shs_endpoint_url_parse(shs_endpoint_t *endpoint, const char *url,
                                   apr_pool_t *p);

/* The same for a URL and the options (const char *) behind it, which are parsed
 * second. Returns NULL and sets *out, or returns what is wrong and the cure. */
const char *shs_endpoint_url_parse_with_options(
    shs_endpoint_t **out, const char *url, const apr_array_header_t *options,
    apr_pool_t *p);

#endif
