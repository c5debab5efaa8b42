/* SPDX-License-Identifier: Apache-2.0
 *
 * A string that holds one JSON object (RFC 8259), as connect-redis and many
 * others store it.
 */
#include "codec/codec.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "session/json_patch.h"
#include "session/json_read.h"

static shs_octets_t copy(const char *data, apr_size_t len, apr_pool_t *p)
{
    shs_octets_t octets;

    octets.data = apr_pstrmemdup(p, data, len);
    octets.len = len;
    return octets;
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          apr_pool_t *p)
{
    return shs_json_read_session(out, record->string, p);
}

/* The member's new value, which is the caller's; or NULL and what is wrong. */
static json_t *make_value(const char **error, json_t *root, const char *name,
                          const shs_change_entry_t *entry, apr_pool_t *p)
{
    shs_octets_t text = entry->value;
    shs_octets_t before = { "", 0 };
    json_t *value;
    char *old;

    if (entry->kind == SHS_CHANGE_TEXT) {
        value = json_stringn(text.data, text.len);
        *error = value ? NULL : "a value is no UTF-8, as JSON has to be";
        return value;
    }
    if (entry->kind == SHS_CHANGE_MERGE) {
        old = json_dumps(json_object_get(root, name), JSON_COMPACT);
        if (old) {
            before = copy(old, strlen(old), p);
            free(old);
        }
        *error = shs_json_patch_merge(&text, before, entry->value, p);
        if (*error) {
            return NULL;
        }
    }
    value =
        json_loadb(text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    *error = value ? NULL : "a value is no JSON";
    return value;
}

static const char *apply(json_t *root, const shs_change_entry_t *entry,
                         apr_pool_t *p)
{
    const char *name = apr_pstrmemdup(p, entry->name.data, entry->name.len);
    const char *error = NULL;
    json_t *value;

    if (entry->kind == SHS_CHANGE_UNSET) {
        json_object_del(root, name);
        return NULL;
    }
    value = make_value(&error, root, name, entry, p);
    if (value && json_object_set_new(root, name, value) != 0) {
        error = "an attribute's name is no UTF-8, as JSON has to be";
    }
    return error;
}

/* Numbers past 64 bits would come back as others. */
static json_t *load_exactly(const char **error, const shs_record_t *old)
{
    json_t *root = old ? json_loadb(old->string.data, old->string.len,
                                    JSON_ALLOW_NUL, NULL)
                       : json_object();

    *error = root ? NULL
                  : "it holds an integer of more than 64 bits, which writing"
                    " would change";
    return root;
}

static const char *edit(shs_edit_t *out, const shs_record_t *old,
                        const shs_change_t *change, shs_codec_extent_t extent,
                        apr_pool_t *p)
{
    const char *error;
    json_t *root = load_exactly(&error, old);
    const shs_change_entry_t *entries;
    char *text;
    int count, i;

    (void)extent;
    entries = shs_change_entries(change, &count);
    for (i = 0; i < count && !error; ++i) {
        error = apply(root, &entries[i], p);
    }
    text = error ? NULL : json_dumps(root, JSON_COMPACT);
    if (text) {
        out->string = copy(text, strlen(text), p);
    }
    free(text);
    json_decref(root);
    return error || text ? error : "no memory";
}

const shs_codec_t shs_codec_json = { "json", SHS_SHAPE_STRING, decode, edit };
