/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_value.h"

#include "codec/java/java_desc.h"
#include "codec/java/java_meaning.h"
#include "codec/java/java_members.h"
#include "codec/java/java_number.h"

#define NO_CUT (SHS_SESSION_MAX_DEPTH + 1)

static const shs_octets_t nothing = { "", 0 };

static int append(shs_java_values_t *values, shs_kind_t kind, shs_octets_t name,
                  shs_octets_t text)
{
    if (!shs_java_limits_count_octets(values, name.len + text.len)) {
        return 0;
    }
    shs_session_append(values->made, kind, name, text);
    return 1;
}

/* ---- values */

/* A frame of the recursion that makes values. `make` is the function that makes
 * the value of an item: the functions below and it call each other. */
typedef int (*make_fn)(shs_java_values_t *values, shs_java_item_t *item,
                       shs_octets_t name, unsigned depth);

/* Copies values that were made before. */
static int copy(shs_java_values_t *values, const shs_java_item_t *item,
                shs_octets_t name, unsigned depth)
{
    apr_size_t first = item->written - 1;
    apr_size_t count, i, end;
    const shs_value_t *made = shs_session_values(values->made, &count);
    unsigned deepest = depth + item->height;

    if (deepest >= SHS_SESSION_MAX_DEPTH) {
        return shs_java_limits_fail(values, "values are nested too deeply");
    }
    end = made[first].end;
    for (i = first; i < end; ++i) {
        apr_size_t len =
            made[i].text.len + (i == first ? name.len : made[i].name.len);

        /* Its first value has been counted. */
        if ((i > first && !shs_java_limits_count(values))
            || !shs_java_limits_count_octets(values, len)) {
            return 0;
        }
    }
    shs_session_copy(values->made, name, values->made, first);
    values->deepest = deepest > values->deepest ? deepest : values->deepest;
    return 1;
}

static int make_list(shs_java_values_t *values, const shs_java_view_t *list,
                     shs_octets_t name, unsigned depth, make_fn make)
{
    apr_size_t index, i;

    (void)shs_session_values(values->made, &index);
    if (!append(values, SHS_KIND_ARRAY, name, nothing)) {
        return 0;
    }
    for (i = 0; i < list->count; ++i) {
        shs_java_item_t *item = list->kind == SHS_JAVA_VIEW_COPIES
                                    ? list->item
                                    : list->keys[i * list->step];

        if (!make(values, item, nothing, depth + 1)) {
            return 0;
        }
    }
    shs_session_close(values->made, index);
    return 1;
}

static int make_primitives(shs_java_values_t *values,
                           const shs_java_view_t *list, shs_octets_t name)
{
    apr_size_t width = shs_java_desc_width(list->type);
    const unsigned char *at = (const unsigned char *)list->text.data;
    const unsigned char *end = at + list->text.len;
    apr_size_t index;

    (void)shs_session_values(values->made, &index);
    if (!append(values, SHS_KIND_ARRAY, name, nothing)) {
        return 0;
    }
    for (; at < end; at += width) {
        shs_kind_t kind;
        shs_octets_t text;

        if (!shs_java_limits_count_primitive(values, list->type)) {
            return 0;
        }
        text = shs_java_number_read(&kind, list->type, at, values->p);
        if (!append(values, kind, nothing, text)) {
            return 0;
        }
    }
    shs_session_close(values->made, index);
    return 1;
}

/* The entries whose keys are texts. A map that is part of a cycle comes here as
 * often as there are references to it. */
static int find_members(shs_java_member_t **out, apr_size_t *count,
                        shs_java_values_t *values, const shs_java_view_t *map)
{
    shs_java_member_t *members;
    apr_size_t i, found = 0;

    if (!shs_java_limits_spend(values, map->count, SHS_JAVA_WORK_MEMBER)) {
        return 0;
    }
    members = apr_palloc(values->p, (map->count + 1) * sizeof(*members));
    for (i = 0; i < map->count; ++i) {
        int is_over;
        const shs_java_view_t *key = shs_java_limits_find_target(
            &is_over, values, map->keys[i * map->step]);

        if (is_over) {
            return 0;
        }
        if (!key || key->kind != SHS_JAVA_VIEW_TEXT) {
            if (!shs_java_limits_count(values)) {
                return 0;
            }
            continue;
        }
        if (!shs_java_limits_count_octets(values, key->text.len)) {
            return 0;
        }
        members[found].name = key->text;
        members[found++].place = (apr_uint32_t)i;
    }
    *count = shs_java_members_distinct(members, found, values->p);
    *out = members;
    return 1;
}

static int make_entries(shs_java_values_t *values, const shs_java_view_t *map,
                        shs_octets_t name, unsigned depth, make_fn make)
{
    shs_java_member_t *members;
    apr_size_t count, index, i;

    (void)shs_session_values(values->made, &index);
    if (!append(values, SHS_KIND_OBJECT, name, nothing)
        || !find_members(&members, &count, values, map)) {
        return 0;
    }
    for (i = 0; i < count; ++i) {
        if (!make(values, map->values[members[i].place * map->step],
                  members[i].name, depth + 1)) {
            return 0;
        }
    }
    shs_session_close(values->made, index);
    return 1;
}

static int make_keys(shs_java_values_t *values, const shs_java_view_t *set,
                     shs_octets_t name, unsigned depth, make_fn make)
{
    int is_over;
    const shs_java_view_t *map =
        shs_java_limits_find_target(&is_over, values, set->item);
    shs_java_view_t list;

    if (is_over) {
        return 0;
    }
    memset(&list, 0, sizeof(list));
    list.kind = SHS_JAVA_VIEW_LIST;
    if (map && map->kind == SHS_JAVA_VIEW_ENTRIES) {
        list.keys = map->keys;
        list.step = map->step;
        list.count = map->count;
    }
    return make_list(values, &list, name, depth, make);
}

