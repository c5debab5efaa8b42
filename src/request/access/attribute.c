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
    int is_list;        /* [*] stands behind it */
    const char *member; /* what stands behind [*]: names, each followed by "."
                         * except the last; empty: nothing */
};

/* Splits "authorities[*].role" at the [*]. Returns NULL, or what is wrong. */
static const char *split(const char **path, shs_attribute_t *attribute,
                         const char *text, apr_pool_t *p)
{
    static const char mark[] = "[*]";
    const char *at = strstr(text, mark);
    const char *rest = at ? at + sizeof(mark) - 1 : "";

    *path = text;
    attribute->member = "";
    if (!at || (*rest && *rest != '.')) {
        return NULL;
    }
    attribute->is_list = 1;
    *path = apr_pstrmemdup(p, text, (apr_size_t)(at - text));
    if (*rest) {
        attribute->member = rest + 1;
    }
    return *rest && (!rest[1] || strchr(rest, '[') || strstr(rest, ".."))
               ? "behind [*] there can only be names, as in"
                 " authorities[*].role"
               : NULL;
}

const char *shs_attribute_parse(const shs_attribute_t **out, const char *text,
                                apr_pool_t *p)
{
    shs_attribute_t *attribute = apr_pcalloc(p, sizeof(*attribute));
    const char *path;
    const char *error = split(&path, attribute, text, p);

    attribute->name = text;
    if (!error) {
        error = shs_path_parse(&attribute->path, path, p);
    }
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

    if (*attribute->member
        || !shs_value_find(&found, attribute->path, lookup,
                           inside_of(lookup, r), r->pool)) {
        return 0;
    }
    *text = found.octets;
    return 1;
}

/* Only a framework's session has parts that were not read or understood. */
int shs_attribute_is_known(const shs_attribute_t *attribute,
                           const shs_lookup_t *lookup, const request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);

    return !shs_codec_is_foreign(settings->codec.value)
           || shs_path_is_known(attribute->path, lookup->session,
                                &settings->wanted.value);
}

/* The member of a value, by the names behind [*]; or NULL. */
static const shs_value_t *find_member(const shs_session_t *session,
                                      const shs_value_t *value,
                                      const char *names)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);

    while (value && *names) {
        apr_size_t len = strcspn(names, ".");

        value =
            value->kind == SHS_KIND_OBJECT
                ? shs_session_find(session, (apr_size_t)(value - values) + 1,
                                   value->end, names, len)
                : NULL;
        names += len + (names[len] == '.');
    }
    return value;
}

/* Adds the text of the value; null has none. */
static void add(apr_array_header_t *list, const shs_session_t *session,
                const shs_value_t *value)
{
    shs_octets_t text;

    if (value && shs_json_text_get(&text, session, value, list->pool)) {
        APR_ARRAY_PUSH(list, shs_octets_t) = text;
    }
}

static void add_value(apr_array_header_t *list, const shs_session_t *session,
                      const shs_value_t *value, const char *member)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    apr_size_t i = (apr_size_t)(value - values) + 1;

    if (value->kind == SHS_KIND_ARRAY) {
        for (; i < value->end; i = values[i].end) {
            add(list, session, find_member(session, &values[i], member));
        }
    }
    else if (!*member && (value->kind != SHS_KIND_OBJECT || i < value->end)) {
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
        add_value(list, session, value, attribute->member);
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
