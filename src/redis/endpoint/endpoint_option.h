/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint_option: parses the key=value options behind the URL of a Redis
 * store, sets their defaults and checks them together. Their order does not
 * matter; each may be given once.
 */
#ifndef SHS_REDIS_ENDPOINT_ENDPOINT_OPTION_H
#define SHS_REDIS_ENDPOINT_ENDPOINT_OPTION_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "redis/endpoint/endpoint.h"

/* How much longer than a lookup may take the breaker waits for its probe. */
#define SHS_ENDPOINT_OPTION_PROBE_SLACK (100 * (apr_interval_time_t)1000)

/* Sets the options (const char *) in an endpoint whose URL was parsed, and the
 * defaults of the others. Reads the password files. Returns NULL, or what is
 * wrong and the cure. */
const char *shs_endpoint_option_parse(shs_endpoint_t *endpoint,
                                      const apr_array_header_t *options,
                                      apr_pool_t *p);

#endif
