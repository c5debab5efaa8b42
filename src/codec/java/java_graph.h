/* SPDX-License-Identifier: Apache-2.0
 *
 * java_graph: what a stream of Java Object Serialization contains, as the
 * stream has it: items that refer to each other, without any meaning. A cycle
 * of objects is a cycle of pointers. java_stream.h makes the items; they live
 * as long as its pool, and borrow octets of the stream.
 */
#ifndef SHS_CODEC_JAVA_JAVA_GRAPH_H
#define SHS_CODEC_JAVA_JAVA_GRAPH_H

#include "base/octets.h"

typedef enum shs_java_kind_t {
    SHS_JAVA_STRING,     /* text */
    SHS_JAVA_OBJECT,     /* cls, levels */
    SHS_JAVA_ARRAY,      /* cls, items: an array of objects */
    SHS_JAVA_PRIMITIVES, /* cls, text: an array of primitive values */
    SHS_JAVA_ENUM,       /* cls, text: the constant's name */
    SHS_JAVA_CLASS,      /* cls: a java.lang.Class */
    SHS_JAVA_DESC,       /* cls: the description of a class */
    SHS_JAVA_BLOCK       /* text: octets between objects */
} shs_java_kind_t;

typedef struct shs_java_field_t {
    shs_octets_t name;  /* UTF-8 */
    char type;          /* one of BCDFIJSZ; 'L' or '[': an item */
    apr_uint32_t place; /* the offset in a level's primitives, or the index in
                         * its references */
} shs_java_field_t;

typedef struct shs_java_class_t shs_java_class_t;
struct shs_java_class_t {
    shs_octets_t name; /* UTF-8, as Class.getName(): "[I", "java.util.Date" */
    unsigned flags;    /* of SHS_JAVA_HAS_* */
    shs_java_field_t *fields;
    apr_size_t field_count;
    apr_size_t primitive_len;   /* octets of all primitive fields */
    apr_size_t reference_count; /* the number of other fields */
    shs_java_class_t *super;    /* or NULL */
    unsigned levels; /* it and its superclasses; 0: not yet read as a whole */

    /* java_value's, made when an object of this class is first read */
    int is_looked_up;
    const struct shs_java_known_t *known; /* or NULL */
    unsigned known_level;
    struct shs_java_member_t *members; /* the fields of an object, or NULL */
    apr_size_t member_count;
};

/* Flags of a class (ObjectStreamConstants.SC_*). */
#define SHS_JAVA_HAS_NOTES   0x01 /* writeObject() writes more than fields */
#define SHS_JAVA_HAS_FIELDS  0x02 /* Serializable */
#define SHS_JAVA_IS_EXTERNAL 0x04 /* Externalizable */
#define SHS_JAVA_HAS_BLOCKS  0x08 /* ... in blocks: its end can be found */
#define SHS_JAVA_IS_ENUM     0x10

typedef struct shs_java_item_t shs_java_item_t; /* NULL: Java's null */

typedef struct shs_java_items_t {
    shs_java_item_t **at;
    apr_size_t count;
} shs_java_items_t;

/* What one class of an object's class and superclasses has written. */
typedef struct shs_java_level_t {
    const shs_java_class_t *cls;
    const unsigned char *primitives; /* big endian, without gaps */
    shs_java_items_t references;
    shs_java_items_t notes; /* by writeObject() or writeExternal(), after the
                             * fields: items and blocks */
} shs_java_level_t;

struct shs_java_item_t {
    shs_java_kind_t kind;
    shs_java_class_t *cls;
    union {
        shs_octets_t text;        /* a string's and a constant's is UTF-8 */
        shs_java_level_t *levels; /* cls->levels, the superclass first */
        shs_java_items_t items;
    } u;

    /* java_value's */
    struct shs_java_view_t *view; /* what it means, or NULL: not asked yet */
    unsigned active_depth;        /* it is being written at this depth, or 0 */
    unsigned height;              /* of its values, if `written` */
    apr_size_t written;           /* where its values are, plus 1; or 0 */
};

#endif
