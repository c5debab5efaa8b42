/* SPDX-License-Identifier: Apache-2.0 */
#include "session/set_cookie.h"

#include <string.h>

#include <apr_strings.h>

static int begins(const char *name, const char *prefix)
{
    /* Browsers compare the prefixes without regard to case. */
    return !strncasecmp(name, prefix, strlen(prefix));
}

const char *shs_set_cookie_check(const shs_set_cookie_t *cookie,
                                 const char *name)
{
    int is_host = begins(name, "__Host-");

    if (cookie->secure == SHS_SECURE_OFF) {
        if (is_host || begins(name, "__Secure-")) {
            return "browsers refuse a name that begins with __Host- or"
                   " __Secure- without Secure: remove insecure";
        }
        if (cookie->same_site && !strcmp(cookie->same_site, "None")) {
            return "browsers refuse SameSite=None without Secure: remove"
                   " insecure";
        }
        if (cookie->is_partitioned) {
            return "browsers refuse Partitioned without Secure: remove"
                   " insecure";
        }
    }
    if (is_host && (cookie->domain || (cookie->path && cookie->path[1]))) {
        return "browsers refuse a name that begins with __Host- with a domain"
               " or a path other than /: remove domain= and path=";
    }
    return NULL;
}

/* What browsers take only with Secure gets it. */
static int is_secure(const shs_set_cookie_t *cookie, const char *name,
                     int is_tls)
{
    return cookie->secure == SHS_SECURE_ON
           || (cookie->secure == SHS_SECURE_AUTO
               && (is_tls || cookie->is_partitioned || begins(name, "__Host-")
                   || begins(name, "__Secure-")
                   || (cookie->same_site
                       && !strcmp(cookie->same_site, "None"))));
}

const char *shs_set_cookie_write(const shs_set_cookie_t *cookie,
                                 const char *name, shs_octets_t value,
                                 int is_tls, apr_pool_t *p)
{
    const char *age = "";

    if (!value.data) {
        age = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    }
    else if (cookie->max_age > 0) {
        age = apr_psprintf(p, "; Max-Age=%" APR_TIME_T_FMT,
                           apr_time_sec(cookie->max_age));
    }
    return apr_pstrcat(
        p, name, "=",
        value.data ? apr_pstrmemdup(p, value.data, value.len) : "",
        "; Path=", cookie->path ? cookie->path : "/",
        cookie->domain ? "; Domain=" : "", cookie->domain ? cookie->domain : "",
        age, is_secure(cookie, name, is_tls) ? "; Secure" : "",
        cookie->is_for_scripts ? "" : "; HttpOnly",
        "; SameSite=", cookie->same_site ? cookie->same_site : "Lax",
        cookie->is_partitioned ? "; Partitioned" : "", NULL);
}
