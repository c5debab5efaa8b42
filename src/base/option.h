/* SPDX-License-Identifier: Apache-2.0
 *
 * option: parses the options and numbers of directives. Each parser returns
 * NULL and sets *out, or returns what is wrong and the cure (static or from p).
 * Nothing is guessed: trailing characters and overflow are errors.
 */
#ifndef SHS_BASE_OPTION_H
#define SHS_BASE_OPTION_H

#include <apr_pools.h>
#include <apr_time.h>

/* "200ms", "60s", "5m", "1h"; the unit is required. 1ms to 24h. */
const char *shs_option_parse_duration(apr_interval_time_t *out,
                                      const char *text, apr_pool_t *p);

/* A lifetime: "60s", "30m", "12h", "7d"; the unit is required. 1s to 400d, the
 * longest that browsers keep a cookie. */
const char *shs_option_parse_lifetime(apr_interval_time_t *out,
                                      const char *text, apr_pool_t *p);

/* A whole number from `least` to `most`. */
const char *shs_option_parse_number(int *out, const char *text, int least,
                                    int most, apr_pool_t *p);

/* Octets: "65536", "64K" (1024), "1M". 1 to 512M, the largest value in
 * Redis. */
const char *shs_option_parse_size(apr_size_t *out, const char *text,
                                  apr_pool_t *p);

/* A duration for people: "200ms", "60s". From p. */
const char *shs_option_describe_duration(apr_interval_time_t duration,
                                         apr_pool_t *p);

#endif
