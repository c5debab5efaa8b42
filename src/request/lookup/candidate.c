/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/candidate.h"

#include <string.h>

#include "session/id/cookie.h"

/* The inputs and the output of one search. */
typedef struct search_t {
    shs_candidates_t *out;
    const shs_scope_t *scope;
    const shs_key_t *const *keys; /* of all places that share the store, if some
                                   * overlap; or NULL */
} search_t;

static const char *read_value(shs_session_id_t *out, const search_t *search,
                              shs_octets_t value)
{
    const shs_cookie_options_t *options =
        &search->scope->settings->cookie_options.value;
    const shs_key_t *key = search->scope->settings->key.value;
    const char *refusal = shs_session_id_parse(out, value, options->steps.route,
                                               options->steps.extras);
    shs_octets_t built;

    if (refusal || !search->keys) {
        return refusal;
    }
    /* An id without a key stays a candidate: the lookup says why it has
     * none. */
    built = shs_key_build(key, out, search->scope->r->pool);
    if (shs_key_is_of_another(key, built, search->keys)) {
        refusal = "the value's key belongs to another SharedSessionKey";
    }
    return refusal;
}

/* Adds the id in a value, unless the value is no id. An id that is there
 * already gets the name too. Ids beyond the last place are dropped. */
static void add(const search_t *search, shs_octets_t value, apr_uint32_t name,
                int is_joined)
{
    shs_candidates_t *out = search->out;
    shs_session_id_t sid;
    const char *refusal = read_value(&sid, search, value);
    int i;

    if (refusal) {
        if (!out->refusal) {
            out->refusal = refusal;
        }
        return;
    }
    for (i = 0; i < out->count; ++i) {
        if (shs_session_id_is_equal(&out->list[i].sid, &sid)) {
            out->list[i].names |= name;
            return;
        }
    }
    if (out->count < SHS_CANDIDATE_MAX) {
        out->list[out->count].sid = sid;
        out->list[out->count].names = name;
        out->list[out->count].is_joined = is_joined;
        ++out->count;
    }
}

static void add_cookies(const search_t *search, const char *header,
                        shs_cookie_split_t split)
{
    const char *const *names =
        search->scope->settings->cookie_options.value.names;
    int is_joined = split == SHS_COOKIE_AT_COMMAS;
    int i;

    for (i = 0; names[i]; ++i) {
        const char *cursor = header;
        shs_octets_t value;

        if (is_joined && shs_cookie_is_prefixed(names[i])) {
            continue;
        }
        while (shs_cookie_next(&value, &cursor, names[i], split)) {
            add(search, value, (apr_uint32_t)1 << i, is_joined);
        }
    }
}

void shs_candidate_find(shs_candidates_t *out, const shs_scope_t *scope)
{
    const request_rec *r = scope->r;
    const char *header = apr_table_get(r->headers_in, "Cookie");
    const char *parameter = scope->settings->cookie_options.value.parameter;
    shs_octets_t value;
    search_t search;

    out->count = 0;
    out->refusal = NULL;
    search.out = out;
    search.scope = scope;
    search.keys = shs_settings_of_server(r->server)->keys_that_overlap;
    if (header) {
        add_cookies(&search, header, SHS_COOKIE_AT_SEMICOLONS);
    }
    /* There is no path if the request line was unreadable, and the error
     * document is being served. */
    if (parameter && r->unparsed_uri
        && shs_cookie_find_parameter(&value, r->unparsed_uri, parameter)) {
        add(&search, value, 0, 0);
    }
    if (header && strchr(header, ',') && strstr(header, ", ")) {
        add_cookies(&search, header, SHS_COOKIE_AT_COMMAS);
    }
}
