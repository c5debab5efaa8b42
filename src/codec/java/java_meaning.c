/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_meaning.h"

#include "codec/java/java_known.h"
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

static void view_object(shs_java_view_t *view, const shs_java_item_t *object,
                        apr_pool_t *p)
{
    shs_java_class_t *cls = object->cls;

    if (!cls->is_looked_up) {
        look_up(cls);
    }
    if (!cls->known
        || !cls->known->view(view, object, &object->u.levels[cls->known_level],
                             cls->known->field, cls->known->form, p)) {
        view->kind = SHS_JAVA_VIEW_FIELDS;
    }
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
                                            apr_pool_t *p)
{
    shs_java_view_t *view = item->view;

    if (view) {
        return view;
    }
    item->view = view = apr_pcalloc(p, sizeof(*view));
    switch (item->kind) {
    case SHS_JAVA_OBJECT:
        view_object(view, item, p);
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
    return view;
}

const shs_java_view_t *shs_java_meaning_target(shs_java_item_t *item,
                                               apr_pool_t *p)
{
    int steps;

    for (steps = 0; item && steps < SHS_SESSION_MAX_DEPTH; ++steps) {
        const shs_java_view_t *view = shs_java_meaning_get(item, p);

        if (view->kind != SHS_JAVA_VIEW_ITEM) {
            return view;
        }
        item = view->item;
    }
    return NULL;
}
