/* SPDX-License-Identifier: Apache-2.0
 *
 * json_plain: reads an object or array of JSON (RFC 8259) that needs no
 * decoding, such as {"roles":["editor","admin"]}, without Jansson and without
 * malloc(), in a sixth of the time. A request may read such a text for each
 * path that leads into an attribute.
 *
 * json_read decides on every other text: one with an escape, an octet beyond
 * ASCII, a name that occurs twice, many members or levels; and what is no JSON.
 * If json_plain reads a text, json_read gives the same values for it.
 */
#ifndef SHS_SESSION_JSON_JSON_PLAIN_H
#define SHS_SESSION_JSON_JSON_PLAIN_H

#include "session/session.h"

/* The most members of a structure, and the most levels of structures. */
#define SHS_JSON_PLAIN_MAX_MEMBERS 64
#define SHS_JSON_PLAIN_MAX_DEPTH   8

/* The structure is value 0, and its members follow. From p; names and texts are
 * borrowed from the text. NULL: the text is not plain. */
shs_session_t *shs_json_plain_read(shs_octets_t text, apr_pool_t *p);

#endif
