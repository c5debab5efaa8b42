/* SPDX-License-Identifier: Apache-2.0
 *
 * The format json: a string that holds one JSON object (RFC 8259), as
 * connect-redis and many others store it. Numbers keep their text.
 */
#include "codec/codec.h"

#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "session/json/json_patch.h"
#include "session/json/json_read.h"
#include "session/json/json_tree.h"
#include "base/octets.h"

static const shs_octets_t nothing = { "", 0 };

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    (void)wanted;
    return shs_json_read_session(out, record->string, p);
}

/* The member's new value, which the caller owns; or NULL and what is wrong. */
static json_t *create_value(const char **error, json_t *root, const char *name,
                            const shs_change_entry_t *entry, apr_pool_t *p)
{
    shs_octets_t text = entry->value;
    shs_octets_t before = nothing;
    json_error_t where;
    json_t *value = json_object_get(root, name);

    if (entry->kind == SHS_CHANGE_TEXT) {
        value = shs_json_tree_string(text, p);
        *error = value ? NULL : "a value is not UTF-8, as JSON has to be";
        return value;
    }
    if (entry->kind == SHS_CHANGE_MERGE) {
        if (json_is_object(value)) {
            before = shs_json_tree_dump(value, p);
        }
        *error = shs_json_patch_merge(&text, before, entry->value, p);
        if (*error) {
            return NULL;
        }
    }
    value = shs_json_tree_load(text, JSON_DECODE_ANY, &where, p);
    *error = value ? NULL : "a value is not JSON";
    return value;
}

static const char *apply(json_t *root, const shs_change_entry_t *entry,
                         apr_pool_t *p)
{
    const char *name = shs_json_tree_mark_name(entry->name, p);
    const char *error = NULL;
    json_t *value;

    if (entry->kind == SHS_CHANGE_UNSET) {
        json_object_del(root, name);
        return NULL;
    }
    value = create_value(&error, root, name, entry, p);
    if (value && json_object_set_new(root, name, value) != 0) {
        error = "an attribute's name is not UTF-8, as JSON has to be";
    }
    return error;
}

/* The member that marks a rotated session comes first: see ROTATED. */
static json_t *put_rotated_first(json_t *root, apr_pool_t *p)
{
    const char *name =
        shs_json_tree_mark_name(shs_octets_of(SHS_METADATA_ROTATED), p);
    json_t *rotated = json_object_get(root, name);
    json_t *ordered;

    if (!rotated) {
        return root;
    }
    ordered = json_object();
    if (json_object_set(ordered, name, rotated) != 0
        || json_object_update_missing(ordered, root) != 0) {
        json_decref(ordered);
        ordered = NULL;
    }
    json_decref(root);
    return ordered;
}

static const char *edit(shs_edit_t *out, const shs_record_t *old,
                        const shs_change_t *change, shs_codec_extent_t extent,
                        apr_pool_t *p)
{
    json_error_t where;
    json_t *root =
        old ? shs_json_tree_load(old->string, 0, &where, p) : json_object();
    const char *error = root ? NULL : "what is stored cannot be read";
    const shs_change_entry_t *entries;
    int count, i;

    (void)extent;
    entries = shs_change_entries(change, &count);
    for (i = 0; i < count && !error; ++i) {
        error = apply(root, &entries[i], p);
    }
    if (!error) {
        root = put_rotated_first(root, p);
        out->string = shs_json_tree_dump(root, p);
        error = out->string.data ? NULL : "no memory";
    }
    json_decref(root);
    return error;
}

/* The prefix of a rotated value. In compact JSON nothing else can begin like
 * this, since it is the object's first member. */
#define ROTATED "{\"" SHS_METADATA_ROTATED "\":"

const shs_codec_t shs_codec_json = { "json",  SHS_SHAPE_STRING,
                                     ROTATED, decode,
                                     edit,    NULL };
