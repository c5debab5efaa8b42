/* SPDX-License-Identifier: Apache-2.0
 *
 * set_cookie: the Set-Cookie header that sets or removes the session cookie.
 * RFC 6265 section 4.1, with SameSite and the name prefixes of
 * draft-ietf-httpbis-rfc6265bis, and Partitioned of CHIPS
 * (draft-cutler-httpbis-partitioned-cookies).
 */
#ifndef SHS_SESSION_ID_SET_COOKIE_H
#define SHS_SESSION_ID_SET_COOKIE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/octets.h"

typedef enum shs_secure_t {
    SHS_SECURE_AUTO, /* if the request came by TLS */
    SHS_SECURE_ON,
    SHS_SECURE_OFF
} shs_secure_t;

/* Zeroed: Path=/; HttpOnly; SameSite=Lax, until the browser is closed. */
typedef struct shs_set_cookie_t {
    const char *path;      /* NULL: / */
    const char *domain;    /* NULL: only this host */
    const char *same_site; /* Lax, Strict or None; NULL: Lax */
    shs_secure_t secure;
    int is_for_scripts; /* no HttpOnly */
    int is_partitioned;
    apr_interval_time_t max_age; /* 0: until the browser is closed */
} shs_set_cookie_t;

/* NULL if browsers accept such a cookie of that name, else what is wrong and
 * the cure (static). */
const char *shs_set_cookie_check(const shs_set_cookie_t *cookie,
                                 const char *name);

/* The header's value, from p. `value` must need no quoting, as an id created
 * here; without data it removes the cookie. Whatever `cookie` says, a name with
 * a prefix gets what browsers require: Secure, and with __Host- Path=/ and no
 * Domain. */
const char *shs_set_cookie_format(const shs_set_cookie_t *cookie,
                                  const char *name, shs_octets_t value,
                                  int is_tls, apr_pool_t *p);

#endif
