/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot: a slot map whose servers have become nodes: what a child knows at
 * one moment of which node serves which slot. It takes no lock; its owner does.
 */
#ifndef SHS_REDIS_TOPOLOGY_DISCOVERY_SNAPSHOT_H
#define SHS_REDIS_TOPOLOGY_DISCOVERY_SNAPSHOT_H

#include "redis/protocol/slot_map.h"
#include "redis/connection/node_table.h"
#include "redis/health/host_state.h"

typedef struct shs_snapshot_t shs_snapshot_t;

/* Holds the masters' nodes, in that role. Takes over `p`, an unmanaged pool
 * that contains the map. NULL if no master at all fits the table of nodes. */
shs_snapshot_t *shs_snapshot_create(shs_slot_map_t *map,
                                    shs_node_table_t *nodes,
                                    shs_node_role_t role, apr_pool_t *p);
void shs_snapshot_destroy(shs_snapshot_t *snapshot, shs_node_table_t *nodes);

/* A doubtful snapshot comes from a member that may know less than others. It
 * serves for lookups, and proves nothing. A new snapshot is not doubtful. */
void shs_snapshot_mark_doubtful(shs_snapshot_t *snapshot);
int shs_snapshot_is_doubtful(const shs_snapshot_t *snapshot);

/* The layout of a cluster (slot_layout.h) as the member reported it; 0 until it
 * is set, and without a cluster. A snapshot that is not doubtful proves it. */
void shs_snapshot_set_layout(shs_snapshot_t *snapshot, apr_uint64_t layout);
int shs_snapshot_proves(apr_uint64_t *layout, const shs_snapshot_t *snapshot);

/* The master that serves the slot, borrowed, and its shard's lowest slot, or -1
 * for a learned one. 0: no master does. */
int shs_snapshot_find(shs_node_t **node, int *lowest_slot,
                      const shs_snapshot_t *snapshot, int slot);

/* The nth replica of that master; 0 if there are not so many. */
int shs_snapshot_find_replica(const shs_address_t **server, int *lowest_slot,
                              const shs_snapshot_t *snapshot, int slot,
                              int nth);

/* The lowest slot of the shard of that master, or -1 if the map does not name
 * the node as a master. With `learn` the slot belongs to that node from now on,
 * as long as there is room. */
int shs_snapshot_locate(shs_snapshot_t *snapshot, shs_node_table_t *nodes,
                        shs_node_t *node, int slot, int learn);

/* Closes the idle connections to the masters of `old` that are not in
 * `snapshot`. */
void shs_snapshot_close_departed(const shs_snapshot_t *old,
                                 const shs_snapshot_t *snapshot);

/* Publishes the masters that are new since `old` (NULL: all) to the host's
 * children, and counts the failovers that this child is the first to find. A
 * doubtful snapshot publishes nothing. */
void shs_snapshot_publish_masters(shs_host_state_t *host_state,
                                  const shs_snapshot_t *old,
                                  const shs_snapshot_t *snapshot);

/* Holds some masters' nodes in out[0..max) and returns how many. */
int shs_snapshot_sample(shs_node_t **out, int max,
                        const shs_snapshot_t *snapshot,
                        shs_node_table_t *nodes);

#endif
