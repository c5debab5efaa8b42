/* SPDX-License-Identifier: Apache-2.0
 *
 * nodes: the servers of one store that one child knows. They are found by
 * address and role, made when first named, and counted by those who hold them;
 * one that nobody holds may give way to another when the table is full.
 */
#ifndef SHS_REDIS_CONNECTION_NODE_TABLE_H
#define SHS_REDIS_CONNECTION_NODE_TABLE_H

#include "redis/connection/node.h"

/* More servers than these are not known at once. */
#define SHS_NODES_MAX 512

typedef struct shs_nodes_t shs_nodes_t;

/* NULL without memory. Belongs to no APR pool. */
shs_nodes_t *shs_nodes_create(const shs_node_kind_t *kind);

/* Closes the connections that are idle, now and later. */
void shs_nodes_close(shs_nodes_t *nodes);

/* The node for that server, held for the caller until shs_nodes_release().
 * NULL when the table is full of nodes that are held, or closed. */
shs_node_t *shs_nodes_hold(shs_nodes_t *nodes, const shs_server_t *server,
                           shs_node_role_t role);

/* Holds once more what the caller holds. */
void shs_nodes_hold_again(shs_nodes_t *nodes, const shs_node_t *node);
void shs_nodes_release(shs_nodes_t *nodes, const shs_node_t *node);

#endif
