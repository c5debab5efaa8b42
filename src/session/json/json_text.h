/* SPDX-License-Identifier: Apache-2.0
 *
 * json_text: writes values of a session as compact JSON (RFC 8259): no white
 * space, members in stored order, UTF-8 with the least escaping (quotation
 * mark, reverse solidus, U+0000 to U+001F), and U+007F, which exposures refuse
 * as a control character.
 *
 * The formats hash and form may hold octets that are no UTF-8. Such an octet is
 * written as U+FFFD, because readers would refuse the whole text otherwise.
 */
#ifndef SHS_SESSION_JSON_JSON_TEXT_H
#define SHS_SESSION_JSON_JSON_TEXT_H

#include "session/session.h"

/* Writes one value; `values` is the session's array and `value` one of its
 * elements. From p. */
shs_octets_t shs_json_text_write(const shs_value_t *values,
                                 const shs_value_t *value, apr_pool_t *p);

/* Writes all values as the members of one object. From p. */
shs_octets_t shs_json_text_write_all(const shs_value_t *values,
                                     apr_size_t count, apr_pool_t *p);

#endif
