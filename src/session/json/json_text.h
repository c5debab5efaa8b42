/* SPDX-License-Identifier: Apache-2.0
 *
 * json_text: a node of a session written as compact JSON (RFC 8259): no white
 * space, members in stored order, text as UTF-8 with only what must be escaped
 * escaped (quotation mark, reverse solidus, U+0000 to U+001F), and U+007F,
 * which the exposures refuse as a control character.
 *
 * An octet that is no part of UTF-8, as hash and form may hold it, is written
 * as U+FFFD: others would refuse the whole text because of it.
 */
#ifndef SHS_SESSION_JSON_JSON_TEXT_H
#define SHS_SESSION_JSON_JSON_TEXT_H

#include "session/session.h"

/* `nodes` is the session's array and `node` one of its elements. The text is
 * allocated from p. */
shs_octets_t shs_json_text_write(const shs_value_t *nodes,
                                 const shs_value_t *node, apr_pool_t *p);

/* All of them as the members of one object. */
shs_octets_t shs_json_text_write_all(const shs_value_t *nodes, apr_size_t count,
                                     apr_pool_t *p);

#endif
