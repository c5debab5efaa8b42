/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie_options: the words of SharedSessionCookie: where the id is looked for, and how
 * the cookie is set that carries one of ours.
 */
#ifndef SHS_CONFIG_DIRECTIVE_COOKIE_OPTIONS_H
#define SHS_CONFIG_DIRECTIVE_COOKIE_OPTIONS_H

#include "config/settings.h"

/* Reads all words. Returns NULL and sets *out, or what is wrong and the cure,
 * from p. The words must live as long as p. */
const char *shs_cookie_options_parse(shs_cookie_options_t *out, int count,
                                     char *const words[], apr_pool_t *p);

#endif
