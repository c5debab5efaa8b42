/* SPDX-License-Identifier: Apache-2.0
 *
 * operation: one load or write of a key, and the client that it is for: what a
 * command carries out. shs_retry_loop_run() fills it once; the functions of
 * this room pass it on unchanged. Everything in it is borrowed for as long as
 * the command runs.
 */
#ifndef SHS_REDIS_COMMAND_OPERATION_H
#define SHS_REDIS_COMMAND_OPERATION_H

#include <apr_pools.h>

#include "redis/topology/topology.h"
#include "../mod_shared_session_provider.h"

/* What one child sends commands with; borrowed. */
typedef struct shs_client_t {
    const shs_endpoint_t *endpoint;
    shs_topology_t *topology;
    shs_host_state_t *host_state;
    unsigned char secret[SHS_BIG_KEY_SECRET]; /* the same in all children */
} shs_client_t;

typedef struct shs_operation_t {
    const shs_client_t *client;
    const shs_query_t *query; /* of a write its `at` */
    const shs_write_t *write; /* NULL: the command loads the value */
    int slot;                 /* of the key in a cluster; else 0 */
    apr_uint32_t part; /* which fields are loaded, as a hash; 0: the value */
    apr_pool_t *p;     /* of what the command returns */
} shs_operation_t;

#endif
