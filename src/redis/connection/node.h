/* SPDX-License-Identifier: Apache-2.0
 *
 * node: one server of a store, as one child knows it: its addresses and its
 * connection pool. It knows how to set up a connection, and nothing of keys and
 * slots.
 */
#ifndef SHS_REDIS_CONNECTION_NODE_H
#define SHS_REDIS_CONNECTION_NODE_H

#include "redis/endpoint/endpoint.h"
#include "redis/connection/batch_pause.h"
#include "redis/connection/batcher.h"
#include "redis/connection/large_keys.h"
#include "redis/connection/pool.h"
#include "redis/protocol/address.h"

typedef enum shs_node_role_t {
    SHS_NODE_PLAIN,   /* the server of the URL, or a member of a cluster */
    SHS_NODE_MASTER,  /* named by a Sentinel: each new connection checks ROLE,
                       * or INFO replication if ROLE fails */
    SHS_NODE_REPLICA, /* asked if its master does not reply */
    SHS_NODE_SENTINEL
} shs_node_role_t;

/* Shared by all nodes of a store; borrowed for as long as any of them lives. */
typedef struct shs_node_config_t {
    const shs_endpoint_t *endpoint;
    const shs_tls_context_t *context; /* NULL: no TLS */
    int pool_size;
    int may_share; /* loads of several threads are sent together (batcher.h) */
} shs_node_config_t;

typedef struct shs_node_t shs_node_t;

/* Creates a node for that address, which is copied (port 0: the Unix socket of
 * that path). NULL only without memory. It belongs to no APR pool, because
 * threads may outlive the pool. */
shs_node_t *shs_node_create(const shs_node_config_t *config,
                            const shs_address_t *server, shs_node_role_t role);

/* Frees a node that is no longer used. Returns 0 and does nothing while its
 * name is being looked up. */
int shs_node_destroy(shs_node_t *node);

/* Sends commands that belong to no session's lookup and reads the replies, by
 * the deadline. Tries once more on a new connection if a pooled one turns out
 * to be dead or logged out. Returns OK and the replies, of whatever kind, built
 * in p; or another status and *reason. */
shs_conn_status_t shs_node_execute(shs_reply_t **replies, int count,
                                   shs_node_t *node, shs_octets_t commands,
                                   shs_resp_limits_t limits,
                                   apr_time_t deadline, const char **reason,
                                   apr_pool_t *p);

/* Opens a connection for the caller alone, outside the pool, ready for
 * commands. */
shs_conn_status_t shs_node_dial(shs_conn_t **out, shs_node_t *node,
                                apr_time_t deadline, const char **reason,
                                apr_pool_t *p);

/* Opens a connection, loads the server's run_id (run_id.h) and closes it.
 * Returns 0 if there is no connection by the deadline. */
apr_uint32_t shs_node_load_run_id(shs_node_t *node, apr_time_t deadline);

/* Borrowed. The batcher is NULL if no batches are sent. */
shs_pool_t *shs_node_pool(shs_node_t *node);
shs_batcher_t *shs_node_batcher(shs_node_t *node);
shs_batch_pause_t *shs_node_batch_pause(shs_node_t *node);
shs_large_keys_t *shs_node_large_keys(shs_node_t *node);
const shs_address_t *shs_node_address(const shs_node_t *node);
shs_node_role_t shs_node_role(const shs_node_t *node);

/* Whether ROLE is known to fail; and a note that it fails. */
int shs_node_lacks_role(const shs_node_t *node);
void shs_node_note_no_role(shs_node_t *node);

/* "10.0.0.3:6379", "[::1]:6379" or the socket's path. */
const char *shs_node_describe(const shs_node_t *node);

/* Identifies the server for a circuit breaker; 2 or more. The same in every
 * child. */
apr_uint32_t shs_node_subject(const shs_node_t *node);

/* The same, including the addresses that the name has now: at another address
 * it is another server. */
apr_uint32_t shs_node_resolved_subject(const shs_node_t *node);

/* The server failed, or accepts connections and does not reply: its name may
 * have another address by now. Starts a lookup if one is due, and does not
 * wait. */
void shs_node_suspect(shs_node_t *node);

#endif
