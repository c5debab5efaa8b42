/* SPDX-License-Identifier: Apache-2.0
 *
 * log: the tags of the module's log lines. A tag is unique, never reused for
 * something else, and listed with its cure in
 * docs/operations.md.
 *
 * A line may contain outcomes, reasons, names of attributes and headers (httpd
 * escapes them), the store without credentials, and an id's label. It never
 * contains, at any level, an id, a value, a cookie or a password.
 */
#ifndef SHS_CONFIG_LOG_H
#define SHS_CONFIG_LOG_H

#include <apr_atomic.h>
#include <httpd.h>
#include <http_log.h>

#define SHS_TAG_START           "SHS001: " /* NOTICE */
#define SHS_TAG_NO_STORE        "SHS002: " /* ERR */
#define SHS_TAG_DOWN            "SHS003: " /* WARNING */
#define SHS_TAG_UP              "SHS004: " /* NOTICE */
#define SHS_TAG_MALFORMED       "SHS005: " /* WARNING, DEBUG */
#define SHS_TAG_REFUSED         "SHS006: " /* ERR */
#define SHS_TAG_REQUEST         "SHS007: " /* DEBUG */
#define SHS_TAG_FORGED          "SHS008: " /* DEBUG */
#define SHS_TAG_LEFT_OUT        "SHS009: " /* DEBUG */
#define SHS_TAG_DENIED          "SHS010: " /* INFO */
#define SHS_TAG_CONFIG          "SHS011: " /* ERR */
#define SHS_TAG_CHANGED         "SHS012: " /* INFO */
#define SHS_TAG_UNWRITTEN       "SHS013: " /* WARNING, INFO, DEBUG */
#define SHS_TAG_IGNORED         "SHS014: " /* WARNING */
#define SHS_TAG_RESOURCE        "SHS015: " /* ERR */
#define SHS_TAG_FOREIGN         "SHS016: " /* INFO */
#define SHS_TAG_GLUE            "SHS017: " /* ERR to INFO: mod_session_shared */
#define SHS_TAG_UNTRACKED       "SHS018: " /* WARNING, NOTICE */
#define SHS_TAG_KEYS            "SHS019: " /* WARNING */
#define SHS_TAG_FORMATS         "SHS020: " /* WARNING */
#define SHS_TAG_COOKIE_CONFLICT "SHS021: " /* WARNING, DEBUG */
#define SHS_TAG_BYPASS          "SHS022: " /* WARNING, DEBUG */
#define SHS_TAG_EXPOSE_LIMIT    "SHS023: " /* WARNING */
#define SHS_TAG_FORBIDDEN       "SHS025: " /* ERR */
#define SHS_TAG_UNTRUSTED       "SHS026: " /* ERR: mod_session_shared */
#define SHS_TAG_READ_ONLY       "SHS031: " /* WARNING, NOTICE */
#define SHS_TAG_MASTER          "SHS032: " /* NOTICE */
#define SHS_TAG_INTERMITTENT    "SHS033: " /* WARNING */
#define SHS_TAG_LINT            "SHS034: " /* WARNING */
#define SHS_TAG_NO_MEMORY       "SHS036: " /* WARNING */
#define SHS_TAG_TRACE           "SHS037: " /* TRACE1 */
#define SHS_TAG_ACCESS          "SHS038: " /* ERR, INFO */
#define SHS_TAG_OPAQUE          "SHS039: " /* WARNING, DEBUG */
#define SHS_TAG_SECRETS         "SHS040: " /* WARNING, INFO */

/* The level of a warning that each child logs once: a program that causes it
 * once causes it with each request. `has_warned` is static and initially zero.
 * Do not call this inside ap_log_rerror(), which evaluates its level twice. */
static inline int shs_log_level_once(volatile apr_uint32_t *has_warned)
{
    return apr_atomic_cas32(has_warned, 1, 0) == 0 ? APLOG_WARNING
                                                   : APLOG_DEBUG;
}

/* The interval of warnings that could be due at each request. */
#define SHS_LOG_INTERVAL_S 60

/* Whether a warning is due that each child logs at most once in that interval;
 * true in exactly one thread. `last` is static and initially zero, `now` is of
 * the monotonic clock. */
static inline int shs_log_is_due(volatile apr_uint32_t *last, apr_time_t now)
{
    apr_uint32_t now_s = (apr_uint32_t)apr_time_sec(now) + 1;
    apr_uint32_t last_s = apr_atomic_read32(last);

    return (last_s == 0 || now_s - last_s >= SHS_LOG_INTERVAL_S)
           && apr_atomic_cas32(last, now_s, last_s) == last_s;
}

#endif
