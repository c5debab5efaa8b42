/* SPDX-License-Identifier: Apache-2.0
 *
 * option: the numbers that administrators write. Each parser returns NULL and
 * sets *out, or returns what is wrong and what is right (static text or from
 * p). Nothing is guessed: trailing characters and overflow are errors.
 */
#ifndef SHS_BASE_OPTION_H
#define SHS_BASE_OPTION_H

#include <apr_pools.h>
#include <apr_time.h>

/* "200ms", "60s", "5m", "1h"; the unit is required. 1ms to 24h. */
const char *shs_option_parse_duration(apr_interval_time_t *out,
                                      const char *text, apr_pool_t *p);

/* The same of how long something lives: "60s", "30m", "12h", "7d". 1s to 400d,
 * which is the longest that browsers keep a cookie. */
const char *shs_option_parse_lifetime(apr_interval_time_t *out,
                                      const char *text, apr_pool_t *p);

/* A whole number from `least` to `most`. */
const char *shs_option_parse_number(int *out, const char *text, int least,
                                    int most, apr_pool_t *p);

/* Octets: "65536", "64K", "1M" (1024 each). 1 to 512M, which is the largest
 * value Redis keeps. */
const char *shs_option_parse_size(apr_size_t *out, const char *text,
                                  apr_pool_t *p);

/* Whether the option words[i], "name=value", has a name that an earlier word
 * has too. */
int shs_option_is_repeated(char *const words[], int i);

/* A duration in words for a person: "200ms", "60s". From p. */
const char *shs_option_describe_duration(apr_interval_time_t duration,
                                         apr_pool_t *p);

#endif
