/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include "store/clock.h"
#include "store/excess.h"
#include "store/near_child.h"
#include "store/near_memory.h"
#include "store/near_news.h"
#include "store/provider.h"
#include "store/silence.h"

#define MAX_PROVIDERS 8

struct shs_store_t {
    const shs_store_provider_t *provider;
    void *self;
    shs_store_words_t words;
    void *shared;           /* what the host's children share ... */
    void *nearby;           /* ... and their near-cache's memory; NULL: none */
    shs_silence_t *silence; /* with `nearby` */
    shs_excess_t *excess;
    shs_near_policy_t policy;
    shs_watch_t watch;
    shs_near_child_t near; /* of this child; cache NULL: none */
    int listens_to_all;
};

static const shs_store_provider_t *providers[MAX_PROVIDERS];

void shs_store_register(const shs_store_provider_t *provider)
{
    int i;

    for (i = 0; i < MAX_PROVIDERS; ++i) {
        if (!providers[i] || providers[i] == provider) {
            providers[i] = provider;
            return;
        }
    }
    assert(!"more providers than MAX_PROVIDERS");
}

static const shs_store_provider_t *find_provider(const char *url,
                                                 apr_size_t len)
{
    int i, j;

    for (i = 0; i < MAX_PROVIDERS && providers[i]; ++i) {
        for (j = 0; providers[i]->schemes[j]; ++j) {
            const char *scheme = providers[i]->schemes[j];

            if (strlen(scheme) == len && !strncmp(scheme, url, len)) {
                return providers[i];
            }
        }
    }
    return NULL;
}

static const char *describe_schemes(apr_pool_t *p)
{
    const char *words = "";
    int i, j;

    for (i = 0; i < MAX_PROVIDERS && providers[i]; ++i) {
        for (j = 0; providers[i]->schemes[j]; ++j) {
            words = apr_pstrcat(p, words, *words ? ", " : "",
                                providers[i]->schemes[j], "://", NULL);
        }
    }
    return words;
}

static apr_array_header_t *list_of(apr_pool_t *pconf)
{
    static const char name[] = "mod_shared_session:stores";
    apr_array_header_t *list = NULL;
    void *data = NULL;

    apr_pool_userdata_get(&data, name, pconf);
    list = data;
    if (!list) {
        list = apr_array_make(pconf, 2, sizeof(shs_store_t *));
        apr_pool_userdata_setn(list, name, NULL, pconf);
    }
    return list;
}

const apr_array_header_t *shs_store_list(apr_pool_t *pconf)
{
    return list_of(pconf);
}

static shs_store_t *find_same(const apr_array_header_t *list,
                              const shs_store_t *wanted)
{
    int i;

    for (i = 0; i < list->nelts; ++i) {
        shs_store_t *store = APR_ARRAY_IDX(list, i, shs_store_t *);

        if (store->provider == wanted->provider
            && !strcmp(store->words.identity, wanted->words.identity)) {
            return store;
        }
    }
    return NULL;
}

const char *shs_store_create(shs_store_t **out, const char *url,
                             const apr_array_header_t *options,
                             apr_pool_t *pconf)
{
    const char *colon = strstr(url, "://");
    apr_array_header_t *list = list_of(pconf);
    shs_store_t *store = apr_pcalloc(pconf, sizeof(*store));
    const char *error;

    /* The URL may hold a password, so no message here repeats it. */
    if (!colon) {
        return apr_pstrcat(pconf, "the URL has no scheme; there are ",
                           describe_schemes(pconf), NULL);
    }
    store->provider = find_provider(url, (apr_size_t)(colon - url));
    if (!store->provider) {
        return apr_pstrcat(pconf, "unknown scheme; there are ",
                           describe_schemes(pconf), NULL);
    }
    error = store->provider->create(&store->self, &store->words, url, options,
                                    pconf);
    if (error) {
        return error;
    }
    *out = find_same(list, store);
    if (!*out) {
        APR_ARRAY_PUSH(list, shs_store_t *) = store;
        *out = store;
    }
    return NULL;
}

