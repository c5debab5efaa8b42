/* SPDX-License-Identifier: Apache-2.0 */
#include "request/chain.h"

#include "request/headers_sent.h"
#include "request/keepalive.h"

shs_visit_t *shs_chain_visit_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &shared_session_module);
}

/* The request that this one was made from, or NULL. */
static request_rec *outer_of(const request_rec *r)
{
    return r->prev ? r->prev : r->main;
}

/* The visit of the nearest outer request that has one, or NULL. */
const shs_visit_t *shs_chain_outer_visit_of(const request_rec *r)
{
    const shs_visit_t *visit = NULL;

    while (!visit && (r = outer_of(r)) != NULL) {
        visit = shs_chain_visit_of(r);
    }
    return visit;
}

shs_chain_t *shs_chain_of(const request_rec *r)
{
    const shs_visit_t *visit = shs_chain_visit_of(r);

    if (!visit) {
        visit = shs_chain_outer_visit_of(r);
    }
    return visit ? visit->chain : NULL;
}

/* Makes the visit. The first request of the chain makes the chain; it gets a
 * visit too when only a later one needs it, to hold the chain for others. */
shs_visit_t *shs_chain_create_visit(request_rec *r)
{
    request_rec *outer = outer_of(r);
    shs_visit_t *visit = apr_pcalloc(r->pool, sizeof(*visit));

    if (outer) {
        shs_visit_t *holder = shs_chain_visit_of(outer);

        visit->chain = (holder ? holder : shs_chain_create_visit(outer))->chain;
    }
    else {
        visit->chain = apr_pcalloc(r->pool, sizeof(*visit->chain));
        visit->chain->first = r;
        visit->chain->has_left = shs_headers_sent_by(r);
    }
    ap_set_module_config(r->request_config, &shared_session_module, visit);
    return visit;
}

shs_memo_t *shs_chain_find_memo(const shs_chain_t *chain,
                                const shs_store_t *store,
                                const shs_settings_t *settings)
{
    shs_memo_t *memo = chain->memos;

    while (memo
           && (memo->store != store
               || !shs_settings_is_same_lookup(memo->settings, settings))) {
        memo = memo->next;
    }
    return memo;
}

static void keep_alive(shs_chain_t *chain, shs_store_t *store,
                       const shs_settings_t *settings,
                       const shs_lookup_t *lookup)
{
    shs_writer_t writer = { chain->first, store, settings };

    if (lookup->outcome == SHS_OUTCOME_FOUND) {
        shs_keepalive_touch(&writer, lookup);
    }
}

/* The chain's lookup for these settings. */
const shs_lookup_t *shs_chain_look_up(shs_chain_t *chain, request_rec *r,
                                      const shs_settings_t *settings)
{
    shs_store_t *store = shs_settings_of_server(r->server)->store;
    shs_memo_t *memo = shs_chain_find_memo(chain, store, settings);

    if (memo && memo->is_outdated) {
        memo->lookup =
            shs_lookup_run_ident(chain->first, store, settings, &memo->ident);
        memo->is_outdated = 0;
    }
    if (memo) {
        return memo->lookup;
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
    keep_alive(chain, store, settings, memo->lookup);
    return memo->lookup;
}

request_rec *shs_chain_page_of(request_rec *r)
{
    while (r->main) {
        r = r->main;
    }
    return r;
}
