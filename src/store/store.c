/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "store/exposure_alert.h"
#include "store/promise.h"
#include "store/cache/near_cache.h"
#include "store/cache/near_local.h"
#include "store/cache/memory/near_memory.h"
#include "store/cache/near_invalidation.h"
#include "store/cache/tracking_alert.h"

struct shs_store_t {
    const shs_provider_t *provider;
    void *self;
    shs_provider_words_t words;
    void *host_state;  /* the provider's, shared by the host's children */
    void *near_memory; /* likewise, the near-cache's; NULL: none */
    shs_tracking_alert_t *tracking_alert; /* with `near_memory` */
    shs_exposure_alert_t *exposure_alert;
    shs_near_policy_t policy;
    shs_invalidation_sink_t sink;
    shs_near_local_t near; /* of this child; cache NULL: none */
    int tracks_all_keys;
    _Atomic apr_int64_t broken_at; /* when this child last warned of a broken
                                    * promise (promise.h) */
};

static apr_array_header_t *get_list(apr_pool_t *pconf)
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
    return get_list(pconf);
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

/* What another project's provider may have forgotten. */
static int is_complete(const shs_provider_t *provider)
{
    return provider->create && provider->load && provider->write
           && provider->timeout;
}

static int is_described(const shs_provider_words_t *words)
{
    return words->identity && words->url && words->options && words->location;
}

const char *shs_store_create(shs_store_t **out, const shs_provider_t *provider,
                             const char *url, const apr_array_header_t *options,
                             apr_pool_t *pconf)
{
    apr_array_header_t *list = get_list(pconf);
    shs_store_t *store = apr_pcalloc(pconf, sizeof(*store));
    const char *error;

    if (!is_complete(provider)) {
        return "its provider lacks a function that is required";
    }
    store->provider = provider;
    error = provider->create(&store->self, &store->words, url, options, pconf);
    if (error) {
        return error;
    }
    if (!is_described(&store->words)) {
        return "its provider does not describe the store";
    }
    *out = find_same(list, store);
    if (!*out) {
        APR_ARRAY_PUSH(list, shs_store_t *) = store;
        *out = store;
    }
    return NULL;
}

/* The cache line to which each part of the shared memory is aligned. */
#define LINE 64

static apr_size_t measure_host_state(const shs_store_t *store)
{
    return store->provider->host_state_size
               ? APR_ALIGN(store->provider->host_state_size(store->self), LINE)
               : 0;
}

static apr_size_t measure_tracking_alert(const shs_store_t *store)
{
    return store->policy.is_on ? APR_ALIGN(sizeof(shs_tracking_alert_t), LINE)
                               : 0;
}

#define EXPOSURE_ALERT APR_ALIGN(sizeof(shs_exposure_alert_t), LINE)

