/* SPDX-License-Identifier: Apache-2.0 */
#include "request/flow.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/settings.h"
#include "request/caching.h"
#include "request/chain.h"
#include "request/expose.h"
#include "request/guard.h"
#include "request/log.h"
#include "request/lookup.h"
#include "request/refusal.h"

APLOG_USE_MODULE(shared_session);

/* Takes back what is not r's own (rule 2): of its earlier settings, when
 * DirectoryIndex or MultiViews gave it another file's, or of the request that
 * it was made from. */
static void withdraw(request_rec *r, const shs_visit_t *visit)
{
    const shs_visit_t *source =
        visit && visit->config ? visit : shs_chain_outer_visit_of(r);

    if (source && source->settings) {
        shs_expose_withdraw(r, source->settings, source->lookup);
    }
}

/* The response that answers the client: of r itself, or of the page that
 * includes r. */
static void mark_response(request_rec *r, const shs_chain_t *chain)
{
    r = shs_chain_page_of(r);
    shs_caching_mark(r, chain->is_private);
    if (chain->cookies) {
        shs_caching_forbid(r);
    }
}

/* Whether r is the error document of a request that was denied: that page may
 * stand in the same place. */
static int is_page_of_denial(const request_rec *r)
{
    const shs_visit_t *denied = r->prev ? shs_chain_visit_of(r->prev) : NULL;

    return denied && denied->status == HTTP_SERVICE_UNAVAILABLE
           && r->prev->status == HTTP_SERVICE_UNAVAILABLE;
}

static int deny(request_rec *r)
{
    if (is_page_of_denial(r)) {
        return OK;
    }
    if (!r->main) {
        apr_table_setn(r->err_headers_out, "Retry-After",
                       SHS_REFUSAL_RETRY_AFTER_S);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_DENIED
                      "answered 503: the session store is unavailable and"
                      " SharedSessionFailure deny is in effect");
    }
    return HTTP_SERVICE_UNAVAILABLE;
}

static void expose(request_rec *r, shs_visit_t *visit,
                   const shs_settings_t *settings)
{
    shs_chain_t *chain = visit->chain;

    visit->lookup = shs_chain_look_up(chain, r, settings);
    visit->settings = settings;
    shs_expose_apply(r, settings, visit->lookup);
    chain->is_marked = 1;
    chain->is_private |= visit->lookup->outcome != SHS_OUTCOME_NONE;
    if (r->main) {
        /* mod_cache keeps parts too, and no header tells them apart. */
        r->no_cache = 1;
        mark_response(r, chain);
    }
    if (visit->lookup->outcome == SHS_OUTCOME_UNAVAILABLE
        && settings->denies.value) {
        visit->status = deny(r);
    }
}

/* Does for a request what its settings say, once for each configuration that
 * it has in its life. TRACE would send headers back to the client, so it gets
 * none. */
static int enter(request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);
    int is_on = settings->enabled.value && r->method_number != M_TRACE;
    shs_visit_t *visit = shs_chain_visit_of(r);

    if (!visit && !is_on && !shs_chain_outer_visit_of(r)) {
        return OK;
    }
    if (!visit) {
        visit = shs_chain_create_visit(r);
    }
    if (visit->config == r->per_dir_config) {
        return visit->status;
    }
    withdraw(r, visit);
    visit->config = r->per_dir_config;
    visit->settings = NULL;
    visit->lookup = NULL;
    visit->status = OK;
    if (is_on) {
        expose(r, visit, settings);
    }
    return visit->status;
}

/* Of an internal redirect this is the first hook: whatever becomes of it, it
 * does not carry what the request before it exposed. */
int shs_flow_on_post_read_request(request_rec *r)
{
    shs_guard_enter(r);
    if (r->prev) {
        withdraw(r, NULL);
    }
    return DECLINED;
}

int shs_flow_on_request(request_rec *r)
{
    int status = enter(r);

    return status == OK ? DECLINED : status;
}

/* Whether parts of the page are made by subrequests while it goes out. */
static int is_assembled(const request_rec *r)
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
    const shs_visit_t *visit;

    enter(r);
    visit = shs_chain_visit_of(r);
    if (r->main) {
        /* One that mod_cache's quick handler has kept passes no other hook. */
        if (shs_caching_varies(r)) {
            shs_caching_mark(shs_chain_page_of(r), 0);
        }
        return;
    }
    shs_caching_settle(r);
    if (visit && visit->chain->is_marked) {
        mark_response(r, visit->chain);
    }
    else if (shs_settings_of_server(r->server)->store && is_assembled(r)) {
        shs_caching_watch(r);
    }
}

/* A redirect may fail before it has a visit, and carry a cookie already. */
void shs_flow_on_insert_error_filter(request_rec *r)
{
    shs_chain_t *chain = shs_chain_of(r);

    if (chain && chain->is_marked && !r->main) {
        mark_response(r, chain);
    }
}
