/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie: where a request carries its session id. A scanner over the header's
 * own memory: no copies, no allocation, no log.
 *
 * Several cookies may have one name (set for "/" and for "/app"); RFC 6265
 * section 5.4 lets the client send them all, so all are found, in order.
 */
#ifndef SHS_SESSION_COOKIE_H
#define SHS_SESSION_COOKIE_H

#include "session/record.h"

/* Finds the next cookie called exactly `name` in a Cookie header's value
 * (RFC 6265 section 4.2.1), from *cursor on, which starts at the header and is
 * moved behind what was found. Pairs end at ";" and, outside quotation marks,
 * also at ", ", with which httpd joins repeated header lines; any other ","
 * belongs to the value. A value in quotation marks is given without them.
 * Returns 1 and borrows the value from the header, or 0 at the end. */
int shs_cookie_next(shs_octets_t *value, const char **cursor, const char *name);

/* Finds the path parameter `name` (";name=value", RFC 3986 section 3.3) in
 * the path of a request target; what follows "?" or "#" is not looked at.
 * With two, the last one, which belongs to the innermost segment. Returns 1
 * and borrows the value, or 0. */
int shs_cookie_find_parameter(shs_octets_t *value, const char *target,
                              const char *name);

/* Whether the text can name a cookie: a token, RFC 9110 section 5.6.2. */
int shs_cookie_is_name(const char *name);

#endif
