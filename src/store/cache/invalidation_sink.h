/* SPDX-License-Identifier: Apache-2.0
 *
 * invalidation_sink: the prefixes of the keys that a provider tracks for the
 * near-cache (shs_invalidation_sink_t).
 */
#ifndef SHS_STORE_CACHE_INVALIDATION_SINK_H
#define SHS_STORE_CACHE_INVALIDATION_SINK_H

#include "../mod_shared_session_provider.h"

/* Adds a key prefix (borrowed). Returns 0 when there are too many. */
int shs_invalidation_sink_add_prefix(shs_invalidation_sink_t *sink,
                                     const char *prefix);

#endif
