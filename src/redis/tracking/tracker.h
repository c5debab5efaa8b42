/* SPDX-License-Identifier: Apache-2.0
 *
 * tracker: receives the invalidations of changed keys for the whole host. Each
 * child has one, in a thread of its own. One of them is the leader, and
 * subscribes to every master. It reports that tracking is up only while every
 * subscription gives heartbeats and the Sentinels, or the cluster, still name
 * the same masters; and it reports a flush whenever it begins anew. A master
 * that was deposed still gives heartbeats, but knows nothing of the writes to
 * its successor.
 */
#ifndef SHS_REDIS_TRACKING_TRACKER_H
#define SHS_REDIS_TRACKING_TRACKER_H

#include <apr_pools.h>

#include "redis/health/host_state.h"
#include "redis/topology/topology.h"
#include "../mod_shared_session_provider.h"

/* Starts it; it ends with `pchild`. `timeout` is the time of a lookup. All
 * arguments are borrowed and must last as long as the process. Returns 0
 * without memory, or if the system gives no thread. */
int shs_tracker_start(shs_topology_t *topology, shs_host_state_t *host_state,
                      const shs_invalidation_sink_t *sink,
                      apr_interval_time_t timeout, apr_pool_t *pchild);

#endif
