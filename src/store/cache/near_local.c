/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_local.h"

#include <stdlib.h>

#include <apr_allocator.h>

#include "store/cache/near_memory.h"
#include "store/cache/near_invalidation.h"

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

static int on_elect(void *data, apr_time_t now)
{
    return shs_near_invalidation_elect(data, now);
}

static void on_set_down(void *data, const char *reason)
{
    shs_near_invalidation_set_down(data, reason);
}

/* What the tracker's thread uses belongs to no pool that ends before it. None
 * is ever freed, and so leak checkers see that it is meant. */
typedef struct kept_t {
    struct kept_t *next;
    shs_single_flight_t *single_flight;
    apr_pool_t *p;
    apr_allocator_t *allocator;
} kept_t;

static kept_t *all_kept;

static kept_t *keep_for_good(void)
{
    kept_t *kept = calloc(1, sizeof(*kept));

    if (!kept) {
        return NULL;
    }
    kept->single_flight = shs_single_flight_create();
    if (!kept->single_flight
        || apr_pool_create_unmanaged_ex(&kept->p, NULL, NULL) != APR_SUCCESS) {
        free(kept->single_flight);
        free(kept);
        return NULL;
    }
    kept->allocator = apr_pool_allocator_get(kept->p);
    kept->next = all_kept;
    all_kept = kept;
    return kept;
}

int shs_near_local_start(shs_near_local_t *child, shs_invalidation_sink_t *sink,
                         void *memory, const shs_near_policy_t *policy)
{
    kept_t *kept = keep_for_good();

    if (!kept) {
        return 0;
    }
    child->cache = shs_near_memory_attach(memory, policy, kept->p);
    child->single_flight = kept->single_flight;
    sink->baton = child->cache;
    sink->lease = policy->lease;
    sink->invalidate = on_invalidate;
    sink->flush = on_flush;
    sink->extend_lease = on_extend_lease;
    sink->set_servers = on_set_servers;
    sink->elect = on_elect;
    sink->set_down = on_set_down;
    return 1;
}
