/* SPDX-License-Identifier: Apache-2.0 */
#include "request/client_request.h"

#include "request/headers_sent.h"
#include "request/lookup/touch.h"

/* The request that created this one, or NULL. */
static request_rec *outer_of(const request_rec *r)
{
    return r->prev ? r->prev : r->main;
}

/* The context of the nearest outer request that has one, or NULL. */
const shs_request_context_t *shs_client_request_find_outer_context(
    const request_rec *r)
{
    const shs_request_context_t *context = NULL;

    while (!context && (r = outer_of(r)) != NULL) {
        context = shs_client_request_context_of(r);
    }
    return context;
}

shs_client_request_t *shs_client_request_of(const request_rec *r)
{
    const shs_request_context_t *context = shs_client_request_context_of(r);

    if (!context) {
        context = shs_client_request_find_outer_context(r);
    }
    return context ? context->client_request : NULL;
}

/* A first request's. */
typedef struct first_t {
    shs_request_context_t context;
    shs_client_request_t client_request;
} first_t;

/* Creates the context. The client request is created with its first request's
 * context; that request gets one even if only a later request needs it, to hold
 * the client request for the others. */
shs_request_context_t *shs_client_request_create_context(request_rec *r)
{
    request_rec *outer = outer_of(r);
    shs_request_context_t *context;

    if (outer) {
        shs_request_context_t *holder = shs_client_request_context_of(outer);

        context = apr_pcalloc(r->pool, sizeof(*context));
        context->client_request =
            (holder ? holder : shs_client_request_create_context(outer))
                ->client_request;
    }
    else {
        first_t *both = apr_pcalloc(r->pool, sizeof(*both));

        context = &both->context;
        context->client_request = &both->client_request;
        context->client_request->first = r;
        context->client_request->has_left = shs_headers_sent_by(r);
    }
    ap_set_module_config(r->request_config, &shared_session_module, context);
    return context;
}

shs_scope_t shs_client_request_scope_of(const request_rec *r)
{
    shs_scope_t scope = {
        shs_client_request_context_of(r)->client_request->first,
        shs_settings_of_server(r->server)->store, shs_settings_of(r)
    };

    return scope;
}

/* Once the store has failed, the outcome depends on the place's `stale` too. */
static int fits(const shs_memo_t *memo, const shs_scope_t *scope)
{
    return memo->store == scope->store
           && shs_lookup_settings_is_same(&memo->settings, scope->settings)
           && (!memo->lookup->has_store_failed || memo->is_outdated
               || memo->stale == scope->settings->stale.value);
}

shs_memo_t *shs_client_request_find_memo(
    const shs_client_request_t *client_request, const shs_scope_t *scope)
{
    shs_memo_t *memo = client_request->memos;

    while (memo && !fits(memo, scope)) {
        memo = memo->next;
    }
    return memo;
}

/* Remembers a lookup, and whether the store has failed. */
static void remember(shs_client_request_t *client_request, shs_memo_t *memo,
                     const shs_lookup_t *lookup)
{
    memo->lookup = lookup;
    memo->ttl = lookup->ttl;
    if (lookup->has_store_failed) {
        client_request->failed_store = memo->store;
    }
}

static shs_memo_t *create_memo(shs_client_request_t *client_request,
                               const shs_scope_t *scope)
{
    shs_memo_t *memo = apr_pcalloc(scope->r->pool, sizeof(*memo));

    memo->settings = shs_lookup_settings_of(scope->settings);
    memo->stale = scope->settings->stale.value;
    memo->store = scope->store;
    remember(client_request, memo,
             scope->store && client_request->failed_store == scope->store
                 ? shs_lookup_skip(scope)
                 : shs_lookup_run(scope));
    memo->next = client_request->memos;
    client_request->memos = memo;
    return memo;
}

/* Whether the place needs the session's time to live, but the lookup was made
 * for a place that does not. */
static int lacks_ttl(const shs_memo_t *memo, const shs_scope_t *scope,
                     int needs_ttl)
{
    return memo->lookup->outcome == SHS_OUTCOME_FOUND
           && memo->lookup->ttl == SHS_TTL_UNKNOWN
           && (needs_ttl || shs_scope_needs_ttl(scope));
}

/* Repeats the lookup for its time to live: by the same id, so that all places
 * of the client request have the same session. */
static void repeat(shs_client_request_t *client_request, shs_memo_t *memo,
                   const shs_scope_t *scope)
{
    remember(client_request, memo,
             client_request->failed_store == scope->store
                 ? shs_lookup_skip(scope)
                 : shs_lookup_run_by_id(scope, &memo->lookup->sid));
}

const shs_lookup_t *shs_client_request_load_and_touch(const request_rec *r)
{
    shs_client_request_t *client_request =
        shs_client_request_context_of(r)->client_request;
    shs_scope_t scope = shs_client_request_scope_of(r);
    shs_memo_t *memo = shs_client_request_find_memo(client_request, &scope);

    if (memo && memo->is_outdated) {
        remember(client_request, memo,
                 shs_lookup_run_by_id(&scope, &memo->sid));
        memo->is_outdated = 0;
    }
    if (!memo) {
        memo = create_memo(client_request, &scope);
    }
    if (lacks_ttl(memo, &scope, client_request->needs_ttl)) {
        repeat(client_request, memo, &scope);
    }
    if (memo->lookup->outcome == SHS_OUTCOME_FOUND
        && memo->touched_by != scope.settings) {
        memo->touched_by = scope.settings;
        memo->ttl = shs_touch_if_due(&scope, memo->lookup, memo->ttl);
    }
    return memo->lookup;
}

const shs_lookup_t *shs_client_request_confirm(const request_rec *r)
{
    shs_client_request_t *client_request =
        shs_client_request_context_of(r)->client_request;
    shs_scope_t scope = shs_client_request_scope_of(r);
    shs_memo_t *memo = shs_client_request_find_memo(client_request, &scope);
    const shs_lookup_t *lookup = memo->lookup;

    if (!lookup->is_near) {
        return lookup;
    }
    if (client_request->failed_store == scope.store) {
        return NULL;
    }
    lookup = shs_lookup_run_by_id(&scope, &lookup->sid);
    if (lookup->outcome == SHS_OUTCOME_UNAVAILABLE) {
        client_request->failed_store = scope.store;
        return NULL;
    }
    remember(client_request, memo, lookup);
    return lookup;
}

request_rec *shs_client_request_page_of(request_rec *r)
{
    while (r->main) {
        r = r->main;
    }
    return r;
}
