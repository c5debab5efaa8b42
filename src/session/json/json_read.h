/* SPDX-License-Identifier: Apache-2.0
 *
 * json_read: JSON text (RFC 8259) as the nodes of a session. Jansson parses and
 * checks UTF-8; its tree is turned into nodes and freed, so the session owns
 * copies of its texts. Numbers keep theirs. Text that is not JSON, or nested
 * deeper than SHS_SESSION_MAX_DEPTH, gives no session. Of a name given twice
 * the last counts.
 */
#ifndef SHS_SESSION_JSON_JSON_READ_H
#define SHS_SESSION_JSON_JSON_READ_H

#include "session/session.h"

/* A whole session: the members of one object, of which the reserved names go to
 * its life. Returns NULL and sets *out, which is from p; or returns what is
 * wrong, never a part of the text. */
const char *shs_json_read_session(shs_session_t **out, shs_octets_t text,
                                  apr_pool_t *p);

/* One value that is an object or an array: node 0 is it, what is inside
 * follows. NULL when the text is neither. From p. */
shs_session_t *shs_json_read_structure(shs_octets_t text, apr_pool_t *p);

#endif