#define LINE 64 /* of a cache, with which each store's parts begin */
static apr_size_t part_of(const shs_store_t *store)
{
    return APR_ALIGN(store->provider->shared_size(store->self), LINE);
}

static apr_size_t silence_of(const shs_store_t *store)
{
    return store->policy.is_on ? APR_ALIGN(sizeof(shs_silence_t), LINE) : 0;
}

#define EXCESS APR_ALIGN(sizeof(shs_excess_t), LINE)

apr_status_t shs_store_share(apr_pool_t *pconf)
{
    const apr_array_header_t *list = list_of(pconf);
    apr_size_t size = 0;
    apr_shm_t *memory;
    apr_status_t rv;
    char *part;
    int i;

    for (i = 0; i < list->nelts; ++i) {
        const shs_store_t *store = APR_ARRAY_IDX(list, i, shs_store_t *);

        size += part_of(store) + EXCESS + silence_of(store);
    }
    if (size == 0) {
        return APR_SUCCESS;
    }
    rv = apr_shm_create(&memory, size + LINE, NULL, pconf);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* The system gives it zeroed. */
    part = (char *)APR_ALIGN((apr_uintptr_t)apr_shm_baseaddr_get(memory), LINE);
    for (i = 0; i < list->nelts; ++i) {
        shs_store_t *store = APR_ARRAY_IDX(list, i, shs_store_t *);

        store->shared = part;
        part += part_of(store);
        store->excess = (void *)part;
        part += EXCESS;
        if (store->policy.is_on) {
            store->silence = (void *)part;
            part += silence_of(store);
        }
    }
    return APR_SUCCESS;
}

/* ------------------------------------------------------------- near-cache */

apr_status_t shs_store_share_cache(shs_store_t *store, int may_be_less,
                                   apr_pool_t *pconf)
{
    apr_status_t rv;

    if (!store->policy.is_on) {
        return APR_SUCCESS;
    }
    rv = shs_near_memory_create(&store->nearby, &store->policy, pconf);
    if (rv != APR_SUCCESS && may_be_less) {
        shs_near_memory_create_less(&store->nearby, &store->policy, pconf);
    }
    return rv;
}

int shs_store_set_cache(shs_store_t *store, const shs_near_policy_t *policy)
{
    if (!store->provider->listen) {
        return 1;
    }
    if (store->policy.size != 0
        && !shs_near_cache_is_same_policy(&store->policy, policy)) {
        return 0;
    }
    store->policy = *policy;
    return 1;
}

void shs_store_add_prefix(shs_store_t *store, const char *prefix)
{
    store->listens_to_all |= !shs_watch_add_prefix(&store->watch, prefix);
}

static int start_cache(shs_store_t *store, apr_pool_t *pchild)
{
    if (!shs_near_child_start(&store->near, &store->watch, store->nearby,
                              &store->policy)) {
        return 0;
    }
    if (store->listens_to_all) {
        store->watch.prefix_count = 0;
    }
    return store->provider->listen(store->self, &store->watch, pchild);
}

shs_near_cache_t *shs_store_cache(const shs_store_t *store)
{
    return store->near.cache;
}

shs_flights_t *shs_store_flights(const shs_store_t *store)
{
    return store->near.flights;
}

/* ------------------------------------------------------------------- child */

int shs_store_start_child(shs_store_t *store, int threads, apr_pool_t *pchild)
{
    if (!store->shared) {
        store->shared =
            apr_pcalloc(pchild, store->provider->shared_size(store->self));
        store->excess = apr_pcalloc(pchild, sizeof(*store->excess));
    }
    return store->provider->start_child(store->self, store->shared, threads,
                                        pchild)
           && (!store->nearby || start_cache(store, pchild));
}

