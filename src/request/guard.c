/* SPDX-License-Identifier: Apache-2.0 */
#include "request/guard.h"

#include <string.h>

#include <http_protocol.h>
#include <util_filter.h>

#include "config/claims.h"
#include "config/settings.h"
#include "request/log.h"
#include "request/sweep.h"

APLOG_USE_MODULE(shared_session);

static ap_filter_rec_t *trailer_filter;

/* What is_forged() asks. */
typedef struct guarded_t {
    request_rec *r;
    const apr_array_header_t *claims;
} guarded_t;

static int is_forged(void *baton, const char *name)
{
    const guarded_t *guarded = baton;

    if (shs_claims_is_control(name)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, guarded->r,
                      SHS_TAG_FORGED "removed the request's header %s, which"
                                     " only a response may have",
                      name);
        return 1;
    }
    if (!shs_claims_have(guarded->claims, name, strlen(name))) {
        return 0;
    }
    /* After an internal redirect it is our own. */
    if (!guarded->r->prev) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, guarded->r,
                      SHS_TAG_FORGED "removed the client's header %s,"
                                     " which SharedSessionHeader claims",
                      name);
    }
    return 1;
}

static void scrub_connection(apr_table_t *headers,
                             const apr_array_header_t *claims, apr_pool_t *p)
{
    const char *list = apr_table_get(headers, "Connection");
    const char *kept = list ? shs_claims_strip(claims, list, p) : NULL;

    if (list && !kept) {
        apr_table_unset(headers, "Connection");
    }
    else if (kept != list) {
        apr_table_setn(headers, "Connection", kept);
    }
}

/* The request's headers, or its trailers. */
static void scrub(request_rec *r, apr_table_t *headers)
{
    guarded_t guarded = { r, shs_settings_of_server(r->server)->claims };

    shs_sweep_table(headers, is_forged, &guarded, r->pool);
    if (guarded.claims->nelts > 0) {
        scrub_connection(headers, guarded.claims, r->pool);
    }
}

/* The trailers are there once the end of the body was read, and also when they
 * are found to be malformed. With MergeTrailers httpd has added them to a copy
 * of the headers by then, which is made again. */
static apr_status_t on_body(ap_filter_t *f, apr_bucket_brigade *brigade,
                            ap_input_mode_t mode, apr_read_type_e block,
                            apr_off_t most)
{
    request_rec *r = f->r;
    const apr_table_t *headers = r->headers_in;
    apr_status_t rv = ap_get_brigade(f->next, brigade, mode, block, most);

    if (!apr_is_empty_table(r->trailers_in)) {
        scrub(r, r->trailers_in);
        if (r->headers_in != headers) {
            r->headers_in = apr_table_overlay(r->pool, headers, r->trailers_in);
        }
    }
    return rv;
}

static int is_watched(const request_rec *r)
{
    const ap_filter_t *f = r->input_filters;

    while (f && f->frec != trailer_filter) {
        f = f->next;
    }
    return f != NULL;
}

/* Not ap_request_has_body(), which says no to every HEAD. Of HTTP/2 without a
 * length mod_http2 makes a Transfer-Encoding. */
static int has_body(const request_rec *r)
{
    return apr_table_get(r->headers_in, "Transfer-Encoding")
           || apr_table_get(r->headers_in, "Content-Length");
}

void shs_guard_on_insert_filter(request_rec *r)
{
    if (!r->main && has_body(r) && !is_watched(r)) {
        ap_add_input_filter_handle(trailer_filter, NULL, r, r->connection);
    }
}

void shs_guard_enter(request_rec *r)
{
    scrub(r, r->headers_in);
    shs_guard_on_insert_filter(r);
}

void shs_guard_register(void)
{
    trailer_filter = ap_register_input_filter(
        "SHARED_SESSION_TRAILERS", on_body, NULL, AP_FTYPE_CONTENT_SET);
}
