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

/* A value as text: a scalar as it is (borrowed), a structure as compact JSON
 * (from p). Returns 0 for null, which has no text. */
int shs_json_text_get(shs_octets_t *text, const shs_session_t *session,
                      const shs_value_t *value, apr_pool_t *p);

/* Writes any value, null too, as JSON. From p. */
shs_octets_t shs_json_text_write(const shs_session_t *session,
                                 const shs_value_t *value, apr_pool_t *p);

/* Writes all attributes as one JSON object. From p. */
shs_octets_t shs_json_text_write_session(const shs_session_t *session,
                                         apr_pool_t *p);

#endif
