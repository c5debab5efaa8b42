/* SPDX-License-Identifier: Apache-2.0
 *
 * watch: who is told what has changed in a store. A provider that can listen
 * calls these, from a thread of its own.
 */
#ifndef SHS_STORE_WATCH_H
#define SHS_STORE_WATCH_H

#include <apr_time.h>

#include "session/record.h"

/* More beginnings of keys than these are not asked for one by one. */
#define SHS_WATCH_PREFIXES 16

typedef struct shs_watch_t {
    void *baton;
    const char *prefixes[SHS_WATCH_PREFIXES]; /* of the keys that concern us;
                                               * none begins with another */
    int prefix_count;                         /* 0: all keys do */
    apr_interval_time_t lease;

    /* This key has changed; anything may have. */
    void (*changed)(void *baton, shs_octets_t key);
    void (*flushed)(void *baton);
    /* All that was changed before that time (shs_clock_now()) has been told. */
    void (*lively)(void *baton, apr_time_t at);
    /* These are listened to from now on, by the numbers that answers have as
     * their source. */
    void (*listening)(void *baton, const apr_uint32_t *sources, int count);
    /* The number of the term for which this child is the one that listens, or
     * 0; asked again and again. What was told in another term is forgotten. */
    apr_uint32_t (*elected)(void *baton, apr_time_t now);
    /* Why nobody listens, for a status page (static); NULL: somebody does. */
    void (*silent)(void *baton, const char *reason);
} shs_watch_t;

/* Adds a beginning of keys (borrowed). Returns 0 when there are too many. */
int shs_watch_add_prefix(shs_watch_t *watch, const char *prefix);

#endif
