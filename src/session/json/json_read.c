/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_read.h"

#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "session/json/json_number.h"
#include "session/json/json_tree.h"

static const shs_octets_t nothing = { "", 0 };

static shs_octets_t copy(const char *data, apr_size_t len, apr_pool_t *p)
{
    shs_octets_t octets;

    octets.data = apr_pstrmemdup(p, data, len);
    octets.len = len;
    return octets;
}

static shs_octets_t read_scalar(shs_kind_t *kind, const json_t *value,
                                apr_pool_t *p)
{
    shs_octets_t text = nothing;

    switch (json_typeof(value)) {
    case JSON_STRING:
        *kind =
            shs_json_tree_is_number(value) ? SHS_KIND_NUMBER : SHS_KIND_STRING;
        text = shs_json_tree_text(value);
        return copy(text.data, text.len, p);
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
    case JSON_INTEGER:
    case JSON_REAL:
        break;
    }
    *kind = SHS_KIND_NULL;
    return nothing;
}

/* The state of a walk over the members of an array or object. */
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
    key = shs_json_tree_name(json_object_iter_key(walk->at));
    *name = copy(key, strlen(key), p);
    return json_object_iter_value(walk->at);
}

/* Returns 0 when the JSON is nested too deeply. Members at depth 1 are the
 * session's attributes, at depth 2 the members of an attribute. */
static int append_members(shs_session_t *session, json_t *parent, int depth,
                          apr_pool_t *p)
{
    walk_t walk = { parent, 0, NULL };
    shs_octets_t name;
    json_t *value;

    while ((value = next_member(&walk, &name, p)) != NULL) {
        shs_kind_t kind;
        shs_octets_t text = read_scalar(&kind, value, p);
        apr_size_t index;

        if (depth == 1 && shs_metadata_is_reserved(name)) {
            if (kind == SHS_KIND_NUMBER) {
                text = shs_json_number_shorten(text, p);
            }
            shs_metadata_read(shs_session_metadata(session), name, text);
            continue;
        }
        index = shs_session_append(session, kind, name, text);
        if (kind == SHS_KIND_OBJECT || kind == SHS_KIND_ARRAY) {
            if (depth == SHS_SESSION_MAX_DEPTH
                || !append_members(session, value, depth + 1, p)) {
                return 0;
            }
            shs_session_close(session, index);
        }
    }
    return 1;
}

#define TOO_DEEP \
    "JSON nested deeper than " APR_STRINGIFY(SHS_SESSION_MAX_DEPTH) " levels"

const char *shs_json_read_session(shs_session_t **out, shs_octets_t text,
                                  apr_pool_t *p)
{
    json_error_t error;
    json_t *root = shs_json_tree_load(text, 0, &error, p);
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
        return TOO_DEEP;
    }
    *out = session;
    return NULL;
}

/* The members start at depth 2, as in a session that is JSON as a whole. */
shs_session_t *shs_json_read_structure(shs_octets_t text, apr_pool_t *p)
{
    json_error_t error;
    json_t *root = shs_json_tree_load(text, 0, &error, p);
    shs_session_t *session = NULL;

    if (root) {
        session = shs_session_create(
            1 + json_object_size(root) + json_array_size(root), p);
        shs_session_append(
            session, json_is_object(root) ? SHS_KIND_OBJECT : SHS_KIND_ARRAY,
            nothing, nothing);
        if (append_members(session, root, 2, p)) {
            shs_session_close(session, 0);
        }
        else {
            session = NULL;
        }
    }
    json_decref(root);
    return session;
}
