/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/header_scrub.h"

#include <string.h>

#include <http_protocol.h>
#include <util_filter.h>

#include "config/log.h"
#include "config/own_headers.h"
#include "config/settings.h"
#include "request/expose/table_sweep.h"

APLOG_USE_MODULE(shared_session);

static ap_filter_rec_t *trailer_filter;

/* The baton of is_forged(). */
typedef struct scrub_t {
    request_rec *r;
    const apr_array_header_t *own_headers;
} scrub_t;

static int is_forged(void *baton, const char *name)
{
    const scrub_t *scrub = baton;

    if (shs_own_headers_is_control(name)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scrub->r,
                      SHS_TAG_FORGED "removed the request's header %s, which"
                                     " only a response may have",
                      name);
        return 1;
    }
    if (!shs_own_headers_have(scrub->own_headers, name, strlen(name))) {
        return 0;
    }
    /* After an internal redirect it is the module's own. */
    if (!scrub->r->prev) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scrub->r,
                      SHS_TAG_FORGED "removed the client's header %s, which"
                                     " SharedSessionHeader sets",
                      name);
    }
    return 1;
}

static void scrub_connection(apr_table_t *headers,
                             const apr_array_header_t *own_headers,
                             apr_pool_t *p)
{
    const char *list = apr_table_get(headers, "Connection");
    const char *kept =
        list ? shs_own_headers_strip(own_headers, list, p) : NULL;

    if (list && !kept) {
        apr_table_unset(headers, "Connection");
    }
    else if (kept != list) {
        apr_table_setn(headers, "Connection", kept);
    }
}

/* Scrubs the request's headers, or its trailers. */
static void scrub_table(request_rec *r, apr_table_t *headers)
{
    scrub_t scrub = { r, shs_settings_of_server(r->server)->own_headers };

    shs_table_sweep_remove(headers, is_forged, &scrub, r->pool);
    if (scrub.own_headers->nelts > 0) {
        scrub_connection(headers, scrub.own_headers, r->pool);
    }
}

/* The trailers are complete when the end of the body has been read, and also
 * when they are found to be malformed. With MergeTrailers httpd has then
 * already added them to a copy of the headers, which is made again. */
static apr_status_t on_body(ap_filter_t *f, apr_bucket_brigade *brigade,
                            ap_input_mode_t mode, apr_read_type_e block,
                            apr_off_t most)
{
    request_rec *r = f->r;
    const apr_table_t *headers = r->headers_in;
    apr_status_t rv = ap_get_brigade(f->next, brigade, mode, block, most);

    if (!apr_is_empty_table(r->trailers_in)) {
        scrub_table(r, r->trailers_in);
        if (r->headers_in != headers) {
            r->headers_in = apr_table_overlay(r->pool, headers, r->trailers_in);
        }
    }
    return rv;
}

static int has_trailer_filter(const request_rec *r)
{
    const ap_filter_t *f = r->input_filters;

    while (f && f->frec != trailer_filter) {
        f = f->next;
    }
    return f != NULL;
}

/* ap_request_has_body() does not serve: it denies every HEAD request a body.
 * mod_http2 adds a Transfer-Encoding to an HTTP/2 request without a length. */
static int may_have_body(const request_rec *r)
{
    return apr_table_get(r->headers_in, "Transfer-Encoding")
           || apr_table_get(r->headers_in, "Content-Length");
}

void shs_header_scrub_on_insert_filter(request_rec *r)
{
    if (!r->main && may_have_body(r) && !has_trailer_filter(r)) {
        ap_add_input_filter_handle(trailer_filter, NULL, r, r->connection);
    }
}

void shs_header_scrub_apply(request_rec *r)
{
    scrub_table(r, r->headers_in);
    shs_header_scrub_on_insert_filter(r);
}

void shs_header_scrub_register(void)
{
    trailer_filter = ap_register_input_filter(
        "SHARED_SESSION_TRAILERS", on_body, NULL, AP_FTYPE_CONTENT_SET);
}
