/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint_url: the URL of a Redis store. A password with an unescaped "/" or
 * "," in it makes the rest of it look like a host, a port, the master's name or
 * a database, so no message repeats any part of the URL.
 */
#ifndef SHS_REDIS_ENDPOINT_ENDPOINT_URL_H
#define SHS_REDIS_ENDPOINT_ENDPOINT_URL_H

#include <apr_pools.h>

#include "redis/endpoint/endpoint.h"

/* Sets what a URL says in a zeroed endpoint: mode, servers or path,
 * master_name, credentials (of Redis), db and is_tls. Returns NULL, or what is
 * wrong and the cure. */
const char *shs_endpoint_url_parse(shs_endpoint_t *endpoint, const char *url,
                                   apr_pool_t *p);

#endif