apr_status_t shs_store_share(apr_pool_t *pconf)
{
    const apr_array_header_t *list = get_list(pconf);
    apr_size_t size = 0;
    apr_shm_t *memory;
    apr_status_t rv;
    char *part;
    int i;

    for (i = 0; i < list->nelts; ++i) {
        const shs_store_t *store = APR_ARRAY_IDX(list, i, shs_store_t *);

        size += measure_host_state(store) + EXPOSURE_ALERT
                + measure_tracking_alert(store);
    }
    if (size == 0) {
        return APR_SUCCESS;
    }
    rv = apr_shm_create(&memory, size + LINE, NULL, pconf);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* The system zeroes it. */
    part = (char *)APR_ALIGN((apr_uintptr_t)apr_shm_baseaddr_get(memory), LINE);
    for (i = 0; i < list->nelts; ++i) {
        shs_store_t *store = APR_ARRAY_IDX(list, i, shs_store_t *);

        store->host_state = part;
        part += measure_host_state(store);
        store->exposure_alert = (void *)part;
        part += EXPOSURE_ALERT;
        if (store->policy.is_on) {
            store->tracking_alert = (void *)part;
            part += measure_tracking_alert(store);
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
    rv = shs_near_memory_create(&store->near_memory, &store->policy, pconf);
    if (rv != APR_SUCCESS && may_be_less) {
        shs_near_memory_create_less(&store->near_memory, &store->policy, pconf);
    }
    return rv;
}

int shs_store_set_cache(shs_store_t *store, const shs_near_policy_t *policy)
{
    if (!store->provider->track) {
        return 1;
    }
    if (store->policy.size != 0
        && !shs_near_policy_is_equal(&store->policy, policy)) {
        return 0;
    }
    store->policy = *policy;
    return 1;
}

void shs_store_add_prefix(shs_store_t *store, const char *prefix)
{
    store->tracks_all_keys |= !shs_near_local_add_prefix(&store->sink, prefix);
}

static int start_cache(shs_store_t *store, apr_pool_t *pchild)
{
    if (!shs_near_local_start(&store->near, &store->sink, store->near_memory,
                              &store->policy)) {
        return 0;
    }
    if (store->tracks_all_keys) {
        store->sink.prefix_count = 0;
    }
    return store->provider->track(store->self, &store->sink, pchild);
}

shs_near_cache_t *shs_store_cache(const shs_store_t *store)
{
    return store->near.cache;
}

shs_single_flight_t *shs_store_single_flight(const shs_store_t *store)
{
    return store->near.single_flight;
}

/* ------------------------------------------------------------------- child */

int shs_store_start_child(shs_store_t *store, int threads, apr_pool_t *pchild)
{
    if (!store->host_state) {
        store->host_state =
            apr_pcalloc(pchild, measure_host_state(store) + LINE);
        store->host_state =
            (void *)APR_ALIGN((apr_uintptr_t)store->host_state, LINE);
        store->exposure_alert =
            apr_pcalloc(pchild, sizeof(*store->exposure_alert));
    }
    return (!store->provider->start_child
            || store->provider->start_child(store->self, store->host_state,
                                            threads, pchild))
           && (!store->near_memory || start_cache(store, pchild));
}

/* Sets the transition once for the host, as the provider does for its own. */
static void check_tracking(shs_result_t *result, const shs_store_t *store,
                           shs_outcome_t outcome)
{
    apr_time_t now = shs_clock_now();

    switch (shs_tracking_alert_note(
        store->tracking_alert, shs_near_cache_is_live(store->near.cache, now),
        outcome != SHS_OUTCOME_UNAVAILABLE, store->policy.lease, now)) {
    case SHS_TRACKING_ALERT_NONE:
        break;
    case SHS_TRACKING_ALERT_RAISED:
        result->transition = SHS_TRANSITION_UNTRACKED;
        result->transition_reason =
            shs_near_invalidation_describe(store->near.cache, now);
        break;
    case SHS_TRACKING_ALERT_CLEARED:
        result->transition = SHS_TRANSITION_TRACKED;
        break;
    }
}

/* ------------------------------------------------------ reads and writes */

shs_outcome_t shs_store_load(shs_result_t *result, shs_store_t *store,
                             const shs_query_t *query, apr_pool_t *p)
{
    shs_outcome_t outcome;

    assert(query->key.len > 0 && query->max_octets > 0);
    assert(!query->names
           || (query->shape == SHS_SHAPE_FIELDS && query->name_count > 0
               && query->name_count <= SHS_STORE_MAX_FIELDS));
    memset(result, 0, sizeof(*result));
    outcome = store->provider->load(result, store->self, query, p);
    outcome = shs_promise_check_read(result, outcome, query, &store->broken_at);
    if (query->without_ttl) {
        result->record.ttl = SHS_TTL_UNKNOWN;
    }
    if (store->near.cache && result->transition == SHS_TRANSITION_NONE) {
        check_tracking(result, store, outcome);
    }
    return outcome;
}

shs_wrote_t shs_store_write(shs_result_t *result, shs_store_t *store,
                            const shs_write_t *write, apr_pool_t *p)
{
    shs_wrote_t wrote;

    assert(write->at.key.len > 0 && write->at.max_octets > 0);
    assert(!write->foreign || write->kind == SHS_WRITE_TOUCH
           || write->kind == SHS_WRITE_REMOVE);
    assert(write->ttl > 0 || write->kind == SHS_WRITE_CHANGE
           || write->kind == SHS_WRITE_FORWARD
           || write->kind == SHS_WRITE_REMOVE);
    memset(result, 0, sizeof(*result));
    wrote = store->provider->write(result, store->self, write, p);
    if (store->near.cache
        && !(write->kind == SHS_WRITE_TOUCH
             && wrote == SHS_WROTE_UNAVAILABLE)) {
        /* Whatever the result: the next read on this host asks the store. But a
         * touch changes no attribute. If it is refused, entries stay, so that
         * the store is not asked for them as well while it refuses writes. */
        shs_near_invalidation_invalidate(store->near.cache, write->at.key);
    }
    return shs_promise_check_write(result, wrote);
}

apr_interval_time_t shs_store_timeout(const shs_store_t *store)
{
    return store->provider->timeout(store->self);
}

int shs_store_note_left_out(shs_store_t *store)
{
    return shs_exposure_alert_note(store->exposure_alert, shs_clock_now());
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

static const shs_metric_t cache_state = {
    "Cache", SHS_METRIC_TEXT, "Whether the near-cache is in use, or why not."
};
static const shs_metric_t left_out = {
    "LeftOut", SHS_METRIC_COUNTER,
    "Requests that got only a part of their session."
};

/* In any process; the parent has no handle, so it attaches one. */
static void report_cache(shs_report_fn report, void *baton,
                         const shs_store_t *store, apr_pool_t *p)
{
    const shs_near_cache_t *cache =
        store->near.cache
            ? store->near.cache
            : shs_near_memory_attach(store->near_memory, &store->policy, p);
    int i;

    report(baton, &cache_state,
           shs_near_invalidation_describe(cache, shs_clock_now()));
    for (i = 0; i < SHS_NEAR_COUNTER_COUNT; ++i) {
        report(baton, shs_near_counter_metric(i),
               apr_psprintf(p, "%" APR_UINT64_T_FMT,
                            shs_near_cache_counted(cache, i)));
    }
}

void shs_store_report(shs_report_fn report, void *baton,
                      const shs_store_t *store, apr_pool_t *p)
{
    if (store->host_state && store->provider->report) {
        store->provider->report(report, baton, store->self, store->host_state,
                                p);
    }
    if (store->exposure_alert) {
        report(baton, &left_out,
               apr_psprintf(p, "%" APR_UINT64_T_FMT,
                            shs_exposure_alert_count(store->exposure_alert)));
    }
    if (store->near_memory) {
        report_cache(report, baton, store, p);
    }
}
