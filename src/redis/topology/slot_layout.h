/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_layout: which master serves which slot of a cluster, as a number, and whether
 * slots have changed hands. A slot that is taken over without its data (CLUSTER
 * SETSLOT ... NODE) loses its keys, and before Redis 7.2 none of them is
 * announced.
 * https://redis.io/docs/latest/commands/cluster-setslot/
 */
#ifndef SHS_REDIS_TOPOLOGY_SLOT_LAYOUT_H
#define SHS_REDIS_TOPOLOGY_SLOT_LAYOUT_H

#include <apr_time.h>

#include "redis/protocol/slot_map.h"

/* Of a map, told at that epoch of the cluster, which rises when a slot goes and
 * when it comes back. The same in every child; never 0. */
apr_uint64_t shs_slot_layout_of(const shs_slot_map_t *map, apr_int64_t epoch);

/* What a tracker has seen of it. All 0 at first. */
typedef struct shs_slot_layout_t {
    apr_uint64_t seen;
    apr_time_t settled_at;
} shs_slot_layout_t;

/* Notes what is seen now (0: nothing, or nothing is a cluster's). Returns
 * whether everything that is near has to be dropped: slots have changed hands,
 * or did so within the lease, when the master that lost them may not have heard
 * of it yet, and may have answered since with what it still had. */
int shs_slot_layout_note(shs_slot_layout_t *layout, apr_uint64_t seen,
                         apr_time_t now, apr_interval_time_t lease);

#endif
