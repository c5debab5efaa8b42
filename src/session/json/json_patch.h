/* SPDX-License-Identifier: Apache-2.0
 *
 * json_patch: JSON merge patches (RFC 7396): a JSON object as a change to a
 * session's attributes, and an object merged into an attribute's value.
 */
#ifndef SHS_SESSION_JSON_JSON_PATCH_H
#define SHS_SESSION_JSON_JSON_PATCH_H

#include "session/change.h"

/* Adds a patch to the change: null unsets, a string sets text, an object is
 * merged, everything else replaces. Numbers are shortened (json_number.h).
 * Returns NULL, or what is wrong with the JSON, in words that contain none of
 * it (from p). */
const char *shs_json_patch_read(shs_change_t *change, shs_octets_t json,
                                apr_pool_t *p);

/* Merges a patch, which is a JSON object, into a text. A text that is no JSON
 * object counts as an empty object. Numbers keep their text. Returns NULL and
 * sets *out, compact, from p; or returns what is wrong: an object with a number
 * that no double can hold cannot be merged into. */
const char *shs_json_patch_merge(shs_octets_t *out, shs_octets_t old,
                                 shs_octets_t patch, apr_pool_t *p);

#endif
