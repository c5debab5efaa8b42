/* SPDX-License-Identifier: Apache-2.0
 *
 * invalidation_sink: where a store's provider delivers invalidations. A
 * provider that can track calls these functions from a thread of its own.
 */
#ifndef SHS_STORE_CACHE_INVALIDATION_SINK_H
#define SHS_STORE_CACHE_INVALIDATION_SINK_H

#include <apr_time.h>

#include "base/octets.h"

/* With more prefixes than this, all keys are tracked. */
#define SHS_INVALIDATION_SINK_PREFIXES 16

typedef struct shs_invalidation_sink_t {
    void *baton;
    /* The prefixes of the keys to track; none begins with another. */
    const char *prefixes[SHS_INVALIDATION_SINK_PREFIXES];
    int prefix_count; /* 0: track all keys */
    apr_interval_time_t lease;

    /* This key has changed; any key may have changed. */
    void (*invalidate)(void *baton, shs_octets_t key);
    void (*flush)(void *baton);
    /* Every invalidation from before that time (shs_clock_now()) has been
     * delivered. */
    void (*extend_lease)(void *baton, apr_time_t at);
    /* The servers that are tracked from now on, by the numbers that results
     * have as server_id. */
    void (*set_servers)(void *baton, const apr_uint32_t *server_ids, int count);
    /* The number of the term in which this child is the leader, which tracks; 0
     * if it is not. To be called again and again. What was set in another term
     * is forgotten. */
    apr_uint32_t (*elect)(void *baton, apr_time_t now);
    /* Why tracking is down, for a status page (static); NULL: it is up. */
    void (*set_down)(void *baton, const char *reason);
} shs_invalidation_sink_t;

/* Adds a key prefix (borrowed). Returns 0 when there are too many. */
int shs_invalidation_sink_add_prefix(shs_invalidation_sink_t *sink,
                                     const char *prefix);

#endif
