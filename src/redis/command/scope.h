/* SPDX-License-Identifier: Apache-2.0
 *
 * scope: what one command is about, for all functions that take part in it: the
 * client that sends it, the key, and a load or a write. It is filled once, by
 * shs_command_execute(), and not changed. Everything in it is borrowed for as
 * long as the command runs.
 */
#ifndef SHS_REDIS_COMMAND_SCOPE_H
#define SHS_REDIS_COMMAND_SCOPE_H

#include <apr_pools.h>

#include "redis/topology/topology.h"
#include "store/store.h"

/* What one child sends commands with; borrowed. */
typedef struct shs_client_t {
    const shs_endpoint_t *endpoint;
    shs_topology_t *topology;
    shs_host_state_t *host_state;
    unsigned char secret[SHS_BIG_KEY_SECRET]; /* the same in all children */
} shs_client_t;

typedef struct shs_scope_t {
    const shs_client_t *client;
    const shs_query_t *query; /* of a write its `at` */
    const shs_write_t *write; /* NULL: the command loads the value */
    int slot;                 /* of the key in a cluster; else 0 */
    apr_pool_t *p;            /* of what the command returns */
} shs_scope_t;

#endif
