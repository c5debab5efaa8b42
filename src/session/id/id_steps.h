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

/* What proves that the framework has made an id; borrowed from the value, or
 * from the pool. */
typedef struct shs_id_proof_t {
    shs_octets_t text;      /* what is signed; for koa, "NAME=" precedes it */
    shs_octets_t signature; /* empty for koa, which has it in another cookie */
} shs_id_proof_t;

/* Whether an id that this module creates, in a cookie that it sets, passes the
 * steps. */
static inline int shs_id_steps_accept_own(const shs_id_steps_t *steps)
{
    return steps->sign == SHS_SIGN_NONE
           && shs_id_pattern_is_any(&steps->pattern);
}

/* The part of parse() for the cookies of frameworks. */
const char *shs_id_steps_parse_foreign(shs_session_id_t *out,
                                       shs_id_proof_t *proof,
                                       const shs_id_steps_t *steps,
                                       shs_octets_t value, apr_pool_t *p);

/* Makes an id of a value. Returns NULL, or why it is no id (static). With a
 * signature, the id must not be used before shs_signature_verify() has accepted
 * *proof, which is set only then. The id is borrowed from the value, or from p.
 * The cost is linear in the length of the value. Inline, as this module's own
 * cookies have no steps. */
static inline const char *shs_id_steps_parse(shs_session_id_t *out,
                                             shs_id_proof_t *proof,
                                             const shs_id_steps_t *steps,
                                             shs_octets_t value, apr_pool_t *p)
{
    return steps->decode == 0 && shs_id_steps_accept_own(steps)
               ? shs_session_id_parse(out, value, steps->route, steps->extras)
               : shs_id_steps_parse_foreign(out, proof, steps, value, p);
}

/* Whether the steps make the same ids of all values. Inline: each lookup
 * asks. */
static inline int shs_id_steps_is_equal(const shs_id_steps_t *a,
                                        const shs_id_steps_t *b)
{
    return a->decode == b->decode && a->sign == b->sign
           && (a->secrets == b->secrets
               || shs_secret_file_is_same(a->secrets, b->secrets))
           && shs_id_pattern_is_equal(&a->pattern, &b->pattern)
           && a->route == b->route && a->extras == b->extras;
}

#endif
