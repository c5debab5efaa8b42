/* SPDX-License-Identifier: Apache-2.0
 *
 * java_desc: reads the description of one class in a stream of Java Object
 * Serialization: its name, its flags and its fields. The annotation and the
 * superclass, which follow, are java_stream's.
 *
 * Format: Java Object Serialization Specification, chapter 6, newClassDesc.
 */
#ifndef SHS_CODEC_JAVA_JAVA_DESC_H
#define SHS_CODEC_JAVA_JAVA_DESC_H

#include "codec/java/java_input.h"

/* The tags of a stream (ObjectStreamConstants.TC_*). */
enum {
    SHS_JAVA_TC_NULL = 0x70,
    SHS_JAVA_TC_REFERENCE = 0x71,
    SHS_JAVA_TC_CLASSDESC = 0x72,
    SHS_JAVA_TC_OBJECT = 0x73,
    SHS_JAVA_TC_STRING = 0x74,
    SHS_JAVA_TC_ARRAY = 0x75,
    SHS_JAVA_TC_CLASS = 0x76,
    SHS_JAVA_TC_BLOCKDATA = 0x77,
    SHS_JAVA_TC_ENDBLOCKDATA = 0x78,
    SHS_JAVA_TC_RESET = 0x79,
    SHS_JAVA_TC_BLOCKDATALONG = 0x7A,
    SHS_JAVA_TC_EXCEPTION = 0x7B,
    SHS_JAVA_TC_LONGSTRING = 0x7C,
    SHS_JAVA_TC_PROXYCLASSDESC = 0x7D,
    SHS_JAVA_TC_ENUM = 0x7E
};

/* The octets of a primitive value of that type; 0: not a primitive type. */
apr_size_t shs_java_desc_width(char type);

/* Reads what follows SHS_JAVA_TC_STRING or _LONGSTRING: a string item with a
 * handle. */
int shs_java_desc_read_string(shs_java_item_t **out, shs_java_input_t *input,
                              int tag);

/* Reads what follows SHS_JAVA_TC_CLASSDESC or _PROXYCLASSDESC, up to the
 * annotation. The class has a handle; `levels` and `super` are not set. Each
 * returns 0 if the stream is malformed. */
int shs_java_desc_read(shs_java_class_t **out, shs_java_input_t *input);
int shs_java_desc_read_proxy(shs_java_class_t **out, shs_java_input_t *input);

/* Whether the class's writeObject() has not written the fields that are not
 * primitive, but only notes, which begin here; then *out has a null for each.
 * That can be told only of a class without primitive fields. The specification
 * does not allow it, but some classes do so. */
int shs_java_desc_leaves_out(shs_java_items_t *out, shs_java_input_t *input,
                             const shs_java_class_t *cls);

#endif
