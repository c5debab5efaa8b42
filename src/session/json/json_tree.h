/* SPDX-License-Identifier: Apache-2.0
 *
 * json_tree: JSON text (RFC 8259) as a tree of Jansson's in which numbers keep
 * their text, so that what is not changed is written as it was read, 19.99 as
 * 19.99 and integers of any length. Jansson parses, checks UTF-8 and writes; it
 * is given each number as a string, and each string with a mark before it.
 *
 * So a tree holds no JSON_INTEGER and JSON_REAL: a number is a JSON_STRING of
 * "#" and its text, a string one of "$" and its text, and so are the names of
 * members. Only the functions here make and read such strings.
 */
#ifndef SHS_SESSION_JSON_JSON_TREE_H
#define SHS_SESSION_JSON_JSON_TREE_H

#include <apr_pools.h>
#include <jansson.h>

#include "base/octets.h"

/* Parses the text; `flags` are those of json_loadb(). The tree is the caller's.
 * NULL: it is not JSON, as *error says, whose position is that in the text; or
 * it has a number that no double can hold (json_error_numeric_overflow). */
json_t *shs_json_tree_load(shs_octets_t text, size_t flags, json_error_t *error,
                           apr_pool_t *p);

/* The tree as compact JSON, from p. No data: there is no memory. */
shs_octets_t shs_json_tree_dump(const json_t *value, apr_pool_t *p);

/* Whether a value is a number. */
int shs_json_tree_is_number(const json_t *value);

/* The text of a number or a string; and of a member's name. Borrowed. */
shs_octets_t shs_json_tree_text(const json_t *value);
const char *shs_json_tree_name(const char *marked);

/* A member's name as it stands in a tree, from p. */
const char *shs_json_tree_mark_name(shs_octets_t name, apr_pool_t *p);

/* A string, which is the caller's; NULL: it is not UTF-8. */
json_t *shs_json_tree_string(shs_octets_t text, apr_pool_t *p);

/* Writes all numbers of a tree anew: see shs_json_number_shorten(). Returns 0
 * without memory. */
int shs_json_tree_shorten(json_t *value, apr_pool_t *p);

#endif
