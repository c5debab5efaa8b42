/* SPDX-License-Identifier: Apache-2.0
 *
 * A string that holds one JSON object (RFC 8259), as connect-redis and many
 * others store it. Jansson parses and checks UTF-8; its tree is turned into
 * the session's nodes and freed, so the session owns copies of its texts.
 */
#include "codec/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "session/json_patch.h"

static const shs_octets_t nothing = { "", 0 };

static shs_octets_t copy(const char *data, apr_size_t len, apr_pool_t *p)
{
    shs_octets_t octets;

    octets.data = apr_pstrmemdup(p, data, len);
    octets.len = len;
    return octets;
}

/* The shortest of 15, 16 and 17 digits that reads back as the same number. */
static shs_octets_t write_real(double value, apr_pool_t *p)
{
    char text[40];
    int digits;

    for (digits = 15; digits <= 17; ++digits) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    /* Some locale's decimal point, should a library have set one. */
    text[strcspn(text, ",")] = text[strcspn(text, ",")] ? '.' : '\0';
    return copy(text, strlen(text), p);
}

static shs_octets_t write_scalar(shs_kind_t *kind, const json_t *value,
                                 apr_pool_t *p)
{
    char number[32];

    switch (json_typeof(value)) {
    case JSON_STRING:
        *kind = SHS_KIND_STRING;
        return copy(json_string_value(value), json_string_length(value), p);
    case JSON_INTEGER:
        *kind = SHS_KIND_NUMBER;
        apr_snprintf(number, sizeof(number), "%" APR_INT64_T_FMT,
                     (apr_int64_t)json_integer_value(value));
        return copy(number, strlen(number), p);
    case JSON_REAL:
        *kind = SHS_KIND_NUMBER;
        return write_real(json_real_value(value), p);
    case JSON_TRUE:
        *kind = SHS_KIND_BOOL;
        return copy("true", 4, p);
    case JSON_FALSE:
        *kind = SHS_KIND_BOOL;
        return copy("false", 5, p);
    case JSON_OBJECT:
        *kind = SHS_KIND_OBJECT;
        return nothing;
    case JSON_ARRAY:
        *kind = SHS_KIND_ARRAY;
        return nothing;
    case JSON_NULL:
        break;
    }
    *kind = SHS_KIND_NULL;
    return nothing;
}

/* Where a walk over the members of an array or object stands. */
typedef struct walk_t {
    json_t *parent;
    size_t position; /* in an array */
    void *at;        /* in an object; NULL before the first */
} walk_t;

static json_t *next_member(walk_t *walk, shs_octets_t *name, apr_pool_t *p)
{
    const char *key;

    if (json_is_array(walk->parent)) {
        *name = nothing;
        return json_array_get(walk->parent, walk->position++);
    }
    walk->at = walk->at ? json_object_iter_next(walk->parent, walk->at)
                        : json_object_iter(walk->parent);
    if (!walk->at) {
        return NULL;
    }
    key = json_object_iter_key(walk->at);
    *name = copy(key, strlen(key), p);
    return json_object_iter_value(walk->at);
}

/* Returns 0 when it is nested too deeply. */
static int append_members(shs_session_t *session, json_t *parent, int depth,
                          apr_pool_t *p)
{
    walk_t walk = { parent, 0, NULL };
    shs_octets_t name;
    json_t *value;

    while ((value = next_member(&walk, &name, p)) != NULL) {
        shs_kind_t kind;
        shs_octets_t text = write_scalar(&kind, value, p);
        apr_size_t node;

        if (depth == 1 && shs_life_is_reserved(name)) {
            shs_life_read(shs_session_life(session), name, text);
            continue;
        }
        node = shs_session_append(session, kind, name, text);
        if (kind == SHS_KIND_OBJECT || kind == SHS_KIND_ARRAY) {
            if (depth == SHS_SESSION_MAX_DEPTH
                || !append_members(session, value, depth + 1, p)) {
                return 0;
            }
            shs_session_close(session, node);
        }
    }
    return 1;
}

/* Valid JSON may hold integers past 64 bits: JavaScript writes 1e20 as
 * 100000000000000000000. Then all numbers are read as JavaScript does, as
 * doubles. */
static json_t *load(const shs_octets_t *text, json_error_t *error)
{
    json_t *root = json_loadb(text->data, text->len, JSON_ALLOW_NUL, error);

    if (!root && json_error_code(error) == json_error_numeric_overflow) {
        root = json_loadb(text->data, text->len,
                          JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, error);
    }
    return root;
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          apr_pool_t *p)
{
    json_error_t error;
    json_t *root = load(&record->string, &error);
    shs_session_t *session;
    int fits;

    if (!root) {
        return apr_psprintf(p, "not readable as JSON (at octet %d)",
                            error.position);
    }
    if (!json_is_object(root)) {
        json_decref(root);
        return "JSON, but no object";
    }
    session = shs_session_create(2 * json_object_size(root), p);
    fits = append_members(session, root, 1, p);
    json_decref(root);
    if (!fits) {
        return "JSON nested deeper than " APR_STRINGIFY(
            SHS_SESSION_MAX_DEPTH) " levels";
    }
    *out = session;
    return NULL;
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
