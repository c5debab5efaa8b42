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

static void scrub_connection(request_rec *r,
                             const apr_array_header_t *own_headers)
{
    const char *list = apr_table_get(r->headers_in, "Connection");
    const char *kept =
        list ? shs_own_headers_strip(own_headers, list, r->pool) : NULL;

    if (list && !kept) {
        apr_table_unset(r->headers_in, "Connection");
    }
    else if (kept != list) {
        apr_table_setn(r->headers_in, "Connection", kept);
    }
}

void shs_header_scrub_apply(request_rec *r)
{
    scrub_t scrub = { r, shs_settings_of_server(r->server)->own_headers };

    shs_table_sweep_remove(r->headers_in, is_forged, &scrub, r->pool);
    if (scrub.own_headers->nelts > 0) {
        scrub_connection(r, scrub.own_headers);
    }
}

/* The trailers are complete when the end of the body has been read. */
static apr_status_t on_body(ap_filter_t *f, apr_bucket_brigade *brigade,
                            ap_input_mode_t mode, apr_read_type_e block,
                            apr_off_t most)
{
    apr_status_t rv = ap_get_brigade(f->next, brigade, mode, block, most);
    request_rec *r = f->r;

    if (!rv && !APR_BRIGADE_EMPTY(brigade)
        && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade))) {
        scrub_t scrub = { r, shs_settings_of_server(r->server)->own_headers };

        shs_table_sweep_remove(r->trailers_in, is_forged, &scrub, r->pool);
        ap_remove_input_filter(f);
    }
    return rv;
}

void shs_header_scrub_on_insert_filter(request_rec *r)
{
    if (!r->main && ap_request_has_body(r)) {
        ap_add_input_filter_handle(trailer_filter, NULL, r, r->connection);
    }
}

void shs_header_scrub_register(void)
{
    trailer_filter = ap_register_input_filter(
        "SHARED_SESSION_TRAILERS", on_body, NULL, AP_FTYPE_CONTENT_SET);
}
