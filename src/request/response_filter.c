/* SPDX-License-Identifier: Apache-2.0 */
#include "request/response_filter.h"

#include <apr_lib.h>
#include <http_protocol.h>

#include "request/expose/caching.h"

static ap_filter_rec_t *filter;
static shs_response_filter_fn registered;

/* The filter's state for one request. */
typedef struct state_t {
    int is_expected;             /* on_response is yet to be called ... */
    const apr_table_t *replaced; /* ... with this */
    int is_marked;
    int is_private;
    int is_forbidden;
    int is_forbidden_by_default;
    int is_holding;
    apr_bucket_brigade *held; /* while holding; NULL: nothing yet */
} state_t;

static int has_flush(const apr_bucket_brigade *brigade)
{
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(brigade); b != APR_BRIGADE_SENTINEL(brigade);
         b = APR_BUCKET_NEXT(b)) {
        if (APR_BUCKET_IS_FLUSH(b)) {
            return 1;
        }
    }
    return 0;
}

/* Holds the brigade while parts may still come. Returns 1 if the headers must
 * leave now; then `brigade` holds everything. */
static int must_send(state_t *state, ap_filter_t *f,
                     apr_bucket_brigade *brigade)
{
    apr_off_t len = 0;
    int is_forced = has_flush(brigade);

    if (state->held) {
        APR_BRIGADE_PREPEND(brigade, state->held);
    }
    if (state->is_marked || APR_BRIGADE_EMPTY(brigade)
        || APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade))) {
        return 1;
    }
    apr_brigade_length(brigade, 0, &len);
    if (is_forced || len < 0 || len > SHS_RESPONSE_FILTER_HOLD_MAX) {
        state->is_marked = 1;
        state->is_private = apr_table_get(f->r->headers_in, "Cookie") != NULL;
        return 1;
    }
    return ap_save_brigade(f, &state->held, &brigade, f->r->pool)
           != APR_SUCCESS;
}

static void set_headers(const state_t *state, request_rec *r)
{
    int is_forbidden =
        state->is_forbidden
        || (state->is_forbidden_by_default && !shs_caching_is_stated(r));

    if (state->is_marked) {
        shs_caching_set_headers(r, state->is_private, is_forbidden);
    }
}

/* The filter stays in its place while on_response runs, which may mark the
 * response. */
static apr_status_t on_brigade(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    state_t *state = f->ctx;

    if (state->is_expected) {
        apr_status_t rv;

        state->is_expected = 0;
        rv = registered(f->r, brigade, state->replaced);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    if (state->is_holding && !must_send(state, f, brigade)) {
        return APR_SUCCESS;
    }
    set_headers(state, f->r);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void shs_response_filter_register(shs_response_filter_fn on_response)
{
    registered = on_response;
    /* The same type as mod_headers' filter, and added later, so it runs after
     * it: what mod_headers sets counts too. mod_cache's filter that stores is
     * one type further down. */
    filter = ap_register_output_filter("SHARED_SESSION_RESPONSE", on_brigade,
                                       NULL, AP_FTYPE_CONTENT_SET);
}

static ap_filter_t *find_filter(const request_rec *r)
{
    ap_filter_t *f = r->output_filters;

    while (f && (f->frec != filter || f->r != r)) {
        f = f->next;
    }
    return f;
}

static state_t *create_state(request_rec *r)
{
    state_t *state = apr_pcalloc(r->pool, sizeof(*state));

    ap_add_output_filter_handle(filter, state, r, r->connection);
    return state;
}

void shs_response_filter_add(request_rec *r, const apr_table_t *replaced)
{
    ap_filter_t *f = find_filter(r);
    state_t *state;

    if (f) {
        state = f->ctx;
        ap_remove_output_filter(f);
        ap_add_output_filter_handle(filter, state, r, r->connection);
    }
    else {
        state = create_state(r);
    }
    state->is_expected = 1;
    state->replaced = replaced;
}

/* The state of r's filter, which is added if it is missing. */
static state_t *state_of(request_rec *r)
{
    ap_filter_t *f = find_filter(r);

    return f ? f->ctx : create_state(r);
}

/* Whether mod_cache stores what reaches a marker (SetOutputFilter CACHE) before
 * this filter, and so decides before it has set a header. mod_cache's handler
 * replaces the marker by CACHE_SAVE. */
static int is_stored_earlier(const request_rec *r)
{
    const ap_filter_t *f;

    for (f = r->output_filters; f && f->frec != filter; f = f->next) {
        const char *name = f->frec->name;

        if (apr_tolower(*name) == 'c'
            && (!ap_cstr_casecmp(name, "CACHE")
                || !ap_cstr_casecmp(name, "CACHE_SAVE"))) {
            return 1;
        }
    }
    return 0;
}

void shs_response_filter_mark(request_rec *r, int is_private)
{
    state_t *state = state_of(r);

    state->is_marked = 1;
    state->is_private |= is_private;
    if (is_stored_earlier(r)) {
        shs_caching_keep_out(r);
    }
}

void shs_response_filter_forbid(request_rec *r)
{
    state_of(r)->is_forbidden = 1;
}

void shs_response_filter_forbid_by_default(request_rec *r)
{
    state_of(r)->is_forbidden_by_default = 1;
}

void shs_response_filter_hold(request_rec *r)
{
    state_of(r)->is_holding = 1;
    if (is_stored_earlier(r)) {
        shs_caching_keep_out(r);
    }
}
