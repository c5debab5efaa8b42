/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/attribute.h"

#include <string.h>

#include <apr_strings.h>

#include "request/client_request.h"
#include "request/expose/value.h"
#include "request/session_ops.h"
#include "session/json/json_text.h"
#include "session/json/path.h"

struct shs_attribute_t {
    const char *name;
    const shs_path_t *path;
    int is_list; /* [*] stands behind it */
};

const char *shs_attribute_parse(const shs_attribute_t **out, const char *text,
                                apr_pool_t *p)
{
    static const char suffix[] = "[*]";
    shs_attribute_t *attribute = apr_pcalloc(p, sizeof(*attribute));
    apr_size_t len = strlen(text);
    const char *error;

    attribute->name = text;
    if (len >= sizeof(suffix) - 1
        && !strcmp(text + len - (sizeof(suffix) - 1), suffix)) {
        attribute->is_list = 1;
        text = apr_pstrmemdup(p, text, len - (sizeof(suffix) - 1));
    }
    error = shs_path_parse(&attribute->path, text, p);
    if (!error && shs_path_kind(attribute->path) == SHS_PATH_EVERY) {
        error = "* stands for every attribute, and one is needed here";
    }
    *out = attribute;
    return error;
}

const char *shs_attribute_name(const shs_attribute_t *attribute)
{
    return attribute->name;
}

const shs_lookup_t *shs_attribute_lookup(const shs_attribute_t *attribute,
                                         request_rec *r)
{
    return attribute && shs_path_kind(attribute->path) == SHS_PATH_TTL
               ? shs_session_ops_find_with_ttl(r)
               : shs_session_ops_find(r);
}

/* What one requirement or expression has parsed of the lookup's session is
 * there for the others of the request. */
static shs_path_inside_t *inside_of(const shs_lookup_t *lookup, request_rec *r)
{
    shs_access_t *access = &shs_client_request_context_of(r)->access;

    if (access->inside_of != lookup) {
        access->inside_of = lookup;
        access->inside.read = NULL;
        access->lists = NULL;
    }
    return &access->inside;
}

int shs_attribute_text(shs_octets_t *text, const shs_attribute_t *attribute,
                       const shs_lookup_t *lookup, request_rec *r)
{
    shs_text_t found;

    if (!shs_value_find(&found, attribute->path, lookup, inside_of(lookup, r),
                        r->pool)) {
        return 0;
    }
    *text = found.octets;
    return 1;
}

/* Adds the text of the value; null has none. */
static void add(apr_array_header_t *list, const shs_session_t *session,
                const shs_value_t *value)
{
    shs_octets_t text;

    if (shs_json_text_get(&text, session, value, list->pool)) {
        APR_ARRAY_PUSH(list, shs_octets_t) = text;
    }
}

static void add_value(apr_array_header_t *list, const shs_session_t *session,
                      const shs_value_t *value)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    apr_size_t i = (apr_size_t)(value - values) + 1;

    if (value->kind == SHS_KIND_ARRAY) {
        for (; i < value->end; i = values[i].end) {
            add(list, session, &values[i]);
        }
    }
    else if (value->kind != SHS_KIND_OBJECT || i < value->end) {
        add(list, session, value);
    }
}

static const apr_array_header_t *make_values(const shs_attribute_t *attribute,
                                             const shs_lookup_t *lookup,
                                             request_rec *r)
{
    apr_array_header_t *list = apr_array_make(r->pool, 4, sizeof(shs_octets_t));
    const shs_session_t *session;
    const shs_value_t *value;
    shs_octets_t text;

    if (shs_path_kind(attribute->path) != SHS_PATH_ATTRIBUTE) {
        if (shs_attribute_text(&text, attribute, lookup, r)) {
            APR_ARRAY_PUSH(list, shs_octets_t) = text;
        }
        return list;
    }
    if (lookup->outcome != SHS_OUTCOME_FOUND) {
        return list;
    }
    value = (attribute->is_list ? shs_path_find_structure : shs_path_find)(
        &session, attribute->path, lookup->session, inside_of(lookup, r),
        r->pool);
    if (value) {
        add_value(list, session, value);
    }
    return list;
}

shs_attribute_list_t *shs_attribute_list(const shs_attribute_t *attribute,
                                         const shs_lookup_t *lookup,
                                         request_rec *r)
{
    shs_access_t *access = &shs_client_request_context_of(r)->access;
    shs_attribute_list_t *list;

    inside_of(lookup, r);
    for (list = access->lists; list; list = list->next) {
        if (!strcmp(list->name, attribute->name)) {
            return list;
        }
    }
    list = apr_palloc(r->pool, sizeof(*list));
    list->name = apr_pstrdup(r->pool, attribute->name);
    list->values = make_values(attribute, lookup, r);
    list->texts = NULL;
    list->next = access->lists;
    access->lists = list;
    return list;
}
