/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie: finds the session id that a request carries. It scans the header in
 * place: no copies, no allocation, no log, and each octet is read a fixed
 * number of times.
 *
 * Several cookies may have one name (set for "/" and for "/app"). RFC 6265
 * section 5.4 lets the client send them all, so all are found, in order.
 */
#ifndef SHS_SESSION_ID_COOKIE_H
#define SHS_SESSION_ID_COOKIE_H

#include "base/octets.h"

/* What separates the pairs of a Cookie header. Browsers, and RFC 6265 section
 * 4.2.1, know only ";". For them a comma is part of the value, so a sibling
 * site can plant "x=1, NAME=id" as one cookie. But httpd joins repeated header
 * lines with ", " (RFC 9110 section 5.3). */
typedef enum shs_cookie_split_t {
    SHS_COOKIE_AT_SEMICOLONS,
    SHS_COOKIE_AT_COMMAS /* at ", " too, outside quotation marks. This finds
                          * both joined and planted cookies, so a caller tries
                          * these values after all that ";" alone finds, and
                          * none for a name with a prefix */
} shs_cookie_split_t;

/* Finds the next cookie called exactly `name` in a Cookie header's value.
 * *cursor starts at the header and is moved behind the cookie found. Any other
 * "," belongs to the value. Quotation marks around a value are removed. Returns
 * 1 and borrows the value from the header, or 0 at the end. */
int shs_cookie_next(shs_octets_t *value, const char **cursor, const char *name,
                    shs_cookie_split_t split);

/* Finds the path parameter `name` (";name=value", RFC 3986 section 3.3) in
 * the path of a request target, before any "?" or "#". Of two it takes the
 * first, as Tomcat does. Returns 1 and borrows the value, or 0. */
int shs_cookie_find_parameter(shs_octets_t *value, const char *target,
                              const char *name);

/* Whether the text can name a cookie: a token, RFC 9110 section 5.6.2. */
int shs_cookie_is_name(const char *name);

/* Whether the name has a prefix with which browsers accept a cookie only from
 * this host, or only by TLS: __Host-, __Secure-, __Http-
 * (draft-ietf-httpbis-rfc6265bis, section 4.1.3), in upper or lower case. */
int shs_cookie_is_prefixed(const char *name);

#endif
