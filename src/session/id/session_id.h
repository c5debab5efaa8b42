/* SPDX-License-Identifier: Apache-2.0
 *
 * session_id: a session id that passed the check.
 *
 * The id is the user's secret. It is a type of its own so that it cannot reach
 * a log line by %s; logs show its label.
 */
#ifndef SHS_SESSION_ID_SESSION_ID_H
#define SHS_SESSION_ID_SESSION_ID_H

#include <apr_pools.h>

#include "base/octets.h"

/* Bounds of an id in octets. 16 octets of the shortest common alphabet (hex)
 * are 64 bits, the minimum of OWASP's session management cheat sheet. */
#define SHS_SESSION_ID_MIN 16
#define SHS_SESSION_ID_MAX 256

/* The separator between the id and the balancer's route: there is none. */
#define SHS_SESSION_ID_NO_ROUTE '\0'

/* Length of a label with its NUL. */
#define SHS_SESSION_ID_LABEL_SIZE 5

/* Length of a SHA-256 digest in hexadecimal, with its NUL. */
#define SHS_SESSION_ID_DIGEST_SIZE 65

typedef struct shs_session_id_t shs_session_id_t;

/* An id consists of A-Z a-z 0-9 . _ ~ -, which RFC 3986 section 2.3 calls
 * unreserved. The administrator may allow these too. Some separate the parts of
 * keys (":", "/", "@", "!", "="), others are needed by encodings of octets. */
#define SHS_SESSION_ID_EXTRAS "+/=:@!"

/* Adds each of the characters to a set, which starts as 0. Returns 0 if one is
 * not in SHS_SESSION_ID_EXTRAS, or if there are none. */
int shs_session_id_add_extras(unsigned char *extras, const char *characters);

/* Whether an id may contain the character. */
int shs_session_id_is_allowed(char c, unsigned char extras);

/* Whether the character can separate a route: a cookie can contain it, and no
 * id that is created here does. */
int shs_session_id_is_route(char c);

/* Parses the value of a cookie or parameter: cuts it at the first `route`
 * character (Tomcat's "ID.jvmRoute") and checks that the rest is 16 to 256
 * allowed octets. Returns NULL, or why it is no id, in static words that reveal
 * nothing of the value but the class of its first octet that is not allowed.
 * The octets are borrowed from the value. */
const char *shs_session_id_parse(shs_session_id_t *out, shs_octets_t value,
                                 char route, unsigned char extras);

/* Random octets in an id that is created here, and its length. */
#define SHS_SESSION_ID_ENTROPY 32
#define SHS_SESSION_ID_LENGTH  43

/* Creates an id: 256 bits from the system's generator
 * (apr_generate_random_bytes()) in base64url without padding (RFC 4648 section
 * 5), in p. Returns 0 when the system gives none. */
int shs_session_id_create(shs_session_id_t *out, apr_pool_t *p);

/* Whether two ids are the same. */
int shs_session_id_is_equal(const shs_session_id_t *a,
                            const shs_session_id_t *b);

/* The octets, borrowed. Only for keys, @id and the cookie. */
shs_octets_t shs_session_id_octets(const shs_session_id_t *sid);

/* Writes the lower-case hexadecimal SHA-256 (FIPS 180-4) of the id. Returns 0
 * if OpenSSL cannot: it has no memory, or its configuration no provider of
 * SHA-256. Then there is no digest; a made-up one would be the same for all
 * users. */
int shs_session_id_digest(char out[SHS_SESSION_ID_DIGEST_SIZE],
                          const shs_session_id_t *sid);

/* Writes the id's label for logs: the first four digits of its digest, or "-"
 * if there is none. */
void shs_session_id_label(char out[SHS_SESSION_ID_LABEL_SIZE],
                          const shs_session_id_t *sid);

/* ---- private part: visible so that callers can hold one by value ---- */

struct shs_session_id_t {
    shs_octets_t octets;
};

#endif
