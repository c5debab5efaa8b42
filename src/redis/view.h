/* SPDX-License-Identifier: Apache-2.0
 *
 * view: a map whose servers have become nodes: what a child knows at one moment
 * of who serves what. It takes no lock; its owner does.
 */
#ifndef SHS_REDIS_VIEW_H
#define SHS_REDIS_VIEW_H

#include "redis/map.h"
#include "redis/nodes.h"
#include "redis/shared.h"

typedef struct shs_view_t shs_view_t;

/* Holds the masters' nodes, in that role. Takes over `p`, an unmanaged pool
 * that holds the map. NULL when not even one master can be known. */
shs_view_t *shs_view_create(shs_map_t *map, shs_nodes_t *nodes,
                            shs_node_role_t role, apr_pool_t *p);
void shs_view_destroy(shs_view_t *view, shs_nodes_t *nodes);

/* Who told it may know less than others: it serves who has to ask somebody, and
 * proves nothing. A view begins undoubted. */
void shs_view_doubt(shs_view_t *view);
int shs_view_is_doubted(const shs_view_t *view);

/* Which of a cluster's masters serves which slot (layout.h), as it was told; 0
 * until it is set, for others have no slots. An undoubted view proves it. */
void shs_view_set_layout(shs_view_t *view, apr_uint64_t layout);
int shs_view_proves(apr_uint64_t *layout, const shs_view_t *view);

/* The master that serves the slot, borrowed, and its shard's lowest slot, or -1
 * for one that was learnt. 0: nobody does. */
int shs_view_find(shs_node_t **node, int *lowest_slot, const shs_view_t *view,
                  int slot);

/* The nth replica of that master; 0 if there are not so many. */
int shs_view_find_replica(const shs_server_t **server, int *lowest_slot,
                          const shs_view_t *view, int slot, int nth);

/* The lowest slot of the shard whose master that node is, or -1 when the map
 * names it as none. With `learn` the slot is that node's from now on, as far
 * as there is room to remember it. */
int shs_view_place(shs_view_t *view, shs_nodes_t *nodes, shs_node_t *node,
                   int slot, int learn);

/* Closes the idle connections to masters of `old` that are none in `view`. */
void shs_view_drop(const shs_view_t *old, const shs_view_t *view);

/* Enters what is new in the view, beside `old` (NULL: all of it), where the
 * host's children share who the masters are, and counts those that took
 * another's place, as this child found first. A doubted view says nothing. */
void shs_view_enter(shs_shared_t *shared, const shs_view_t *old,
                    const shs_view_t *view);

/* Holds some masters' nodes in out[0..most) and returns how many. */
int shs_view_sample(shs_node_t **out, int most, const shs_view_t *view,
                    shs_nodes_t *nodes);

#endif
