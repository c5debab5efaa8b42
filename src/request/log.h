/* SPDX-License-Identifier: Apache-2.0
 *
 * log: the tags of our log lines. A tag is unique, never used again for
 * something else, and listed with its cure in the README.
 *
 * What may be in a line: outcomes, reasons, names of attributes and headers
 * (escaped by httpd), the store without credentials, an id's label. What never
 * is, at no level: an id, a value, a cookie, a password.
 */
#ifndef SHS_REQUEST_LOG_H
#define SHS_REQUEST_LOG_H

#include <apr_atomic.h>
#include <httpd.h>
#include <http_log.h>

#define SHS_TAG_START     "SHS001: " /* NOTICE */
#define SHS_TAG_NO_STORE  "SHS002: " /* ERR */
#define SHS_TAG_DOWN      "SHS003: " /* WARNING */
#define SHS_TAG_UP        "SHS004: " /* NOTICE */
#define SHS_TAG_MALFORMED "SHS005: " /* WARNING, DEBUG */
#define SHS_TAG_REFUSED   "SHS006: " /* ERR */
#define SHS_TAG_REQUEST   "SHS007: " /* DEBUG */
#define SHS_TAG_FORGED    "SHS008: " /* DEBUG */
#define SHS_TAG_LEFT_OUT  "SHS009: " /* DEBUG */
#define SHS_TAG_DENIED    "SHS010: " /* INFO */
#define SHS_TAG_CONFIG    "SHS011: " /* ERR */
#define SHS_TAG_CHANGED   "SHS012: " /* INFO */
#define SHS_TAG_UNWRITTEN "SHS013: " /* WARNING, INFO, DEBUG */
#define SHS_TAG_UNHEARD   "SHS014: " /* WARNING */
#define SHS_TAG_RESOURCE  "SHS015: " /* ERR */
#define SHS_TAG_FOREIGN   "SHS016: " /* INFO */
#define SHS_TAG_GLUE      "SHS017: " /* ERR, INFO: mod_session_shared */
#define SHS_TAG_SILENT    "SHS018: " /* WARNING, NOTICE */
#define SHS_TAG_KEYS      "SHS019: " /* WARNING */
#define SHS_TAG_FORMATS   "SHS020: " /* WARNING */
#define SHS_TAG_RIVAL     "SHS021: " /* WARNING, DEBUG */
#define SHS_TAG_BYPASS    "SHS022: " /* WARNING, DEBUG */
#define SHS_TAG_EXCESS    "SHS023: " /* WARNING */
#define SHS_TAG_FORBIDDEN "SHS025: " /* ERR */
#define SHS_TAG_UNTRUSTED "SHS026: " /* ERR: mod_session_shared */
#define SHS_TAG_WRITES    "SHS031: " /* WARNING, NOTICE */
#define SHS_TAG_MASTER    "SHS032: " /* NOTICE */
#define SHS_TAG_SHAKY     "SHS033: " /* WARNING */
#define SHS_TAG_LINT      "SHS034: " /* WARNING */
#define SHS_TAG_SHORT     "SHS036: " /* WARNING */

/* The level of a warning that is given once a child: a program that earns it
 * once will earn it with each request. `is_told` is static and zero at first.
 * Not to be called inside ap_log_rerror(), which evaluates its level twice. */
static inline int shs_log_level_once(volatile apr_uint32_t *is_told)
{
    return apr_atomic_cas32(is_told, 1, 0) == 0 ? APLOG_WARNING : APLOG_DEBUG;
}

#endif
