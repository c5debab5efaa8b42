/* SPDX-License-Identifier: Apache-2.0
 *
 * rig: what one child of a server has of a store, put together for a test: the
 * endpoint as a URL and options say it, nodes, shared memory and topology. It
 * is never freed, as in a child; its refreshes end with p.
 */
#ifndef T_UNIT_RIG_H
#define T_UNIT_RIG_H

#include "redis/command/scope.h"
#include "unit.h"

typedef struct rig_t {
    shs_endpoint_t *endpoint;
    shs_node_table_t *nodes;
    shs_host_state_t *host_state;
    shs_client_t client;
} rig_t;

/* The endpoint alone. The options have spaces between them. */
shs_endpoint_t *rig_endpoint(const char *url, const char *options);

/* With memory of its own, or, as another child of the host, with `sibling`'s
 * (NULL: none). Pools have 4 connections unless pool= says more. */
rig_t *rig_create(const char *url, const char *options, const rig_t *sibling);

/* The same, but what it has at work ends with `pchild`. */
rig_t *rig_create_in(const char *url, const char *options, const rig_t *sibling,
                     apr_pool_t *pchild);

/* Nodes alone, which are never freed. */
shs_node_table_t *rig_nodes(const shs_endpoint_t *endpoint, int pool_size);

/* Gives the child so many idle connections (1 to 4) to the server of a slot. */
void rig_fill_pool(const rig_t *rig, int slot, int count);

/* Now and so many milliseconds. */
apr_time_t rig_in_ms(int ms);

/* Waits until it is past that time. */
void rig_sleep_until(apr_time_t time);

apr_uint64_t rig_counter(const rig_t *rig, shs_counter_t counter);

#endif
