/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_local.h"

#include <stdlib.h>
#include <string.h>

#include <apr_allocator.h>

#include "store/cache/memory/near_memory.h"
#include "store/cache/near_invalidation.h"

/* A prefix that begins with another is covered by it. */
int shs_near_local_add_prefix(shs_invalidation_sink_t *sink, const char *prefix)
{
    int i, kept = 0;

    if (!*prefix) {
        return 0;
    }
    for (i = 0; i < sink->prefix_count; ++i) {
        const char *other = sink->prefixes[i];

        if (!strncmp(prefix, other, strlen(other))) {
            return 1;
        }
    }
    for (i = 0; i < sink->prefix_count; ++i) {
        if (strncmp(sink->prefixes[i], prefix, strlen(prefix)) != 0) {
            sink->prefixes[kept++] = sink->prefixes[i];
        }
    }
    sink->prefix_count = kept;
    if (kept == SHS_INVALIDATION_SINK_PREFIXES) {
        return 0;
    }
    sink->prefixes[sink->prefix_count++] = prefix;
    return 1;
}

static void on_invalidate(void *data, shs_octets_t key)
{
    shs_near_invalidation_invalidate(data, key);
}

static void on_flush(void *data)
{
    shs_near_invalidation_flush(data);
}

static void on_extend_lease(void *data, apr_time_t at)
{
    shs_near_invalidation_extend_lease(data, at);
}

static void on_set_servers(void *data, const apr_uint32_t *server_ids,
                           int count)
{
    shs_near_invalidation_set_servers(data, server_ids, count);
}

static apr_uint32_t on_lead(void *data, apr_time_t now)
{
    return shs_near_invalidation_lead(data, now);
}

static void on_set_down(void *data, const char *reason)
{
    shs_near_invalidation_set_down(data, reason);
}

/* The tracker's thread uses these, so they belong to no pool that ends before
 * it. They are never freed; the list shows leak checkers that this is meant. */
typedef struct permanent_t {
    struct permanent_t *next;
    shs_single_flight_t *single_flight;
    apr_pool_t *p;
    apr_allocator_t *allocator;
} permanent_t;

static permanent_t *all_permanent;

static permanent_t *create_permanent(void)
{
    permanent_t *permanent = calloc(1, sizeof(*permanent));

    if (!permanent) {
        return NULL;
    }
    permanent->single_flight = shs_single_flight_create();
    if (!permanent->single_flight
        || apr_pool_create_unmanaged_ex(&permanent->p, NULL, NULL)
               != APR_SUCCESS) {
        free(permanent->single_flight);
        free(permanent);
        return NULL;
    }
    permanent->allocator = apr_pool_allocator_get(permanent->p);
    permanent->next = all_permanent;
    all_permanent = permanent;
    return permanent;
}

int shs_near_local_start(shs_near_local_t *local, shs_invalidation_sink_t *sink,
                         void *memory, const shs_near_policy_t *policy)
{
    permanent_t *permanent = create_permanent();

    if (!permanent) {
        return 0;
    }
    local->cache = shs_near_memory_attach(memory, policy, permanent->p);
    local->single_flight = permanent->single_flight;
    sink->baton = local->cache;
    sink->lease = policy->lease;
    sink->invalidate = on_invalidate;
    sink->flush = on_flush;
    sink->extend_lease = on_extend_lease;
    sink->set_servers = on_set_servers;
    sink->lead = on_lead;
    sink->set_down = on_set_down;
    return 1;
}
