/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_collection.h"

#include "codec/java/java_field.h"

static int set_list(shs_java_view_t *view, shs_java_item_t *const *items,
                    apr_size_t count)
{
    view->kind = SHS_JAVA_VIEW_LIST;
    view->keys = items;
    view->step = 1;
    view->count = count;
    return 1;
}

static int set_entries(shs_java_view_t *view, shs_java_item_t *const *items,
                       apr_size_t count)
{
    view->kind = SHS_JAVA_VIEW_ENTRIES;
    view->keys = items;
    view->values = count > 0 ? items + 1 : items;
    view->step = 2;
    view->count = count / 2;
    return count % 2 == 0;
}

static int is_block(const shs_java_item_t *item)
{
    return item && item->kind == SHS_JAVA_BLOCK;
}

/* The members between `at` and `end`; 0 if a block is among them. */
static int set_members(shs_java_view_t *view, shs_java_item_t *const *at,
                       shs_java_item_t *const *end, unsigned form)
{
    shs_java_item_t *const *item;

    for (item = at; item < end; ++item) {
        if (is_block(*item)) {
            return 0;
        }
    }
    return form & SHS_JAVA_FORM_ENTRIES
               ? set_entries(view, at, (apr_size_t)(end - at))
               : set_list(view, at, (apr_size_t)(end - at));
}

int shs_java_collection_of_notes(shs_java_view_t *view,
                                 const shs_java_item_t *object,
                                 const shs_java_level_t *level,
                                 const char *field, unsigned form,
                                 apr_pool_t *p)
{
    shs_java_item_t *const *at = level->notes.at;
    shs_java_item_t *const *end;
    int nulls = form & SHS_JAVA_FORM_TWO_NULLS ? 2
                : form & SHS_JAVA_FORM_NULL    ? 1
                                               : 0;

    (void)object;
    (void)field;
    (void)p;
    if (level->notes.count == 0) {
        return 0;
    }
    end = at + level->notes.count;
    if (form & SHS_JAVA_FORM_COMPARATOR) {
        if (at == end || is_block(*at)) {
            return 0;
        }
        ++at;
    }
    if (at < end && is_block(*at)) {
        ++at;
    }
    else if (nulls == 0) {
        return 0; /* without their number */
    }
    for (; nulls > 0; --nulls) {
        if (at == end || *--end) {
            return 0;
        }
    }
    return set_members(view, at, end, form);
}

/* ImmutableCollections.IMM_*: what is in the lowest octet of the tag. */
enum { IMM_LIST = 1, IMM_SET = 2, IMM_MAP = 3, IMM_LIST_NULLS = 4 };

int shs_java_collection_of_collser(shs_java_view_t *view,
                                   const shs_java_item_t *object,
                                   const shs_java_level_t *level,
                                   const char *field, unsigned form,
                                   apr_pool_t *p)
{
    apr_int32_t tag;

    if (!shs_java_field_int(&tag, level, "tag")) {
        return 0;
    }
    tag &= 0xFF;
    if (tag < IMM_LIST || tag > IMM_LIST_NULLS) {
        return 0;
    }
    form |= tag == IMM_MAP ? SHS_JAVA_FORM_ENTRIES : 0;
    return shs_java_collection_of_notes(view, object, level, field, form, p);
}

int shs_java_collection_of_field(shs_java_view_t *view,
                                 const shs_java_item_t *object,
                                 const shs_java_level_t *level,
                                 const char *field, unsigned form,
                                 apr_pool_t *p)
{
    shs_java_item_t *const *slot;

    (void)object;
    (void)form;
    (void)p;
    if (!shs_java_field_slot(&slot, level, field)) {
        return 0;
    }
    view->kind = SHS_JAVA_VIEW_ITEM;
    view->item = *slot;
    return 1;
}

int shs_java_collection_of_keys(shs_java_view_t *view,
                                const shs_java_item_t *object,
                                const shs_java_level_t *level,
                                const char *field, unsigned form, apr_pool_t *p)
{
    (void)form;
    (void)p;
    view->kind = SHS_JAVA_VIEW_KEYS;
    return shs_java_field_item(&view->item, level, field)
           || (level > object->u.levels
               && shs_java_field_item(&view->item, level - 1, field));
}

int shs_java_collection_empty(shs_java_view_t *view,
                              const shs_java_item_t *object,
                              const shs_java_level_t *level, const char *field,
                              unsigned form, apr_pool_t *p)
{
    static shs_java_item_t *const none[1] = { NULL };

    (void)object;
    (void)level;
    (void)field;
    (void)p;
    return set_members(view, none, none, form);
}

int shs_java_collection_single(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p)
{
    shs_java_item_t *const *slot;

    (void)object;
    (void)form;
    (void)p;
    return shs_java_field_slot(&slot, level, field) && set_list(view, slot, 1);
}

int shs_java_collection_entry(shs_java_view_t *view,
                              const shs_java_item_t *object,
                              const shs_java_level_t *level, const char *field,
                              unsigned form, apr_pool_t *p)
{
    const char *space = strchr(field, ' ');
    char key[16];

    (void)object;
    (void)form;
    (void)p;
    if (!space || (apr_size_t)(space - field) >= sizeof(key)) {
        return 0;
    }
    memcpy(key, field, (apr_size_t)(space - field));
    key[space - field] = '\0';
    view->kind = SHS_JAVA_VIEW_ENTRIES;
    view->step = 1;
    view->count = 1;
    return shs_java_field_slot(&view->keys, level, key)
           && shs_java_field_slot(&view->values, level, space + 1);
}

int shs_java_collection_copies(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p)
{
    apr_int32_t count;
    shs_java_item_t *const *slot;

    (void)object;
    (void)form;
    (void)p;
    if (!shs_java_field_slot(&slot, level, field)
        || !shs_java_field_int(&count, level, "n") || count < 0) {
        return 0;
    }
    view->kind = SHS_JAVA_VIEW_COPIES;
    view->item = *slot;
    view->count = (apr_size_t)count;
    return 1;
}

int shs_java_collection_vector(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p)
{
    apr_int32_t count;
    shs_java_item_t *array;

    (void)object;
    (void)field;
    (void)form;
    (void)p;
    return shs_java_field_int(&count, level, "elementCount")
           && shs_java_field_item(&array, level, "elementData")
           && array->kind == SHS_JAVA_ARRAY && count >= 0
           && (apr_size_t)count <= array->u.items.count
           && set_list(view, array->u.items.at, (apr_size_t)count);
}

int shs_java_collection_ring(shs_java_view_t *view,
                             const shs_java_item_t *object,
                             const shs_java_level_t *level, const char *field,
                             unsigned form, apr_pool_t *p)
{
    apr_int32_t first, count;
    shs_java_item_t *array;
    shs_java_item_t **items;
    apr_size_t i, room;

    (void)object;
    (void)field;
    (void)form;
    if (!shs_java_field_int(&count, level, "count")
        || !shs_java_field_int(&first, level, "takeIndex")
        || !shs_java_field_item(&array, level, "items")
        || array->kind != SHS_JAVA_ARRAY) {
        return 0;
    }
    room = array->u.items.count;
    if (count < 0 || (apr_size_t)count > room || first < 0
        || (apr_size_t)first >= room) {
        return 0;
    }
    items = apr_palloc(p, (apr_size_t)count * sizeof(shs_java_item_t *));
    for (i = 0; i < (apr_size_t)count; ++i) {
        items[i] = array->u.items.at[((apr_size_t)first + i) % room];
    }
    return set_list(view, items, (apr_size_t)count);
}
