/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/set_cookie.h"

#include <string.h>

#include <apr_strings.h>

#include "session/id/cookie.h"

/* Browsers compare the prefixes without regard to case. */
static int is_host_only(const char *name)
{
    return !strncasecmp(name, "__Host-", 7);
}

const char *shs_set_cookie_check(const shs_set_cookie_t *cookie,
                                 const char *name)
{
    int is_host = is_host_only(name);

    if (cookie->secure == SHS_SECURE_OFF) {
        if (shs_cookie_is_prefixed(name)) {
            return "browsers refuse a name that begins with __Host-, __Secure-"
                   " or __Http- without Secure: remove insecure";
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

/* A cookie that browsers accept only with Secure gets it. */
static int is_secure(const shs_set_cookie_t *cookie, const char *name,
                     int is_tls)
{
    return cookie->secure == SHS_SECURE_ON || shs_cookie_is_prefixed(name)
           || (cookie->secure == SHS_SECURE_AUTO
               && (is_tls || cookie->is_partitioned
                   || (cookie->same_site
                       && !strcmp(cookie->same_site, "None"))));
}

const char *shs_set_cookie_format(const shs_set_cookie_t *cookie,
                                  const char *name, shs_octets_t value,
                                  int is_tls, apr_pool_t *p)
{
    int is_host = is_host_only(name);
    const char *path = cookie->path && !is_host ? cookie->path : "/";
    const char *domain = is_host ? NULL : cookie->domain;
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
        "; Path=", path, domain ? "; Domain=" : "", domain ? domain : "", age,
        is_secure(cookie, name, is_tls) ? "; Secure" : "",
        cookie->is_for_scripts ? "" : "; HttpOnly",
        "; SameSite=", cookie->same_site ? cookie->same_site : "Lax",
        cookie->is_partitioned ? "; Partitioned" : "", NULL);
}
