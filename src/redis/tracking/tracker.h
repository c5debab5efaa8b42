/* SPDX-License-Identifier: Apache-2.0
 *
 * tracker: hears of changed keys for the whole host. Each child has one, in a
 * thread of its own; one of them is elected, and has a subscription from every master.
 * It tells that all is well only while every subscription gives signs of life and those
 * who know still name the same masters, and that anything may have changed
 * whenever it begins anew. A master that was deposed goes on to give signs of
 * life, and knows nothing of what is written to its successor.
 */
#ifndef SHS_REDIS_TRACKING_TRACKER_H
#define SHS_REDIS_TRACKING_TRACKER_H

#include <apr_pools.h>

#include "redis/health/host_state.h"
#include "redis/topology/topology.h"
#include "store/cache/invalidation_sink.h"

/* Starts it; it ends with `pchild`. `timeout` is what a lookup may take. All is
 * borrowed and must last as long as
 * the process. Returns 0 without memory or when the system gives no thread. */
int shs_tracker_start(shs_topology_t *topology, shs_host_state_t *host_state,
                      const shs_invalidation_sink_t *sink,
                      apr_interval_time_t timeout, apr_pool_t *pchild);

#endif
