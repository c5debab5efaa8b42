/* SPDX-License-Identifier: Apache-2.0
 *
 * json_read: reads JSON text (RFC 8259) into the values of a session. Jansson
 * parses and checks UTF-8. Its tree is copied into values and freed, so the
 * session owns its texts. Numbers keep their text. A text that is not JSON, or
 * is nested deeper than SHS_SESSION_MAX_DEPTH, gives no session. If a name
 * occurs twice, the last one wins.
 */
#ifndef SHS_SESSION_JSON_JSON_READ_H
#define SHS_SESSION_JSON_JSON_READ_H

#include "session/session.h"

/* Reads a whole session: the members of one object; reserved names go to the
 * metadata. Returns NULL and sets *out, which is from p; or returns what is
 * wrong, in words that contain none of the text. */
const char *shs_json_read_session(shs_session_t **out, shs_octets_t text,
                                  apr_pool_t *p);

/* Reads one object or array: it is value 0, and its members follow. NULL when
 * the text is neither. From p. */
shs_session_t *shs_json_read_structure(shs_octets_t text, apr_pool_t *p);

#endif
