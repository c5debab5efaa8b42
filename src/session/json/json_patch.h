/* SPDX-License-Identifier: Apache-2.0
 *
 * json_patch: JSON merge patches (RFC 7396): a JSON object as a change to a
 * session's attributes, and an object merged into an attribute's value.
 */
#ifndef SHS_SESSION_JSON_JSON_PATCH_H
#define SHS_SESSION_JSON_JSON_PATCH_H

#include "session/change.h"

/* Reads a patch into the change, to which it is added: null unsets, a string
 * is text, an object is merged, everything else replaces. Numbers are written
 * anew (json_number.h). Returns NULL, or
 * what is wrong with the JSON, in words without any of it (from p). */
const char *shs_json_patch_read(shs_change_t *change, shs_octets_t json,
                                apr_pool_t *p);

/* Merges a patch, which is a JSON object, into what may be JSON (anything else,
 * or nothing, counts as an empty object). Numbers keep their text. Returns NULL
 * and *out, compact, from p; or what is wrong: an object with a number that no
 * double can hold cannot be merged into. */
const char *shs_json_patch_merge(shs_octets_t *out, shs_octets_t old,
                                 shs_octets_t patch, apr_pool_t *p);

#endif