/* Once for the host, as what the provider itself has to tell. */
static void note_silence(shs_answer_t *answer, const shs_store_t *store,
                         shs_outcome_t outcome)
{
    apr_time_t now = shs_clock_now();

    switch (shs_silence_note(
        store->silence, shs_near_cache_is_live(store->near.cache, now),
        outcome != SHS_OUTCOME_UNAVAILABLE, store->policy.lease, now)) {
    case SHS_SILENCE_NO_NEWS:
        break;
    case SHS_SILENCE_BEGUN:
        answer->transition = SHS_TRANSITION_SILENT;
        answer->transition_reason =
            shs_near_news_describe(store->near.cache, now);
        break;
    case SHS_SILENCE_OVER:
        answer->transition = SHS_TRANSITION_TELLING;
        break;
    }
}

shs_outcome_t shs_store_load(shs_answer_t *answer, shs_store_t *store,
                             const shs_query_t *query, apr_pool_t *p)
{
    shs_outcome_t outcome;

    assert(query->key.len > 0 && query->max_octets > 0);
    memset(answer, 0, sizeof(*answer));
    outcome = store->provider->load(answer, store->self, query, p);
    if (store->near.cache && answer->transition == SHS_TRANSITION_NONE) {
        note_silence(answer, store, outcome);
    }
    assert(outcome != SHS_OUTCOME_NONE);
    assert(outcome == SHS_OUTCOME_FOUND || answer->reason);
    assert(outcome != SHS_OUTCOME_FOUND
           || answer->record.shape == query->shape);
    return outcome;
}

shs_wrote_t shs_store_write(shs_answer_t *answer, shs_store_t *store,
                            const shs_write_t *write, apr_pool_t *p)
{
    shs_wrote_t wrote;

    assert(write->at.key.len > 0 && write->at.max_octets > 0);
    assert(write->ttl > 0 || write->kind == SHS_WRITE_CHANGE
           || write->kind == SHS_WRITE_FORWARD
           || write->kind == SHS_WRITE_REMOVE);
    memset(answer, 0, sizeof(*answer));
    wrote = store->provider->write(answer, store->self, write, p);
    if (store->near.cache) {
        /* Whatever came of it: who reads next on this host sees the truth. */
        shs_near_news_invalidate(store->near.cache, write->at.key);
    }
    assert(wrote == SHS_WROTE_DONE || answer->reason);
    return wrote;
}

apr_interval_time_t shs_store_timeout(const shs_store_t *store)
{
    return store->provider->timeout(store->self);
}

int shs_store_note_excess(shs_store_t *store)
{
    return shs_excess_note(store->excess, shs_clock_now());
}

const char *shs_store_describe(const shs_store_t *store)
{
    return store->words.url;
}

const char *shs_store_location(const shs_store_t *store)
{
    return store->words.location;
}

const char *shs_store_describe_options(const shs_store_t *store)
{
    return store->words.options;
}

const char *shs_store_describe_cache(const shs_store_t *store, apr_pool_t *p)
{
    return store->policy.is_on
               ? apr_psprintf(p,
                              "near-cache of %" APR_SIZE_T_FMT "M, lease %dms",
                              store->policy.size / (1024 * 1024),
                              (int)apr_time_as_msec(store->policy.lease))
               : "no near-cache";
}

/* In any process: the parent has no handle of its own. */
static void report_cache(shs_store_report_fn tell, void *baton,
                         const shs_store_t *store, apr_pool_t *p)
{
    const shs_near_cache_t *cache =
        store->near.cache
            ? store->near.cache
            : shs_near_memory_attach(store->nearby, &store->policy, p);
    int i;

    tell(baton, "Cache", shs_near_news_describe(cache, shs_clock_now()));
    for (i = 0; i < SHS_NEAR_COUNTER_COUNT; ++i) {
        tell(baton, shs_near_news_counter_name(i),
             apr_psprintf(p, "%" APR_UINT64_T_FMT,
                          shs_near_news_count(cache, i)));
    }
}

void shs_store_report(shs_store_report_fn tell, void *baton,
                      const shs_store_t *store, apr_pool_t *p)
{
    if (store->shared) {
        store->provider->report(tell, baton, store->self, store->shared, p);
        tell(baton, "LeftOut",
             apr_psprintf(p, "%" APR_UINT64_T_FMT,
                          shs_excess_count(store->excess)));
    }
    if (store->nearby) {
        report_cache(tell, baton, store, p);
    }
}
