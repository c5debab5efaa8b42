/* SPDX-License-Identifier: Apache-2.0
 *
 * near_local: what one child has of a store's near-cache: its handle, the
 * single-flight of its threads, and the sink through which the tracker reports
 * invalidations of the keys that begin with its prefixes. It lives as long as
 * the process, as the tracker's thread may.
 */
#ifndef SHS_STORE_CACHE_NEAR_LOCAL_H
#define SHS_STORE_CACHE_NEAR_LOCAL_H

#include "store/cache/single_flight.h"
#include "store/cache/memory/near_policy.h"

#include "../mod_shared_session_provider.h"

typedef struct shs_near_local_t {
    shs_near_cache_t *cache;
    shs_single_flight_t *single_flight;
} shs_near_local_t;

/* Before the start: adds a key prefix (borrowed) to the sink. Returns 0 if
 * there are too many, or the prefix is empty: then all keys are tracked. */
int shs_near_local_add_prefix(shs_invalidation_sink_t *sink,
                              const char *prefix);

/* Fills in *local, and *sink except for its prefixes. `memory` is that of
 * near_memory.h. Returns 0 when the process is out of memory. */
int shs_near_local_start(shs_near_local_t *local, shs_invalidation_sink_t *sink,
                         void *memory, const shs_near_policy_t *policy);

#endif
