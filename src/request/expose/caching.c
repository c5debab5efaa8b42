/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/caching.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <util_filter.h>

#include "base/table.h"
#include "request/expose/table_sweep.h"

static ap_filter_rec_t *filter;

/* The filter's state for one request. */
typedef struct state_t {
    int is_marked;
    int is_private;
    int is_holding;
    int is_forbidden;
    apr_bucket_brigade *held; /* while holding; NULL: nothing yet */
} state_t;

/* The directives of a response's Cache-Control that stay. */
typedef struct control_t {
    apr_array_header_t *kept; /* of const char *: directives */
    int says_more;            /* private or no-store, for the whole response */
} control_t;

static int has_name(const char *directive, apr_size_t len, const char *name)
{
    return len == strlen(name) && !strncasecmp(directive, name, len);
}

/* The end of a directive: a comma outside quotation marks. */
static const char *end_of_directive(const char *c)
{
    int is_quoted = 0;

    for (; *c && (is_quoted || *c != ','); ++c) {
        if (*c == '"') {
            is_quoted = !is_quoted;
        }
        else if (is_quoted && *c == '\\' && c[1]) {
            ++c;
        }
    }
    return c;
}

/* Adds a directive, with the space that follows a comma. */
static void keep(apr_array_header_t *kept, const char *directive,
                 apr_size_t len)
{
    APR_ARRAY_PUSH(kept, const char *) = apr_psprintf(
        kept->pool, "%s%.*s", kept->nelts > 0 ? " " : "", (int)len, directive);
}

/* Parses one Cache-Control line and drops what allows a shared cache to store.
 * private="field" covers that field only, so it does not count. */
static int read_control(void *data, const char *key, const char *value)
{
    control_t *control = data;
    const char *c = value;

    (void)key;
    while (*c) {
        const char *end = end_of_directive(c);
        apr_size_t len;

        while (c < end && apr_isspace(*c)) {
            ++c;
        }
        len = (apr_size_t)(end - c);
        while (len > 0 && apr_isspace(c[len - 1])) {
            --len;
        }
        control->says_more |=
            has_name(c, len, "private") || has_name(c, len, "no-store");
        if (len > 0 && !has_name(c, len, "public")
            && (len < 9 || strncasecmp(c, "s-maxage=", 9))) {
            keep(control->kept, c, len);
        }
        c = *end ? end + 1 : end;
    }
    return 1;
}

/* For mod_cache, even if it is configured to ignore headers. */
static void keep_out_of_cache(request_rec *r)
{
    apr_table_setn(r->subprocess_env, "no-cache", "1");
}

/* Whether shared caches prefer the field to Cache-Control: a targeted field
 * (RFC 9213, whose names end so), or an older one of that kind. */
static int is_targeted(void *baton, const char *name)
{
    static const char suffix[] = "-Cache-Control";
    static const char *const older[] = { "Edge-Control", "Surrogate-Control",
                                         "X-Accel-Expires" };
    apr_size_t len = strlen(name);
    apr_size_t i;

    (void)baton;
    if (len < sizeof("Edge-Control") - 1) {
        return 0;
    }
    if (len >= sizeof(suffix) - 1
        && !strcasecmp(name + len - (sizeof(suffix) - 1), suffix)) {
        return 1;
    }
    for (i = 0; i < sizeof(older) / sizeof(older[0]); ++i) {
        if (!strcasecmp(name, older[i])) {
            return 1;
        }
    }
    return 0;
}

/* Makes a Cache-Control of the directives that the response has and that may
 * stay. */
static const char *merge_control(request_rec *r)
{
    control_t control = { apr_array_make(r->pool, 4, sizeof(const char *)), 0 };

    apr_table_do(read_control, &control, r->err_headers_out, "Cache-Control",
                 NULL);
    apr_table_do(read_control, &control, r->headers_out, "Cache-Control", NULL);
    if (!control.says_more) {
        keep(control.kept, "private", strlen("private"));
    }
    apr_table_unset(r->err_headers_out, "Cache-Control");
    return apr_array_pstrcat(r->pool, control.kept, ',');
}

static void make_private(request_rec *r)
{
    const char *merged = "private";

    if (shs_table_get(r->headers_out, "Cache-Control")
        || shs_table_get(r->err_headers_out, "Cache-Control")) {
        merged = merge_control(r);
    }
    shs_table_sweep_remove(r->err_headers_out, is_targeted, NULL, r->pool);
    shs_table_sweep_remove(r->headers_out, is_targeted, NULL, r->pool);
    apr_table_setn(r->headers_out, "Cache-Control", merged);
    keep_out_of_cache(r);
}

static int has_token(request_rec *r, const char *vary)
{
    return ap_find_token(r->pool, vary, "*")
           || ap_find_token(r->pool, vary, "Cookie");
}

int shs_caching_varies(request_rec *r)
{
    const apr_table_t *const tables[] = { r->headers_out, r->err_headers_out };
    int i;

    for (i = 0; i < 2; ++i) {
        if (shs_table_get(tables[i], "Vary")
            && has_token(r, apr_table_getm(r->pool, tables[i], "Vary"))) {
            return 1;
        }
    }
    return 0;
}

static void set_headers(const state_t *state, request_rec *r)
{
    if (!state->is_marked) {
        return;
    }
    /* A response that begins a session is private too. */
    if (state->is_private || shs_table_get(r->headers_out, "Set-Cookie")
        || shs_table_get(r->err_headers_out, "Set-Cookie")) {
        make_private(r);
    }
    if (state->is_forbidden) {
        apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    }
    if (!shs_caching_varies(r)) {
        apr_table_mergen(r->headers_out, "Vary", "Cookie");
    }
}

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
    if (is_forced || len < 0 || len > SHS_CACHING_HOLD_MAX) {
        state->is_marked = 1;
        state->is_private = apr_table_get(f->r->headers_in, "Cookie") != NULL;
        return 1;
    }
    return ap_save_brigade(f, &state->held, &brigade, f->r->pool)
           != APR_SUCCESS;
}

static apr_status_t mark_response(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    state_t *state = f->ctx;

    if (state->is_holding && !must_send(state, f, brigade)) {
        return APR_SUCCESS;
    }
    set_headers(state, f->r);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void shs_caching_register(void)
{
    /* The same type as mod_headers' filter, and added later, so it runs after
     * it. mod_cache's filter that stores is one type further down. */
    filter = ap_register_output_filter("SHARED_SESSION_CACHING", mark_response,
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

/* The state of r's filter, which is added if it is missing. */
static state_t *state_of(request_rec *r)
{
    ap_filter_t *f = find_filter(r);

    if (!f) {
        f = ap_add_output_filter_handle(
            filter, apr_pcalloc(r->pool, sizeof(state_t)), r, r->connection);
    }
    return f->ctx;
}

void shs_caching_move_last(request_rec *r)
{
    ap_filter_t *f = find_filter(r);

    if (f) {
        state_t *state = f->ctx;

        ap_remove_output_filter(f);
        ap_add_output_filter_handle(filter, state, r, r->connection);
    }
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

void shs_caching_mark(request_rec *r, int is_private)
{
    state_t *state = state_of(r);

    state->is_marked = 1;
    state->is_private |= is_private;
    if (is_stored_earlier(r)) {
        keep_out_of_cache(r);
    }
}

void shs_caching_forbid(request_rec *r)
{
    state_of(r)->is_forbidden = 1;
}

void shs_caching_hold(request_rec *r)
{
    state_of(r)->is_holding = 1;
    if (is_stored_earlier(r)) {
        keep_out_of_cache(r);
    }
}
