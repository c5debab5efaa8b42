/* SPDX-License-Identifier: Apache-2.0
 *
 * json_string: the strings of JSON (RFC 8259 section 7): finds the end of one,
 * checks its UTF-8 (RFC 3629) and decodes its escapes.
 */
#ifndef SHS_SESSION_JSON_JSON_STRING_H
#define SHS_SESSION_JSON_JSON_STRING_H

#include <apr_pools.h>

#include "base/octets.h"

/* Takes a string from *at, which is behind its opening quotation mark. Returns
 * 1 with *at behind its closing one, and sets *text, unless `text` is NULL: its
 * octets are borrowed, or from p if there was an escape. Returns 0 with *at
 * where the string cannot be read. */
int shs_json_string_take(shs_octets_t *text, const char **at, const char *end,
                         apr_pool_t *p);

#endif
