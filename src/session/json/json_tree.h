/* SPDX-License-Identifier: Apache-2.0
 *
 * json_tree: JSON text (RFC 8259) as a Jansson tree in which numbers keep their
 * text. So unchanged values are written as they were read, 19.99 as 19.99 and
 * integers of any length. Jansson parses, checks UTF-8 and writes; each number
 * is passed to it as a string, and each string with a mark in front.
 *
 * So a tree holds neither JSON_INTEGER nor JSON_REAL: a number is a JSON_STRING
 * of "#" and its text; a string, and a member's name, is "$" and its text. Only
 * the functions here make and read such strings.
 */
#ifndef SHS_SESSION_JSON_JSON_TREE_H
#define SHS_SESSION_JSON_JSON_TREE_H

#include <apr_pools.h>
#include <jansson.h>

#include "base/octets.h"

/* Parses the text; `flags` are those of json_loadb(). The caller owns the tree.
 * NULL: it is not JSON, or it has a number that no double can hold
 * (json_error_numeric_overflow); *error says which and where in the text. */
json_t *shs_json_tree_load(shs_octets_t text, size_t flags, json_error_t *error,
                           apr_pool_t *p);

/* The tree as compact JSON, from p. No data: out of memory. */
shs_octets_t shs_json_tree_dump(const json_t *value, apr_pool_t *p);

/* Whether a value is a number. */
int shs_json_tree_is_number(const json_t *value);

/* The text of a number or string, and of a member's name. Borrowed. */
shs_octets_t shs_json_tree_text(const json_t *value);
const char *shs_json_tree_name(const char *marked);

/* A member's name as the tree holds it, from p. */
const char *shs_json_tree_mark_name(shs_octets_t name, apr_pool_t *p);

/* A new string, which the caller owns; NULL: it is not UTF-8. */
json_t *shs_json_tree_string(shs_octets_t text, apr_pool_t *p);

/* Shortens all numbers of a tree, see shs_json_number_shorten(). Returns 0 when
 * out of memory. */
int shs_json_tree_shorten(json_t *value, apr_pool_t *p);

#endif
