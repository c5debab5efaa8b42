/* SPDX-License-Identifier: Apache-2.0 */
#include "request/flow.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/settings.h"
#include "request/caching.h"
#include "request/expose.h"
#include "request/guard.h"
#include "request/log.h"
#include "request/lookup.h"

APLOG_USE_MODULE(shared_session);

/* What clients are told to wait after a 503. */
#define RETRY_AFTER_S "5"

/* A lookup and the settings that led to it. */
typedef struct memo_t memo_t;
struct memo_t {
    const shs_settings_t *settings;
    const shs_store_t *store;
    const shs_lookup_t *lookup;
    memo_t *next;
};

/* One client request, whatever it became. Lives in its first request's pool. */
typedef struct chain_t {
    request_rec *first;
    memo_t *memos;
    const shs_store_t *failed; /* did not answer (rule 3) */
    int is_marked;             /* some visit exposed: the response varies ... */
    int is_private;            /* ... and an id was offered */
} chain_t;

/* One request_rec. Lives in its pool. */
typedef struct visit_t {
    chain_t *chain;
    const ap_conf_vector_t *config; /* what it was applied for; NULL: not yet */
    const shs_settings_t *settings; /* exposed by these; NULL: nothing is */
    const shs_lookup_t *lookup;
    int status; /* OK, or the status that ends the request */
} visit_t;

static visit_t *visit_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &shared_session_module);
}

/* The request that this one was made from, or NULL. */
static request_rec *outer_of(const request_rec *r)
{
    return r->prev ? r->prev : r->main;
}

/* The visit of the nearest outer request that has one, or NULL. */
static const visit_t *outer_visit_of(const request_rec *r)
{
    const visit_t *visit = NULL;

    while (!visit && (r = outer_of(r)) != NULL) {
        visit = visit_of(r);
    }
    return visit;
}

/* Makes the visit. The first request of the chain makes the chain; it gets a
 * visit too when only a later one needs it, to hold the chain for others. */
static visit_t *create_visit(request_rec *r)
{
    request_rec *outer = outer_of(r);
    visit_t *visit = apr_pcalloc(r->pool, sizeof(*visit));

    if (outer) {
        visit_t *holder = visit_of(outer);

        visit->chain = (holder ? holder : create_visit(outer))->chain;
    }
    else {
        visit->chain = apr_pcalloc(r->pool, sizeof(*visit->chain));
        visit->chain->first = r;
    }
    ap_set_module_config(r->request_config, &shared_session_module, visit);
    return visit;
}

/* The chain's lookup for these settings (rule 1). */
static const shs_lookup_t *look_up(chain_t *chain, request_rec *r,
                                   const shs_settings_t *settings)
{
    shs_store_t *store = shs_settings_of_server(r->server)->store;
    memo_t *memo;

    for (memo = chain->memos; memo; memo = memo->next) {
        if (memo->store == store
            && shs_settings_is_same_lookup(memo->settings, settings)) {
            return memo->lookup;
        }
    }
    memo = apr_pcalloc(chain->first->pool, sizeof(*memo));
    memo->settings = shs_settings_copy_lookup(settings, chain->first->pool);
    memo->store = store;
    memo->lookup = store && chain->failed == store
                       ? shs_lookup_skip(chain->first, settings)
                       : shs_lookup_run(chain->first, store, settings);
    if (memo->lookup->outcome == SHS_OUTCOME_UNAVAILABLE) {
        chain->failed = store;
    }
    memo->next = chain->memos;
    chain->memos = memo;
    return memo->lookup;
}

/* Takes back what is not r's own (rule 2): of its earlier settings, when
 * DirectoryIndex or MultiViews gave it another file's, or of the request that
 * it was made from. */
static void withdraw(request_rec *r, const visit_t *visit)
{
    const visit_t *source = visit && visit->config ? visit : outer_visit_of(r);

    if (source && source->settings) {
        shs_expose_withdraw(r, source->settings, source->lookup);
    }
}

/* The request whose response answers the client: r itself, or that of the page
 * which includes r. */
static request_rec *page_of(request_rec *r)
{
    while (r->main) {
        r = r->main;
    }
    return r;
}

/* Whether r is the error document of a request that was denied: that page may
 * stand in the same place. */
static int is_page_of_denial(const request_rec *r)
{
    const visit_t *denied = r->prev ? visit_of(r->prev) : NULL;

    return denied && denied->status == HTTP_SERVICE_UNAVAILABLE
           && r->prev->status == HTTP_SERVICE_UNAVAILABLE;
}

static int deny(request_rec *r)
{
    if (is_page_of_denial(r)) {
        return OK;
    }
    if (!r->main) {
        apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER_S);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_DENIED
                      "answered 503: the session store gives"
                      " no answer and SharedSessionFailure deny is in effect");
    }
    return HTTP_SERVICE_UNAVAILABLE;
}

static void expose(request_rec *r, visit_t *visit,
                   const shs_settings_t *settings)
{
    chain_t *chain = visit->chain;

    visit->lookup = look_up(chain, r, settings);
    visit->settings = settings;
    shs_expose_apply(r, settings, visit->lookup);
    chain->is_marked = 1;
    chain->is_private |= visit->lookup->outcome != SHS_OUTCOME_NONE;
    if (r->main) {
        /* mod_cache keeps parts too, and no header tells them apart. */
        r->no_cache = 1;
        shs_caching_mark(page_of(r), chain->is_private);
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
    visit_t *visit = visit_of(r);

    if (!visit && !is_on && !outer_visit_of(r)) {
        return OK;
    }
    if (!visit) {
        visit = create_visit(r);
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
    shs_guard_scrub(r);
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
    const visit_t *visit;

    enter(r);
    visit = visit_of(r);
    if (r->main) {
        /* One that mod_cache's quick handler has kept passes no other hook. */
        if (shs_caching_varies(r)) {
            shs_caching_mark(page_of(r), 0);
        }
        return;
    }
    shs_caching_settle(r);
    if (visit && visit->chain->is_marked) {
        shs_caching_mark(r, visit->chain->is_private);
    }
    else if (shs_settings_of_server(r->server)->store && is_assembled(r)) {
        shs_caching_watch(r);
    }
}

void shs_flow_on_insert_error_filter(request_rec *r)
{
    const visit_t *visit = visit_of(r);

    if (visit && visit->chain->is_marked && !r->main) {
        shs_caching_mark(r, visit->chain->is_private);
    }
}
