/* SPDX-License-Identifier: Apache-2.0 */
#include "request/flow.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/log.h"
#include "config/settings.h"
#include "request/client_request.h"
#include "request/expose/caching.h"
#include "request/expose/expose.h"
#include "request/expose/header_scrub.h"
#include "request/lookup/lookup.h"
#include "request/response_filter.h"

APLOG_USE_MODULE(shared_session);

/* Withdraws what does not belong to r (rule 2): the exposure of its earlier
 * settings, if DirectoryIndex or MultiViews gave it another file's, or of the
 * request that created it. */
static void withdraw(request_rec *r, const shs_request_context_t *context)
{
    const shs_request_context_t *source =
        context && context->config ? context
                                   : shs_client_request_find_outer_context(r);

    if (source && source->settings) {
        shs_expose_withdraw(r, source->settings, source->lookup);
    }
}

/* Marks the response to the client: r's own, or the page that includes r. */
static void mark_response(request_rec *r,
                          const shs_client_request_t *client_request)
{
    r = shs_client_request_page_of(r);
    shs_response_filter_mark(r, client_request->is_private);
    if (client_request->cookies) {
        shs_response_filter_forbid(r);
    }
}

/* Whether r is the error document of a denied request: that page may stand in
 * the same place. */
static int is_denial_page(const request_rec *r)
{
    const shs_request_context_t *denied =
        r->prev ? shs_client_request_context_of(r->prev) : NULL;

    return denied && denied->status == HTTP_SERVICE_UNAVAILABLE
           && r->prev->status == HTTP_SERVICE_UNAVAILABLE;
}

int shs_flow_deny(request_rec *r, const char *why)
{
    shs_client_request_t *client_request = shs_client_request_of(r);

    if (is_denial_page(r)) {
        return OK;
    }
    if (client_request) {
        client_request->is_denied = 1;
    }
    if (!r->main) {
        apr_table_setn(r->err_headers_out, "Retry-After",
                       SHS_FLOW_RETRY_AFTER_S);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_DENIED
                      "answered 503: the session store is unavailable and %s",
                      why);
    }
    return HTTP_SERVICE_UNAVAILABLE;
}

static void expose(request_rec *r, shs_request_context_t *context,
                   const shs_settings_t *settings)
{
    shs_client_request_t *client_request = context->client_request;

    context->lookup = shs_client_request_load_and_touch(r);
    context->settings = settings;
    shs_expose_apply(r, settings, context->lookup);
    client_request->is_marked = 1;
    client_request->is_private |= context->lookup->outcome != SHS_OUTCOME_NONE;
    if (r->main) {
        /* mod_cache stores parts too, and no header distinguishes them. */
        r->no_cache = 1;
        mark_response(r, client_request);
    }
    if (context->lookup->outcome == SHS_OUTCOME_UNAVAILABLE
        && settings->denies.value) {
        context->status =
            shs_flow_deny(r, "SharedSessionFailure deny is in effect");
    }
}

/* Applies a request's settings, once for each configuration that it has in its
 * life. TRACE would send headers back to the client, so it exposes nothing. */
static int apply_settings(request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);
    int is_on = settings->enabled.value && r->method_number != M_TRACE;
    shs_request_context_t *context = shs_client_request_context_of(r);

    if (!context && !is_on && !shs_client_request_find_outer_context(r)) {
        return OK;
    }
    if (!context) {
        context = shs_client_request_create_context(r);
    }
    if (context->config == r->per_dir_config) {
        return context->status;
    }
    withdraw(r, context);
    context->config = r->per_dir_config;
    context->settings = NULL;
    context->lookup = NULL;
    context->status = OK;
    if (is_on) {
        expose(r, context, settings);
    }
    return context->status;
}

/* This is an internal redirect's first hook: whatever becomes of the redirect,
 * it does not carry what the request before it exposed. */
int shs_flow_on_post_read_request(request_rec *r)
{
    shs_header_scrub_apply(r);
    if (r->prev) {
        withdraw(r, NULL);
    }
    return DECLINED;
}

int shs_flow_on_request(request_rec *r)
{
    int status = apply_settings(r);

    return status == OK ? DECLINED : status;
}

/* Whether subrequests produce parts of the page while it is sent. */
static int has_subrequests(const request_rec *r)
{
    const ap_filter_t *f;

    for (f = r->output_filters; f; f = f->next) {
        if (!ap_cstr_casecmp(f->frec->name, "INCLUDES")) {
            return 1;
        }
    }
    return 0;
}

/* After DirectoryIndex or MultiViews a request has another configuration than
 * at fixups. */
void shs_flow_on_insert_filter(request_rec *r)
{
    const shs_request_context_t *context;

    apply_settings(r);
    context = shs_client_request_context_of(r);
    if (r->main) {
        /* A part from mod_cache's quick handler passes no other hook. */
        if (shs_caching_varies(r)) {
            shs_response_filter_mark(shs_client_request_page_of(r), 0);
        }
        return;
    }
    if (context && context->client_request->is_marked) {
        mark_response(r, context->client_request);
    }
    else if (shs_settings_of_server(r->server)->store && has_subrequests(r)) {
        shs_response_filter_hold(r);
    }
}

/* A redirect may fail before it has a context, and already carry a cookie. */
void shs_flow_on_insert_error_filter(request_rec *r)
{
    shs_client_request_t *client_request = shs_client_request_of(r);

    if (client_request && client_request->is_marked && !r->main) {
        mark_response(r, client_request);
    }
}
