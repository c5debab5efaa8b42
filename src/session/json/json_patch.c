/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_patch.h"

#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "session/json/json_tree.h"
#include "base/octets.h"

/* A deeper patch is refused: its result could not be read again. */
#define MAX_DEPTH 64

static int is_deeper(json_t *value, int levels)
{
    const char *name;
    json_t *member;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value)) {
        return 0;
    }
    if (levels == 0) {
        return 1;
    }
    json_array_foreach(value, i, member)
    {
        if (is_deeper(member, levels - 1)) {
            return 1;
        }
    }
    json_object_foreach(value, name, member)
    {
        if (is_deeper(member, levels - 1)) {
            return 1;
        }
    }
    return 0;
}

/* RFC 7396 section 2, MergePatch(). Takes over the reference to `target`, which
 * may be NULL; the caller owns the result. NULL when out of memory. */
static json_t *merge(json_t *target, json_t *patch)
{
    const char *name;
    json_t *value;

    if (!json_is_object(target)) {
        json_decref(target);
        target = json_object();
    }
    json_object_foreach(patch, name, value)
    {
        json_t *member = json_object_get(target, name);

        if (json_is_null(value)) {
            json_object_del(target, name);
        }
        else if (json_is_object(value)) {
            json_object_set_new(target, name,
                                merge(json_incref(member), value));
        }
        else {
            json_object_set(target, name, value);
        }
    }
    return target;
}

static void add(shs_change_t *change, const char *name, const json_t *value,
                apr_pool_t *p)
{
    shs_octets_t own_name =
        shs_octets_of(apr_pstrdup(p, shs_json_tree_name(name)));
    shs_octets_t text = { "", 0 };

    switch (json_typeof(value)) {
    case JSON_NULL:
        shs_change_add(change, SHS_CHANGE_UNSET, own_name, text);
        break;
    case JSON_STRING:
        text = shs_json_tree_text(value);
        text.data = apr_pstrmemdup(p, text.data, text.len);
        shs_change_add(change,
                       shs_json_tree_is_number(value) ? SHS_CHANGE_JSON
                                                      : SHS_CHANGE_TEXT,
                       own_name, text);
        break;
    case JSON_OBJECT:
        shs_change_add(change, SHS_CHANGE_MERGE, own_name,
                       shs_json_tree_dump(value, p));
        break;
    case JSON_ARRAY:
    case JSON_INTEGER:
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE:
        shs_change_add(change, SHS_CHANGE_JSON, own_name,
                       shs_json_tree_dump(value, p));
        break;
    }
}

const char *shs_json_patch_read(shs_change_t *change, shs_octets_t json,
                                apr_pool_t *p)
{
    json_error_t error;
    json_t *root = shs_json_tree_load(json, JSON_REJECT_DUPLICATES, &error, p);
    const char *wrong = NULL;
    const char *name;
    json_t *value;

    if (!root) {
        return apr_psprintf(p, "not readable as JSON (at octet %d)",
                            error.position);
    }
    if (!json_is_object(root)) {
        wrong = "JSON, but no object";
    }
    else if (is_deeper(root, MAX_DEPTH)) {
        wrong = "JSON nested deeper than " APR_STRINGIFY(MAX_DEPTH) " levels";
    }
    else if (!shs_json_tree_shorten(root, p)) {
        wrong = "no memory";
    }
    else {
        json_object_foreach(root, name, value)
        {
            add(change, name, value, p);
        }
    }
    json_decref(root);
    return wrong;
}

/* Sets *target to the object to merge into (NULL: none), or returns what is
 * wrong. An object with a number that cannot be read must not be mistaken for a
 * text that is no JSON, since it would be lost. */
static const char *load_target(json_t **target, shs_octets_t old, apr_pool_t *p)
{
    json_error_t error;

    *target = old.len > 0 ? shs_json_tree_load(old, 0, &error, p) : NULL;
    return old.len > 0 && !*target
                   && json_error_code(&error) == json_error_numeric_overflow
               ? "it holds a number that is larger than can be read"
               : NULL;
}

const char *shs_json_patch_merge(shs_octets_t *out, shs_octets_t old,
                                 shs_octets_t patch, apr_pool_t *p)
{
    json_error_t where;
    json_t *change = shs_json_tree_load(patch, 0, &where, p);
    const char *error;
    json_t *target;

    if (!change) {
        return "not readable as JSON";
    }
    error = load_target(&target, old, p);
    if (error) {
        json_decref(change);
        return error;
    }
    target = merge(target, change);
    *out = shs_json_tree_dump(target, p);
    json_decref(target);
    json_decref(change);
    return out->len > 0 ? NULL : "no memory";
}
