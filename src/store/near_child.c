/* SPDX-License-Identifier: Apache-2.0 */
#include "store/near_child.h"

#include <stdlib.h>

#include <apr_allocator.h>

#include "store/near_memory.h"
#include "store/near_news.h"

static void on_changed(void *data, shs_octets_t key)
{
    shs_near_news_invalidate(data, key);
}

static void on_flushed(void *data)
{
    shs_near_news_flush(data);
}

static void on_lively(void *data, apr_time_t at)
{
    shs_near_news_lease(data, at);
}

static void on_listening(void *data, const apr_uint32_t *sources, int count)
{
    shs_near_news_listen_to(data, sources, count);
}

static apr_uint32_t on_elected(void *data, apr_time_t now)
{
    return shs_near_news_elect(data, now);
}

static void on_silent(void *data, const char *reason)
{
    shs_near_news_say(data, reason);
}

/* What the listener's thread uses belongs to no pool that ends before it. None
 * is ever freed, and so leak checkers see that it is meant. */
typedef struct kept_t {
    struct kept_t *next;
    shs_flights_t *flights;
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
    kept->flights = shs_flight_create();
    if (!kept->flights
        || apr_pool_create_unmanaged_ex(&kept->p, NULL, NULL) != APR_SUCCESS) {
        free(kept->flights);
        free(kept);
        return NULL;
    }
    kept->allocator = apr_pool_allocator_get(kept->p);
    kept->next = all_kept;
    all_kept = kept;
    return kept;
}

int shs_near_child_start(shs_near_child_t *child, shs_watch_t *watch,
                         void *memory, const shs_near_policy_t *policy)
{
    kept_t *kept = keep_for_good();

    if (!kept) {
        return 0;
    }
    child->cache = shs_near_memory_attach(memory, policy, kept->p);
    child->flights = kept->flights;
    watch->baton = child->cache;
    watch->lease = policy->lease;
    watch->changed = on_changed;
    watch->flushed = on_flushed;
    watch->lively = on_lively;
    watch->listening = on_listening;
    watch->elected = on_elected;
    watch->silent = on_silent;
    return 1;
}
