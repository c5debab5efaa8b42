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

static void scrub_connection(request_rec *r, const apr_array_header_t *claims)
{
    const char *list = apr_table_get(r->headers_in, "Connection");
    const char *kept = list ? shs_claims_strip(claims, list, r->pool) : NULL;

    if (list && !kept) {
        apr_table_unset(r->headers_in, "Connection");
    }
    else if (kept != list) {
        apr_table_setn(r->headers_in, "Connection", kept);
    }
}

void shs_guard_scrub(request_rec *r)
{
    guarded_t guarded = { r, shs_settings_of_server(r->server)->claims };

    shs_sweep_table(r->headers_in, is_forged, &guarded, r->pool);
    if (guarded.claims->nelts > 0) {
        scrub_connection(r, guarded.claims);
    }
}

/* Trailers are there once the end of the body was read. */
static apr_status_t on_body(ap_filter_t *f, apr_bucket_brigade *brigade,
                            ap_input_mode_t mode, apr_read_type_e block,
                            apr_off_t most)
{
    apr_status_t rv = ap_get_brigade(f->next, brigade, mode, block, most);
    request_rec *r = f->r;

    if (!rv && !APR_BRIGADE_EMPTY(brigade)
        && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade))) {
        guarded_t guarded = { r, shs_settings_of_server(r->server)->claims };

        shs_sweep_table(r->trailers_in, is_forged, &guarded, r->pool);
        ap_remove_input_filter(f);
    }
    return rv;
}

void shs_guard_on_insert_filter(request_rec *r)
{
    if (!r->main && ap_request_has_body(r)) {
        ap_add_input_filter_handle(trailer_filter, NULL, r, r->connection);
    }
}

void shs_guard_register(void)
{
    trailer_filter = ap_register_input_filter(
        "SHARED_SESSION_TRAILERS", on_body, NULL, AP_FTYPE_CONTENT_SET);
}
