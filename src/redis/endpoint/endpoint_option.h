/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint_option: the key=value options behind the URL of a Redis store, their
 * defaults and what they say together. Their order does not matter; of one that
 * is given twice the last counts.
 */
#ifndef SHS_REDIS_ENDPOINT_ENDPOINT_OPTION_H
#define SHS_REDIS_ENDPOINT_ENDPOINT_OPTION_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "redis/endpoint/endpoint.h"

/* How much longer than a lookup may take its probe of the breaker is waited
 * for. */
#define SHS_ENDPOINT_OPTION_PROBE_SLACK (100 * (apr_interval_time_t)1000)

/* Sets what options (const char *) say in an endpoint whose URL was parsed, and
 * the defaults of the others. Reads the password files. Returns NULL, or what
 * is wrong and the cure. */
const char *shs_endpoint_option_parse(shs_endpoint_t *endpoint,
                                      const apr_array_header_t *options,
                                      apr_pool_t *p);

#endif
