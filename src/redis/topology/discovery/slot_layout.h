/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_layout: which master of a cluster serves which slot, as a number, and
 * whether slots have moved. If a master takes a slot over without its data
 * (CLUSTER SETSLOT ... NODE), the slot's keys are lost, and before Redis 7.2 no
 * invalidation is sent for them:
 * https://redis.io/docs/latest/commands/cluster-setslot/
 */
#ifndef SHS_REDIS_TOPOLOGY_DISCOVERY_SLOT_LAYOUT_H
#define SHS_REDIS_TOPOLOGY_DISCOVERY_SLOT_LAYOUT_H

#include <apr_time.h>

#include "redis/protocol/slot_map.h"

/* The layout of a map that was reported at that epoch of the cluster, which
 * rises when a slot moves away and when it comes back. The same in every child;
 * never 0. */
apr_uint64_t shs_slot_layout_of(const shs_slot_map_t *map, apr_int64_t epoch);

/* What a tracker has seen of the layout. All 0 at first. */
typedef struct shs_slot_layout_t {
    apr_uint64_t seen;
    apr_time_t settled_at;
} shs_slot_layout_t;

/* Notes the current layout (0: none is known, or there is no cluster). Returns
 * whether the near-cache has to be flushed: slots have moved, now or within the
 * lease. The master that lost them may not know it yet, and may have sent
 * replies with its old data since. */
int shs_slot_layout_note(shs_slot_layout_t *layout, apr_uint64_t seen,
                         apr_time_t now, apr_interval_time_t lease);

#endif