static int make_member(shs_java_values_t *values, const shs_java_item_t *object,
                       const shs_java_member_t *member, unsigned depth,
                       make_fn make)
{
    const shs_java_level_t *level = &object->u.levels[member->level];
    const shs_java_field_t *field = &level->cls->fields[member->place];
    shs_kind_t kind;
    shs_octets_t text;

    if (!shs_java_desc_width(field->type)) {
        return field->place >= level->references.count
               || make(values, level->references.at[field->place], member->name,
                       depth + 1);
    }
    if (!level->primitives) {
        return 1;
    }
    if (!shs_java_limits_count_primitive(values, field->type)) {
        return 0;
    }
    text = shs_java_number_read(&kind, field->type,
                                level->primitives + field->place, values->p);
    return append(values, kind, member->name, text);
}

static int make_object(shs_java_values_t *values, const shs_java_item_t *object,
                       shs_octets_t name, unsigned depth, make_fn make)
{
    shs_java_class_t *cls = object->cls;
    apr_size_t index, i;

    (void)shs_session_values(values->made, &index);
    if (!append(values, SHS_KIND_OBJECT, name, nothing)) {
        return 0;
    }
    if (!cls->members
        && !shs_java_members_of_class(cls, &values->work, values->p)) {
        return shs_java_limits_reach_work(values);
    }
    /* A member that is not in the stream counts as no value. */
    if (!shs_java_limits_spend(values, cls->member_count,
                               SHS_JAVA_WORK_FIELD)) {
        return 0;
    }
    for (i = 0; i < cls->member_count; ++i) {
        if (!make_member(values, object, &cls->members[i], depth, make)) {
            return 0;
        }
    }
    shs_session_close(values->made, index);
    return 1;
}

static int make_view(shs_java_values_t *values, const shs_java_item_t *item,
                     shs_octets_t name, unsigned depth, make_fn make)
{
    const shs_java_view_t *view = item->view;

    switch (view->kind) {
    case SHS_JAVA_VIEW_TEXT:
        return append(values, view->scalar, name, view->text);
    case SHS_JAVA_VIEW_ITEM:
        return make(values, view->item, name, depth + 1);
    case SHS_JAVA_VIEW_LIST:
    case SHS_JAVA_VIEW_COPIES:
        return make_list(values, view, name, depth, make);
    case SHS_JAVA_VIEW_PRIMITIVES:
        return make_primitives(values, view, name);
    case SHS_JAVA_VIEW_ENTRIES:
        return make_entries(values, view, name, depth, make);
    case SHS_JAVA_VIEW_KEYS:
        return make_keys(values, view, name, depth, make);
    case SHS_JAVA_VIEW_FIELDS:
        break;
    }
    return make_object(values, item, name, depth, make);
}

/* An item that is not null, not a string and not being made. */
static int make_structure(shs_java_values_t *values, shs_java_item_t *item,
                          shs_octets_t name, unsigned depth, make_fn make)
{
    unsigned outer_cut = values->cut;
    unsigned outer_deepest = values->deepest;
    apr_size_t index;
    int is_made;

    if (!shs_java_meaning_get(item, &values->work, values->p)) {
        return shs_java_limits_reach_work(values);
    }
    (void)shs_session_values(values->made, &index);
    values->cut = NO_CUT;
    values->deepest = depth;
    item->active_depth = depth;
    is_made = make_view(values, item, name, depth, make);
    item->active_depth = 0;
    if (is_made && values->cut == NO_CUT) {
        item->written = index + 1;
        item->height = values->deepest - depth;
    }
    if (values->cut >= depth) {
        values->cut = NO_CUT; /* the cycle is within the item */
    }
    values->cut = outer_cut < values->cut ? outer_cut : values->cut;
    if (outer_deepest > values->deepest) {
        values->deepest = outer_deepest;
    }
    return is_made;
}

static int make_item(shs_java_values_t *values, shs_java_item_t *item,
                     shs_octets_t name, unsigned depth)
{
    if (!shs_java_limits_count(values)) {
        return 0;
    }
    if (depth >= SHS_SESSION_MAX_DEPTH) {
        return shs_java_limits_fail(values, "values are nested too deeply");
    }
    if (depth > values->deepest) {
        values->deepest = depth;
    }
    if (!item) {
        return append(values, SHS_KIND_NULL, name, nothing);
    }
    if (item->kind == SHS_JAVA_STRING) {
        return append(values, SHS_KIND_STRING, name, item->u.text);
    }
    if (item->active_depth) {
        if (item->active_depth < values->cut) {
            values->cut = item->active_depth;
        }
        return append(values, SHS_KIND_NULL, name, nothing);
    }
    if (item->written) {
        return copy(values, item, name, depth);
    }
    return make_structure(values, item, name, depth, make_item);
}

/* ---- public */

int shs_java_value_make(apr_size_t *out, shs_java_values_t *values,
                        shs_java_item_t *item, shs_octets_t name)
{
    values->cut = NO_CUT;
    values->deepest = 0;
    (void)shs_session_values(values->made, out);
    return make_item(values, item, name, 1);
}

int shs_java_value_scalar(shs_kind_t *kind, shs_octets_t *text,
                          shs_java_values_t *values, shs_java_item_t *item)
{
    const shs_java_view_t *view;
    int is_over;

    if (!item) {
        *kind = SHS_KIND_NULL;
        *text = nothing;
        return 1;
    }
    view = shs_java_limits_find_target(&is_over, values, item);
    if (!view || view->kind != SHS_JAVA_VIEW_TEXT) {
        return 0;
    }
    *kind = view->scalar;
    *text = view->text;
    return 1;
}
