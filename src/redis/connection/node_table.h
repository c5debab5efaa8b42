/* SPDX-License-Identifier: Apache-2.0
 *
 * node_table: the servers of one store that one child knows. They are found by
 * address and role, made when first named, and counted by those who hold them;
 * one that nobody holds may give way to another when the table is full.
 */
#ifndef SHS_REDIS_CONNECTION_NODE_TABLE_H
#define SHS_REDIS_CONNECTION_NODE_TABLE_H

#include "redis/connection/node.h"

/* More servers than these are not known at once. */
#define SHS_NODE_TABLE_MAX 512

typedef struct shs_node_table_t shs_node_table_t;

/* NULL without memory. Belongs to no APR pool. */
shs_node_table_t *shs_node_table_create(const shs_node_config_t *config);

/* Closes the connections that are idle, now and later. */
void shs_node_table_close(shs_node_table_t *nodes);

/* The node for that server, held for the caller until shs_node_table_release().
 * NULL when the table is full of nodes that are held, or closed. */
shs_node_t *shs_node_table_hold(shs_node_table_t *nodes,
                                const shs_address_t *server,
                                shs_node_role_t role);

/* Holds once more what the caller holds. */
void shs_node_table_hold_again(shs_node_table_t *nodes, const shs_node_t *node);
void shs_node_table_release(shs_node_table_t *nodes, const shs_node_t *node);

#endif
