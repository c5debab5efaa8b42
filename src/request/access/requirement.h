/* SPDX-License-Identifier: Apache-2.0
 *
 * requirement: what a line `Require shared-session ...` asks of a session, and
 * whether a session meets it. It knows no request.
 *
 *     shared-session                        a session, whatever it contains
 *     shared-session ATTRIBUTE              the attribute is neither null nor
 *                                           empty nor false
 *     shared-session ATTRIBUTE VALUE ...    its text is one of the values; of
 *                                           an array, one element's text is
 *     shared-session ATTRIBUTE ~ REGEX      the text, or that of one element,
 *                                           matches (PCRE, as httpd has it)
 *
 * Texts are compared octet by octet. An attribute of an untyped session
 * (session/session.h) is a text, even one that reads like an array: users may
 * choose texts, so only `[*]` behind the ATTRIBUTE makes the text's JSON array
 * count as an array.
 */
#ifndef SHS_REQUEST_ACCESS_REQUIREMENT_H
#define SHS_REQUEST_ACCESS_REQUIREMENT_H

#include <httpd.h>

#include "request/lookup/lookup.h"

typedef struct shs_requirement_t shs_requirement_t;

/* Parses what follows `shared-session`. Returns NULL and sets *out, from p; or
 * returns what is wrong and the cure, from p. The arguments must live as long
 * as the requirement. */
const char *shs_requirement_parse(shs_requirement_t **out, const char *args,
                                  apr_pool_t *p);

/* The lookup of r that the requirement is about, as shs_session_ops_find()
 * returns it. */
const shs_lookup_t *shs_requirement_lookup(const shs_requirement_t *requirement,
                                           request_rec *r);

/* The longest text that a regular expression is applied to, in octets: the time
 * of some expressions grows with the square of the text's length. */
#define SHS_REQUIREMENT_MAX_MATCH 4096

typedef enum shs_requirement_result_t {
    SHS_REQUIREMENT_UNMET,
    SHS_REQUIREMENT_MET,
    SHS_REQUIREMENT_UNREAD, /* SharedSessionAttributes does not name the
                             * attribute, or it could not be understood */
    SHS_REQUIREMENT_UNKNOWN /* no text matches as far as it is known: one is too
                             * long for the regular expression, or takes more
                             * steps than PCRE allows */
} shs_requirement_result_t;

/* Whether the session meets the requirement. `lookup` is that of
 * shs_requirement_lookup(), and FOUND. */
shs_requirement_result_t shs_requirement_check(
    const shs_requirement_t *requirement, const shs_lookup_t *lookup,
    request_rec *r);

#endif
