/* SPDX-License-Identifier: Apache-2.0
 *
 * invalidation_sink: who is told what has changed in a store. A provider that can listen
 * calls these, from a thread of its own.
 */
#ifndef SHS_STORE_CACHE_INVALIDATION_SINK_H
#define SHS_STORE_CACHE_INVALIDATION_SINK_H

#include <apr_time.h>

#include "base/octets.h"

/* More beginnings of keys than these are not asked for one by one. */
#define SHS_INVALIDATION_SINK_PREFIXES 16

typedef struct shs_invalidation_sink_t {
    void *baton;
    const char *prefixes
        [SHS_INVALIDATION_SINK_PREFIXES]; /* of the keys that concern us;
                                               * none begins with another */
    int prefix_count;                     /* 0: all keys do */
    apr_interval_time_t lease;

    /* This key has changed; anything may have. */
    void (*invalidate)(void *baton, shs_octets_t key);
    void (*flush)(void *baton);
    /* All that was changed before that time (shs_clock_now()) has been told. */
    void (*extend_lease)(void *baton, apr_time_t at);
    /* These are listened to from now on, by the numbers that answers have as
     * their source. */
    void (*set_servers)(void *baton, const apr_uint32_t *server_ids, int count);
    /* Whether this child is the one that listens; asked again and again. */
    int (*elect)(void *baton, apr_time_t now);
    /* Why nobody listens, for a status page (static); NULL: somebody does. */
    void (*set_down)(void *baton, const char *reason);
} shs_invalidation_sink_t;

/* Adds a beginning of keys (borrowed). Returns 0 when there are too many. */
int shs_invalidation_sink_add_prefix(shs_invalidation_sink_t *sink,
                                     const char *prefix);

#endif
