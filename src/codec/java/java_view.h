/* SPDX-License-Identifier: Apache-2.0
 *
 * java_view: what an item (java_graph.h) means: a text, a list, entries,
 * another item, or nothing but its fields. A view borrows from the item and
 * from the pool of the decoder.
 */
#ifndef SHS_CODEC_JAVA_JAVA_VIEW_H
#define SHS_CODEC_JAVA_JAVA_VIEW_H

#include "codec/java/java_graph.h"
#include "session/session.h"

typedef enum shs_java_view_kind_t {
    SHS_JAVA_VIEW_TEXT,       /* scalar, text */
    SHS_JAVA_VIEW_ITEM,       /* item: it stands for another one, or for null */
    SHS_JAVA_VIEW_LIST,       /* keys, step, count */
    SHS_JAVA_VIEW_COPIES,     /* item, count: a list of one item many times */
    SHS_JAVA_VIEW_PRIMITIVES, /* type, text: a list of primitive values */
    SHS_JAVA_VIEW_ENTRIES,    /* keys, values, step, count */
    SHS_JAVA_VIEW_KEYS,       /* item: a list of the keys of that map */
    SHS_JAVA_VIEW_FIELDS      /* the fields of the object */
} shs_java_view_kind_t;

typedef struct shs_java_view_t {
    shs_java_view_kind_t kind;
    shs_kind_t scalar; /* STRING, NUMBER or BOOL */
    char type;         /* of the primitive values */
    shs_octets_t text;
    shs_java_item_t *item;
    shs_java_item_t *const *keys;   /* keys[i * step], or the members */
    shs_java_item_t *const *values; /* values[i * step] */
    apr_size_t step;
    apr_size_t count;
} shs_java_view_t;

/* Makes the view of an object of a known class: `level` is what that class has
 * written, `field` and `form` are those of the row in java_known. Returns 0 if
 * the object has another form than the class writes: then it is read as an
 * object of an unknown class. Texts are from p. */
typedef int (*shs_java_view_fn)(shs_java_view_t *view,
                                const shs_java_item_t *object,
                                const shs_java_level_t *level,
                                const char *field, unsigned form,
                                apr_pool_t *p);

/* Makes `view` a text. Always 1. */
static inline int shs_java_view_set_text(shs_java_view_t *view,
                                         shs_kind_t scalar, shs_octets_t text)
{
    view->kind = SHS_JAVA_VIEW_TEXT;
    view->scalar = scalar;
    view->text = text;
    return 1;
}

#endif
