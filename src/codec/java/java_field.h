/* SPDX-License-Identifier: Apache-2.0
 *
 * java_field: the fields that one class has written of an object, by name. Each
 * function returns 0 if there is no such field of that type.
 */
#ifndef SHS_CODEC_JAVA_JAVA_FIELD_H
#define SHS_CODEC_JAVA_JAVA_FIELD_H

#include "codec/java/java_graph.h"

/* Where a field's item is; the item may be NULL. */
int shs_java_field_slot(shs_java_item_t *const **out,
                        const shs_java_level_t *level, const char *name);

/* The item of a field that is not null. */
int shs_java_field_item(shs_java_item_t **out, const shs_java_level_t *level,
                        const char *name);

/* The text of a field that is a String. */
int shs_java_field_text(shs_octets_t *out, const shs_java_level_t *level,
                        const char *name);

/* The octets of a primitive field of that type. */
int shs_java_field_primitive(const unsigned char **out,
                             const shs_java_level_t *level, const char *name,
                             char type);

/* A field of the type int, or long. */
int shs_java_field_int(apr_int32_t *out, const shs_java_level_t *level,
                       const char *name);
int shs_java_field_long(apr_int64_t *out, const shs_java_level_t *level,
                        const char *name);

#endif
