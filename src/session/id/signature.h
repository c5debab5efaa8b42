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
 */
#ifndef SHS_SESSION_ID_SIGNATURE_H
#define SHS_SESSION_ID_SIGNATURE_H

typedef enum shs_sign_t {
    SHS_SIGN_NONE,
    SHS_SIGN_EXPRESS,
    SHS_SIGN_FASTIFY,
    SHS_SIGN_KOA
} shs_sign_t;

#endif
