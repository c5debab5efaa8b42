/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#define MAX_PROVIDERS 8

struct shs_store_t {
    const shs_store_provider_t *provider;
    void *self;
    shs_store_words_t words;
    void *shared; /* what the host's children share */
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

/* The stores' parts begin where any type may. */
static apr_size_t part_of(const shs_store_t *store)
{
    return APR_ALIGN(store->provider->shared_size(store->self), 64);
}

apr_status_t shs_store_share(apr_pool_t *pconf)
{
    const apr_array_header_t *list = list_of(pconf);
    apr_size_t size = 0;
    apr_shm_t *memory;
    apr_status_t rv;
    char *part;
    int i;

    for (i = 0; i < list->nelts; ++i) {
        size += part_of(APR_ARRAY_IDX(list, i, shs_store_t *));
    }
    if (size == 0) {
        return APR_SUCCESS;
    }
    rv = apr_shm_create(&memory, size, NULL, pconf);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    part = apr_shm_baseaddr_get(memory);
    memset(part, 0, size);
    for (i = 0; i < list->nelts; ++i) {
        shs_store_t *store = APR_ARRAY_IDX(list, i, shs_store_t *);

        store->shared = part;
        part += part_of(store);
    }
    return APR_SUCCESS;
}

int shs_store_start_child(shs_store_t *store, int threads, apr_pool_t *pchild)
{
    if (!store->shared) {
        store->shared =
            apr_pcalloc(pchild, store->provider->shared_size(store->self));
    }
    return store->provider->start_child(store->self, store->shared, threads,
                                        pchild);
}

shs_outcome_t shs_store_load(shs_answer_t *answer, shs_store_t *store,
                             const shs_query_t *query, apr_pool_t *p)
{
    shs_outcome_t outcome;

    assert(query->key.len > 0 && query->max_octets > 0);
    memset(answer, 0, sizeof(*answer));
    outcome = store->provider->load(answer, store->self, query, p);
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
    assert(wrote == SHS_WROTE_DONE || answer->reason);
    return wrote;
}

apr_interval_time_t shs_store_timeout(const shs_store_t *store)
{
    return store->provider->timeout(store->self);
}

const char *shs_store_describe(const shs_store_t *store)
{
    return store->words.url;
}

const char *shs_store_describe_options(const shs_store_t *store)
{
    return store->words.options;
}

void shs_store_report(shs_store_report_fn tell, void *baton,
                      const shs_store_t *store, apr_pool_t *p)
{
    if (store->shared) {
        store->provider->report(tell, baton, store->self, store->shared, p);
    }
}
