/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie_options: parses the arguments of SharedSessionCookie: where the
 * session id is looked for, and which attributes the session cookie gets.
 */
#ifndef SHS_CONFIG_DIRECTIVE_COOKIE_OPTIONS_H
#define SHS_CONFIG_DIRECTIVE_COOKIE_OPTIONS_H

#include "config/cookie_options.h"

/* Parses all words. `base` has the options of the profile that applies, or is
 * NULL: then a name is required. Returns NULL and sets *out, or what is wrong
 * and the cure, from p. The words, and what `base` points to, must live as long
 * as p. */
const char *shs_cookie_options_parse(shs_cookie_options_t *out,
                                     const shs_cookie_options_t *base,
                                     int count, const char *const words[],
                                     apr_pool_t *p);

#endif
