/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/candidate.h"

#include <string.h>

#include "request/lookup/verification.h"
#include "session/id/cookie.h"
#include "session/id/id_steps.h"

/* The inputs and the output of one search. */
typedef struct search_t {
    shs_candidates_t *out;
    const shs_scope_t *scope;
    const shs_key_t *const *keys; /* of all places that share the store, if some
                                   * overlap; or NULL */
    shs_verification_t *verification; /* NULL: ids are not signed */
} search_t;

/* Where a value was found. */
typedef struct origin_t {
    const char *name; /* of the cookie; NULL: the path parameter */
    apr_uint32_t bit; /* of the name */
    shs_cookie_split_t split;
} origin_t;

static const char *read_value(shs_session_id_t *out, shs_id_proof_t *proof,
                              const search_t *search, shs_octets_t value)
{
    apr_pool_t *p = search->scope->r->pool;
    const shs_key_t *key = search->scope->settings->key.value;
    const char *refusal = shs_id_steps_parse(
        out, proof, &search->scope->settings->cookie_options.value.steps, value,
        p);
    shs_octets_t built;

    if (refusal || !search->keys) {
        return refusal;
    }
    /* An id without a key stays a candidate: the lookup says why it has
     * none. */
    built = shs_key_build(key, out, p);
    if (shs_key_is_of_another(key, built, search->keys)) {
        refusal = "the value's key belongs to another SharedSessionKey";
    }
    return refusal;
}

static void refuse(const search_t *search, const char *refusal)
{
    if (!search->out->refusal) {
        search->out->refusal = refusal;
    }
}

/* Adds the id in a value, unless the value is no id. An id that is there
 * already gets the name too. Ids beyond the last place are dropped. A signature
 * is verified last, because that costs most. */
static void add(search_t *search, shs_octets_t value, const origin_t *origin)
{
    shs_candidates_t *out = search->out;
    shs_session_id_t sid;
    shs_id_proof_t proof;
    const char *refusal = read_value(&sid, &proof, search, value);
    int i;

    if (refusal) {
        refuse(search, refusal);
        return;
    }
    for (i = 0; i < out->count; ++i) {
        if (shs_session_id_is_equal(&out->list[i].sid, &sid)) {
            out->list[i].names |= origin->bit;
            return;
        }
    }
    if (out->count == SHS_CANDIDATE_MAX) {
        return;
    }
    if (search->verification) {
        refusal = shs_verification_check(search->verification, &proof,
                                         origin->name, origin->split);
        if (refusal) {
            refuse(search, refusal);
            return;
        }
    }
    out->list[out->count].sid = sid;
    out->list[out->count].names = origin->bit;
    out->list[out->count].is_joined = origin->split == SHS_COOKIE_AT_COMMAS;
    ++out->count;
}

static void add_cookies(search_t *search, const char *header,
                        shs_cookie_split_t split)
{
    const char *const *names =
        search->scope->settings->cookie_options.value.names;
    int is_joined = split == SHS_COOKIE_AT_COMMAS;
    int i;

    for (i = 0; names[i]; ++i) {
        const origin_t origin = { names[i], (apr_uint32_t)1 << i, split };
        const char *cursor = header;
        shs_octets_t value;

        if (is_joined && shs_cookie_is_prefixed(names[i])) {
            continue;
        }
        while (shs_cookie_next(&value, &cursor, names[i], split)) {
            add(search, value, &origin);
        }
    }
}

void shs_candidate_find(shs_candidates_t *out, const shs_scope_t *scope)
{
    const request_rec *r = scope->r;
    const char *header = apr_table_get(r->headers_in, "Cookie");
    const char *parameter = scope->settings->cookie_options.value.parameter;
    static const origin_t in_path = { NULL, 0, SHS_COOKIE_AT_SEMICOLONS };
    shs_octets_t value;
    search_t search;

    out->count = 0;
    out->refusal = NULL;
    search.out = out;
    search.scope = scope;
    search.keys = shs_settings_of_server(r->server)->keys_that_overlap;
    search.verification =
        scope->settings->cookie_options.value.steps.sign == SHS_SIGN_NONE
            ? NULL
            : shs_verification_create(scope, header);
    if (header) {
        add_cookies(&search, header, SHS_COOKIE_AT_SEMICOLONS);
    }
    /* There is no path if the request line was unreadable, and the error
     * document is being served. */
    if (parameter && r->unparsed_uri
        && shs_cookie_find_parameter(&value, r->unparsed_uri, parameter)) {
        add(&search, value, &in_path);
    }
    if (header && strchr(header, ',') && strstr(header, ", ")) {
        add_cookies(&search, header, SHS_COOKIE_AT_COMMAS);
    }
}
