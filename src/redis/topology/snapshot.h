/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot: a map whose servers have become nodes: what a child knows at one moment
 * of who serves what. It takes no lock; its owner does.
 */
#ifndef SHS_REDIS_TOPOLOGY_SNAPSHOT_H
#define SHS_REDIS_TOPOLOGY_SNAPSHOT_H

#include "redis/protocol/slot_map.h"
#include "redis/connection/node_table.h"
#include "redis/health/host_state.h"

typedef struct shs_snapshot_t shs_snapshot_t;

/* Holds the masters' nodes, in that role. Takes over `p`, an unmanaged pool
 * that holds the map. NULL when not even one master can be known. */
shs_snapshot_t *shs_snapshot_create(shs_slot_map_t *map,
                                    shs_node_table_t *nodes,
                                    shs_node_role_t role, apr_pool_t *p);
void shs_snapshot_destroy(shs_snapshot_t *snapshot, shs_node_table_t *nodes);

/* Who told it may know less than others: it serves who has to ask somebody, and
 * proves nothing. A view begins undoubted. */
void shs_snapshot_mark_doubtful(shs_snapshot_t *snapshot);
int shs_snapshot_is_doubtful(const shs_snapshot_t *snapshot);

/* Which of a cluster's masters serves which slot (layout.h), as it was told; 0
 * until it is set, for others have no slots. An undoubted view proves it. */
void shs_snapshot_set_layout(shs_snapshot_t *snapshot, apr_uint64_t layout);
int shs_snapshot_proves(apr_uint64_t *layout, const shs_snapshot_t *snapshot);

/* The master that serves the slot, borrowed, and its shard's lowest slot. 0:
 * nobody does. */
int shs_snapshot_find(shs_node_t **node, int *lowest_slot,
                      const shs_snapshot_t *snapshot, int slot);

/* The nth replica of that master; 0 if there are not so many. */
int shs_snapshot_find_replica(const shs_address_t **server, int *lowest_slot,
                              const shs_snapshot_t *snapshot, int slot,
                              int nth);

/* The lowest slot of the shard whose master that node is, or `slot` when it is
 * not known as one. With `learn` the slot is that node's from now on, as far
 * as there is room to remember it. */
int shs_snapshot_locate(shs_snapshot_t *snapshot, shs_node_table_t *nodes,
                        shs_node_t *node, int slot, int learn);

/* Closes the idle connections to masters of `old` that are none in `view`. */
void shs_snapshot_close_departed(const shs_snapshot_t *old,
                                 const shs_snapshot_t *snapshot);

/* Enters what is new in the view, beside `old` (NULL: all of it), where the
 * host's children share who the masters are, and counts those that took
 * another's place, as this child found first. A doubted view says nothing. */
void shs_snapshot_publish_masters(shs_host_state_t *host_state,
                                  const shs_snapshot_t *old,
                                  const shs_snapshot_t *snapshot);

/* Holds some masters' nodes in out[0..most) and returns how many. */
int shs_snapshot_sample(shs_node_t **out, int max,
                        const shs_snapshot_t *snapshot,
                        shs_node_table_t *nodes);

#endif
