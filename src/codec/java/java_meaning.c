/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_meaning.h"

#include "codec/java/java_field.h"
#include "codec/java/java_known.h"
#include "codec/java/java_number.h"
#include "codec/java/java_text.h"

/* From the class up: the first that is known says what its subclasses mean. */
static void look_up(shs_java_class_t *cls)
{
    shs_java_class_t *level;
    unsigned number = cls->levels;

    for (level = cls; level && !cls->known; level = level->super) {
        --number;
        if (level->is_looked_up) {
            cls->known = level->known;
            cls->known_level = level->known_level;
            break;
        }
        cls->known = shs_java_known_find(level->name);
        cls->known_level = number;
    }
    cls->is_looked_up = 1;
}

/* ---- what the view of an object of a known class costs */

/* The copies of a text or an array that a view makes. */
#define COPIES 3

/* Octets squared that a step converts into digits, and the copies of them. */
#define SQUARE       16
#define DIGIT_COPIES 16

/* A BigDecimal without an exponent has about so many more. */
#define MOST_ZEROS 16

/* The octets of a BigInteger; 0: it is none, or has too many to be read. */
static int spend_integer(apr_size_t *octets, shs_java_work_t *work,
                         const shs_java_item_t *item)
{
    const shs_java_level_t *level;
    shs_java_item_t *magnitude;

    *octets = 0;
    if (item->kind != SHS_JAVA_OBJECT
        || !shs_octets_are_text(item->cls->name, "java.math.BigInteger")) {
        return 1;
    }
    level = &item->u.levels[item->cls->levels - 1];
    if (!shs_java_work_spend(work, level->cls->field_count,
                             SHS_JAVA_WORK_ITEM)) {
        return 0;
    }
    if (shs_java_field_item(&magnitude, level, "magnitude")
        && magnitude->kind == SHS_JAVA_PRIMITIVES
        && magnitude->u.text.len <= SHS_JAVA_NUMBER_MAX) {
        *octets = magnitude->u.text.len;
    }
    return item->view
           || shs_java_work_spend(work, *octets,
                                  *octets / SQUARE + DIGIT_COPIES);
}

/* A BigDecimal writes the digits of a BigInteger, which may be shared. */
static int spend_decimal(shs_java_work_t *work, const shs_java_level_t *level)
{
    shs_java_item_t *integer;
    apr_size_t octets;

    return !shs_java_field_item(&integer, level, "intVal")
           || (spend_integer(&octets, work, integer)
               && shs_java_work_spend(work, octets + MOST_ZEROS, DIGIT_COPIES));
}

static int spend_items(shs_java_work_t *work, const shs_java_items_t *items)
{
    apr_size_t i;

    for (i = 0; i < items->count; ++i) {
        const shs_java_item_t *item = items->at[i];

        if (!item) {
            continue;
        }
        if (item->kind == SHS_JAVA_ARRAY
                ? !shs_java_work_spend(work, item->u.items.count,
                                       SHS_JAVA_WORK_ITEM)
                : (item->kind == SHS_JAVA_STRING
                   || item->kind == SHS_JAVA_PRIMITIVES)
                      && !shs_java_work_spend(work, item->u.text.len, COPIES)) {
            return 0;
        }
    }
    return 1;
}

/* Notes belong to one object only; but a text that is an array and its length,
 * java.lang.StringBuilder, may share the array. */
#define NOTES_OF_TEXT 2

static int spend_object(shs_java_work_t *work, const shs_java_item_t *object)
{
    const shs_java_known_t *known = object->cls->known;
    const shs_java_level_t *level = &object->u.levels[object->cls->known_level];

    apr_size_t octets;

    /* Some views look at the superclass too. */
    if (!shs_java_work_spend(work, level->cls->field_count, SHS_JAVA_WORK_ITEM)
        || (object->cls->known_level > 0
            && !shs_java_work_spend(work, level[-1].cls->field_count,
                                    SHS_JAVA_WORK_ITEM))
        || !spend_items(work, &level->references)) {
        return 0;
    }
    if (known->view == shs_java_number_of_big_integer) {
        return spend_integer(&octets, work, object);
    }
    if (known->view == shs_java_number_of_big_decimal) {
        return spend_decimal(work, level);
    }
    return level->notes.count != NOTES_OF_TEXT
           || spend_items(work, &level->notes);
}

/* ---- views */

static int view_object(shs_java_view_t *view, const shs_java_item_t *object,
                       shs_java_work_t *work, apr_pool_t *p)
{
    shs_java_class_t *cls = object->cls;

    if (!cls->is_looked_up) {
        look_up(cls);
    }
    if (cls->known && !spend_object(work, object)) {
        return 0;
    }
    if (!cls->known
        || !cls->known->view(view, object, &object->u.levels[cls->known_level],
                             cls->known->field, cls->known->form, p)) {
        view->kind = SHS_JAVA_VIEW_FIELDS;
    }
    return 1;
}

static void view_primitives(shs_java_view_t *view, const shs_java_item_t *array,
                            apr_pool_t *p)
{
    const shs_octets_t *octets = &array->u.text;

    view->type = array->cls->name.data[1];
    if (view->type == 'C') {
        shs_java_view_set_text(
            view, SHS_KIND_STRING,
            shs_java_text_of_units((const unsigned char *)octets->data,
                                   octets->len / 2, p));
        return;
    }
    if (view->type == 'B') {
        const char *text = shs_octets_encode(*octets, SHS_ENCODING_BASE64, p);

        shs_java_view_set_text(view, SHS_KIND_STRING,
                               shs_octets_of(text ? text : ""));
        return;
    }
    view->kind = SHS_JAVA_VIEW_PRIMITIVES;
    view->text = *octets;
}

const shs_java_view_t *shs_java_meaning_get(shs_java_item_t *item,
                                            shs_java_work_t *work,
                                            apr_pool_t *p)
{
    shs_java_view_t *view = item->view;

    if (view) {
        return view;
    }
    view = apr_pcalloc(p, sizeof(*view));
    switch (item->kind) {
    case SHS_JAVA_OBJECT:
        if (!view_object(view, item, work, p)) {
            return NULL;
        }
        break;
    case SHS_JAVA_ARRAY:
        view->kind = SHS_JAVA_VIEW_LIST;
        view->keys = item->u.items.at;
        view->count = item->u.items.count;
        view->step = 1;
        break;
    case SHS_JAVA_PRIMITIVES:
        view_primitives(view, item, p);
        break;
    case SHS_JAVA_STRING:
    case SHS_JAVA_ENUM:
    case SHS_JAVA_BLOCK: /* stands nowhere where a value is expected */
        shs_java_view_set_text(view, SHS_KIND_STRING, item->u.text);
        break;
    case SHS_JAVA_CLASS:
    case SHS_JAVA_DESC:
        shs_java_view_set_text(view, SHS_KIND_STRING, item->cls->name);
        break;
    }
    item->view = view;
    return view;
}

const shs_java_view_t *shs_java_meaning_target(shs_java_item_t *item,
                                               shs_java_work_t *work,
                                               apr_pool_t *p)
{
    int steps;

    for (steps = 0; item && steps < SHS_SESSION_MAX_DEPTH; ++steps) {
        const shs_java_view_t *view = shs_java_meaning_get(item, work, p);

        if (!view || view->kind != SHS_JAVA_VIEW_ITEM) {
            return view;
        }
        if (!shs_java_work_spend(work, 1, SHS_JAVA_WORK_ITEM)) {
            return NULL;
        }
        item = view->item;
    }
    return NULL;
}
