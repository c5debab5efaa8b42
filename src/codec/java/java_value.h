/* SPDX-License-Identifier: Apache-2.0
 *
 * java_value: makes the values of a session from items (java_graph.h), as a
 * person would write them. docs/guide/formats.md has what becomes of which
 * class.
 *
 * The values are the tree that one gets if one follows all references. A
 * reference to an object that contains the reference is NULL, so a cycle ends.
 * What an object gives does not depend on what was read before. An object that
 * occurs again is copied, unless it is part of a cycle: what is cut then
 * depends on where the cycle begins.
 *
 * Four limits hold for all that one pool of values takes in: the number of
 * values, the octets of their texts, SHS_SESSION_MAX_DEPTH, and the steps of
 * java_work.h.
 */
#ifndef SHS_CODEC_JAVA_JAVA_VALUE_H
#define SHS_CODEC_JAVA_JAVA_VALUE_H

#include "codec/java/java_limits.h"

/* Appends the value of an item to values->made, and sets *out to its index.
 * Returns 0 if a limit is reached, and sets `wrong`; then what was appended has
 * no meaning. */
int shs_java_value_make(apr_size_t *out, shs_java_values_t *values,
                        shs_java_item_t *item, shs_octets_t name);

/* The item as a scalar. Returns 0 if it is a structure, or needs more steps
 * than are left. Null is SHS_KIND_NULL. */
int shs_java_value_scalar(shs_kind_t *kind, shs_octets_t *text,
                          shs_java_values_t *values, shs_java_item_t *item);

#endif
