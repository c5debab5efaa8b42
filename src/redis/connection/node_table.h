/* SPDX-License-Identifier: Apache-2.0
 *
 * node_table: the servers of one store that one child knows. A node is found by
 * address and role, created when it is first named, and reference-counted. A
 * node without holders may be replaced when the table is full.
 */
#ifndef SHS_REDIS_CONNECTION_NODE_TABLE_H
#define SHS_REDIS_CONNECTION_NODE_TABLE_H

#include "redis/connection/node.h"

/* The most servers known at once. */
#define SHS_NODE_TABLE_MAX 512

typedef struct shs_node_table_t shs_node_table_t;

/* NULL without memory. Belongs to no APR pool. */
shs_node_table_t *shs_node_table_create(const shs_node_config_t *config);

/* Closes the idle connections, now and whenever one becomes idle. */
void shs_node_table_close(shs_node_table_t *nodes);

/* The node for that address, held for the caller until
 * shs_node_table_release(). NULL if the table is closed, or full of nodes that
 * are held. */
shs_node_t *shs_node_table_hold(shs_node_table_t *nodes,
                                const shs_address_t *server,
                                shs_node_role_t role);

/* Holds a node once more that the caller already holds. */
void shs_node_table_hold_again(shs_node_table_t *nodes, const shs_node_t *node);
void shs_node_table_release(shs_node_table_t *nodes, const shs_node_t *node);

#endif
