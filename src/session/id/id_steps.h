/* SPDX-License-Identifier: Apache-2.0
 *
 * id_steps: the steps by which the value of a cookie, or of a path parameter,
 * becomes a session id:
 *
 *   1. decode=percent: percent-decoding
 *   2. sign=: the signature is separated from the id
 *   3. decode=base64: base64-decoding
 *   4. the id's pattern: its prefix is cut, then the balancer's route, and the
 *      rest is checked
 *
 * Zeroed, with a route: the value is the id, as in this module's own cookies.
 */
#ifndef SHS_SESSION_ID_ID_STEPS_H
#define SHS_SESSION_ID_ID_STEPS_H

#include "session/id/id_pattern.h"
#include "session/id/secret_file.h"
#include "session/id/signature.h"

/* RFC 3986 section 2.1; a "+" stays, and a value with a wrong escape is taken
 * as it is. */
#define SHS_DECODE_PERCENT 1
/* RFC 4648 sections 4 and 5, with or without padding; a value whose decoding is
 * no id is taken as it is. */
#define SHS_DECODE_BASE64 2

typedef struct shs_id_steps_t {
    unsigned decode; /* of SHS_DECODE_*; not BASE64 with a signature */
    shs_sign_t sign;
    shs_secret_file_t *secrets; /* of the signature; NULL without one */
    shs_id_pattern_t pattern;
    char route;           /* separates the balancer's route from the id, or
                           * SHS_SESSION_ID_NO_ROUTE */
    unsigned char extras; /* characters that ids may have: session_id.h */
} shs_id_steps_t;

/* Whether the steps make the same ids of all values. */
int shs_id_steps_is_equal(const shs_id_steps_t *a, const shs_id_steps_t *b);

#endif
