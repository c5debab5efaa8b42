/* SPDX-License-Identifier: Apache-2.0
 *
 * java_known: the classes of which the decoder knows more than their fields:
 * those of the JDK, and some that are widely used. A class that extends one of
 * them means what that one means.
 */
#ifndef SHS_CODEC_JAVA_JAVA_KNOWN_H
#define SHS_CODEC_JAVA_JAVA_KNOWN_H

#include "codec/java/java_view.h"

typedef struct shs_java_known_t {
    const char *name; /* of the class */
    apr_size_t len;
    shs_java_view_fn view;
    const char *field;
    unsigned form;
} shs_java_known_t;

/* The class of that name, or NULL. */
const shs_java_known_t *shs_java_known_find(shs_octets_t name);

/* All of them, sorted by their names, as octets. */
const shs_java_known_t *shs_java_known_all(apr_size_t *count);

#endif
