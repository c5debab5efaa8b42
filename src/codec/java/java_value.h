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
 * Three limits hold for all that one pool of values takes in: the number of
 * values, the octets of their texts, and SHS_SESSION_MAX_DEPTH.
 */
#ifndef SHS_CODEC_JAVA_JAVA_VALUE_H
#define SHS_CODEC_JAVA_JAVA_VALUE_H

#include "codec/java/java_graph.h"
#include "codec/java/java_view.h"
#include "session/session.h"

/* The most values, copies included. A float or a double in a field or in an
 * array counts as so many. */
#define SHS_JAVA_VALUE_MAX      65536
#define SHS_JAVA_VALUE_FLOATING 16

typedef struct shs_java_values_t {
    shs_session_t *made;    /* what was made; also of values that failed */
    apr_size_t count_left;  /* values */
    apr_size_t octets_left; /* of names and texts */
    unsigned deepest;       /* the depth that the present value has reached */
    unsigned cut;           /* the smallest depth to which a cut cycle leads */
    const char *wrong;      /* why a value is impossible */
    apr_pool_t *p;
} shs_java_values_t;

/* Appends the value of an item to values->made, and sets *out to its index.
 * Returns 0 if a limit is reached, and sets `wrong`; then what was appended has
 * no meaning. */
int shs_java_value_make(apr_size_t *out, shs_java_values_t *values,
                        shs_java_item_t *item, shs_octets_t name);

/* The item as a scalar. Returns 0 if it is a structure. Null is
 * SHS_KIND_NULL. */
int shs_java_value_scalar(shs_kind_t *kind, shs_octets_t *text,
                          shs_java_values_t *values, shs_java_item_t *item);

#endif
