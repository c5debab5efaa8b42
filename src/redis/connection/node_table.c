/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/node_table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

typedef struct slot_t {
    shs_node_t *node;
    int holders;
    apr_time_t released_at;
} slot_t;

struct shs_node_table_t {
    pthread_mutex_t lock;
    shs_node_config_t config;
    int is_closing;
    int count;
    slot_t table[SHS_NODE_TABLE_MAX];
};

shs_node_table_t *shs_node_table_create(const shs_node_config_t *config)
{
    shs_node_table_t *nodes = calloc(1, sizeof(*nodes));

    if (nodes) {
        pthread_mutex_init(&nodes->lock, NULL);
        nodes->config = *config;
    }
    return nodes;
}

void shs_node_table_close(shs_node_table_t *nodes)
{
    int count, i;

    pthread_mutex_lock(&nodes->lock);
    nodes->is_closing = 1;
    count = nodes->count;
    pthread_mutex_unlock(&nodes->lock);
    /* No node is added or replaced any more. */
    for (i = 0; i < count; ++i) {
        shs_pool_close(shs_node_pool(nodes->table[i].node));
    }
}

static int is_same(const shs_node_t *node, const shs_address_t *server,
                   shs_node_role_t role)
{
    const shs_address_t *known = shs_node_address(node);

    return shs_node_role(node) == role && known->port == server->port
           && !strcmp(known->host, server->host);
}

static slot_t *find(shs_node_table_t *nodes, const shs_address_t *server,
                    shs_node_role_t role)
{
    int i;

    for (i = 0; i < nodes->count; ++i) {
        if (is_same(nodes->table[i].node, server, role)) {
            return &nodes->table[i];
        }
    }
    return NULL;
}

/* With the lock: a free slot, or the slot of the node that has been without
 * holders for the longest time, which is destroyed. NULL: there is none. */
static slot_t *make_room(shs_node_table_t *nodes)
{
    slot_t *oldest = NULL;
    int i;

    if (nodes->count < SHS_NODE_TABLE_MAX) {
        return &nodes->table[nodes->count++];
    }
    for (i = 0; i < nodes->count; ++i) {
        slot_t *slot = &nodes->table[i];

        if (slot->holders == 0
            && (!oldest || slot->released_at < oldest->released_at)) {
            oldest = slot;
        }
    }
    return oldest && shs_node_destroy(oldest->node) ? oldest : NULL;
}

static slot_t *add(shs_node_table_t *nodes, const shs_address_t *server,
                   shs_node_role_t role)
{
    shs_node_t *node = shs_node_create(&nodes->config, server, role);
    slot_t *slot = node ? make_room(nodes) : NULL;

    if (slot) {
        memset(slot, 0, sizeof(*slot));
        slot->node = node;
    }
    else if (node) {
        shs_node_destroy(node);
    }
    return slot;
}

shs_node_t *shs_node_table_hold(shs_node_table_t *nodes,
                                const shs_address_t *server,
                                shs_node_role_t role)
{
    shs_node_t *node = NULL;
    slot_t *slot;

    pthread_mutex_lock(&nodes->lock);
    slot = find(nodes, server, role);
    if (!slot && !nodes->is_closing) {
        slot = add(nodes, server, role);
    }
    if (slot) {
        ++slot->holders;
        node = slot->node;
    }
    pthread_mutex_unlock(&nodes->lock);
    return node;
}

/* With the lock: the slot of a node that is held. */
static slot_t *slot_of(shs_node_table_t *nodes, const shs_node_t *node)
{
    int i = 0;

    while (i < nodes->count && nodes->table[i].node != node) {
        ++i;
    }
    assert(i < nodes->count && nodes->table[i].holders > 0);
    return &nodes->table[i];
}

void shs_node_table_hold_again(shs_node_table_t *nodes, const shs_node_t *node)
{
    pthread_mutex_lock(&nodes->lock);
    ++slot_of(nodes, node)->holders;
    pthread_mutex_unlock(&nodes->lock);
}

void shs_node_table_release(shs_node_table_t *nodes, const shs_node_t *node)
{
    slot_t *slot;

    pthread_mutex_lock(&nodes->lock);
    slot = slot_of(nodes, node);
    if (--slot->holders == 0) {
        slot->released_at = shs_clock_now();
    }
    pthread_mutex_unlock(&nodes->lock);
}
