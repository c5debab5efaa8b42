/* SPDX-License-Identifier: Apache-2.0
 *
 * signature: the signatures with which frameworks protect the id in a cookie.
 *
 *   express  the value is "s:" id "." signature
 *            (the npm packages express-session and cookie-signature)
 *   fastify  the value is id "." signature (@fastify/session, @fastify/cookie)
 *   koa      the value is the id, and the cookie NAME.sig has the signature of
 *            "NAME=value" (koa-session, cookies and keygrip)
 *
 * express and fastify: base64 without padding of HMAC-SHA256; koa: base64url
 * without padding of HMAC-SHA1 (RFC 2104, RFC 4648 sections 4 and 5).
 *
 * A signature is compared in constant time, as text: another text of the same
 * octets is wrong, as it is to the frameworks.
 */
#ifndef SHS_SESSION_ID_SIGNATURE_H
#define SHS_SESSION_ID_SIGNATURE_H

#include "base/octets.h"
#include "session/id/secret_file.h"

typedef enum shs_sign_t {
    SHS_SIGN_NONE,
    SHS_SIGN_EXPRESS,
    SHS_SIGN_FASTIFY,
    SHS_SIGN_KOA
} shs_sign_t;

/* Behind the name of a cookie: the name of the cookie with its signature. */
#define SHS_SIGNATURE_KOA_SUFFIX ".sig"

/* Separates the id and the signature in a value: the signature is what follows
 * the last ".". Returns NULL, or why the value is not of that form (static):
 * it begins with "s:" (express), and the signature has the length and the
 * characters of one. All are borrowed from the value. For koa, *signature is
 * empty. */
const char *shs_signature_split(shs_octets_t *id, shs_octets_t *signature,
                                shs_sign_t sign, shs_octets_t value);

/* Whether the octets have the length and the characters of a signature. */
int shs_signature_is_plausible(shs_sign_t sign, shs_octets_t signature);

/* Whether one of the secrets gives one of the signatures, each of which is
 * plausible, for the text: the id, or for koa "NAME=value". Each secret costs
 * one digest, whatever the number of signatures. Nothing is verified if OpenSSL
 * cannot compute the digest. */
int shs_signature_verify(shs_sign_t sign, const shs_secrets_t *secrets,
                         shs_octets_t text, const shs_octets_t *signatures,
                         int count);

#endif
