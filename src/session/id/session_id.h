/* SPDX-License-Identifier: Apache-2.0
 *
 * session_id: a session id that passed the check.
 *
 * The id is the user's secret. It is a type of its own so that it cannot slip
 * into a log line by %s; logs use its label.
 */
#ifndef SHS_SESSION_ID_SESSION_ID_H
#define SHS_SESSION_ID_SESSION_ID_H

#include <apr_pools.h>

#include "base/octets.h"

/* Bounds of an id in octets. 16 octets of the shortest common alphabet (hex)
 * are 64 bits, the least that OWASP's session cheat sheet accepts. */
#define SHS_SESSION_ID_MIN 16
#define SHS_SESSION_ID_MAX 256

/* What separates the id from the balancer's route; none: no separator. */
#define SHS_SESSION_ID_NO_ROUTE '\0'

/* Length of a label with its NUL. */
#define SHS_SESSION_ID_LABEL_SIZE 5

/* Length of a SHA-256 digest in hexadecimal, with its NUL. */
#define SHS_SESSION_ID_DIGEST_SIZE 65

typedef struct shs_session_id_t shs_session_id_t;

/* Besides A-Z a-z 0-9 . _ ~ -, what RFC 3986 section 2.3 calls unreserved, an
 * id may have these where an administrator says so. They are what keys are
 * divided by (":", "/", "@", "!", "=") or what an encoding of octets needs. */
#define SHS_SESSION_ID_EXTRAS "+/=:@!"

/* Adds each of the characters to a set, which begins as 0. Returns 0 if one is
 * not of SHS_SESSION_ID_EXTRAS, or if there is none. */
int shs_session_id_add_extras(unsigned char *extras, const char *characters);

/* Whether an id may have the character. */
int shs_session_id_is_allowed(char c, unsigned char extras);

/* Whether the character can separate a route: a cookie can hold it, and no id
 * that is made here does. */
int shs_session_id_is_route(char c);

/* Takes the id out of a cookie's or parameter's value: cuts from the first
 * `route` character on (Tomcat's "ID.jvmRoute") and checks what remains,
 * which must be 16 to 256 octets that are allowed. Returns NULL, or why it is
 * no id, in static words that tell nothing of the value but the class of its
 * first octet that is not allowed. The octets are borrowed from the value. */
const char *shs_session_id_parse(shs_session_id_t *out, shs_octets_t value,
                                 char route, unsigned char extras);

/* Octets of chance in an id of ours, and its length. */
#define SHS_SESSION_ID_ENTROPY 32
#define SHS_SESSION_ID_LENGTH  43

/* A new id: 256 bits from the system's generator (apr_generate_random_bytes())
 * in base64url without padding (RFC 4648 section 5), in p. Returns 0 when the
 * system gives none. */
int shs_session_id_create(shs_session_id_t *out, apr_pool_t *p);

/* Whether two ids are the same. */
int shs_session_id_is_equal(const shs_session_id_t *a,
                            const shs_session_id_t *b);

/* The octets, borrowed: for keys, @id and the cookie, for nothing else. */
shs_octets_t shs_session_id_octets(const shs_session_id_t *sid);

/* Writes the lower-case hexadecimal SHA-256 (FIPS 180-4) of the id. */
void shs_session_id_digest(char out[SHS_SESSION_ID_DIGEST_SIZE],
                           const shs_session_id_t *sid);

/* Writes what logs call this id: the first four digits of its digest. */
void shs_session_id_label(char out[SHS_SESSION_ID_LABEL_SIZE],
                          const shs_session_id_t *sid);

/* ---- private part: visible so that callers can hold one by value ---- */

struct shs_session_id_t {
    shs_octets_t octets;
};

#endif
