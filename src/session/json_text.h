/* SPDX-License-Identifier: Apache-2.0
 *
 * json_text: a node of a session written as compact JSON (RFC 8259): no white
 * space, members in stored order, text as UTF-8 with only what must be escaped
 * escaped (quotation mark, reverse solidus, U+0000 to U+001F), and U+007F,
 * which the exposures refuse as a control character.
 *
 * Octets that are no UTF-8 are written as they are: only text from a decoder
 * that accepts such octets (hash, form) could hold them, and those decoders
 * make no structures.
 */
#ifndef SHS_SESSION_JSON_TEXT_H
#define SHS_SESSION_JSON_TEXT_H

#include "session/session.h"

/* `nodes` is the session's array and `node` one of its elements. The text is
 * allocated from p. */
shs_octets_t shs_json_text_write(const shs_node_t *nodes,
                                 const shs_node_t *node, apr_pool_t *p);

#endif
