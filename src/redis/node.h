/* SPDX-License-Identifier: Apache-2.0
 *
 * node: one server of a store, as one child knows it: its addresses and its
 * pool of connections. It knows how a connection begins, and nothing of keys
 * and slots.
 */
#ifndef SHS_REDIS_NODE_H
#define SHS_REDIS_NODE_H

#include "redis/endpoint.h"
#include "redis/pool.h"
#include "redis/server.h"

typedef enum shs_node_role_t {
    SHS_NODE_PLAIN,   /* the server of the URL, or a member of a cluster */
    SHS_NODE_MASTER,  /* named by a Sentinel: each dial asks for its ROLE, or
                       * for INFO replication where that is all it answers */
    SHS_NODE_REPLICA, /* asked when its master gives no answer */
    SHS_NODE_SENTINEL
} shs_node_role_t;

/* What all nodes of a store have in common; borrowed, for as long as any of
 * them lives. */
typedef struct shs_node_kind_t {
    const shs_endpoint_t *endpoint;
    const shs_tls_context_t *context; /* NULL: no TLS */
    int pool_size;
} shs_node_kind_t;

typedef struct shs_node_t shs_node_t;

/* A node for that server, whose name is copied (port 0: the Unix socket of that
 * path). NULL only without memory. Belongs to no APR pool, for the sake of
 * threads that outlive one. */
shs_node_t *shs_node_create(const shs_node_kind_t *kind,
                            const shs_server_t *server, shs_node_role_t role);

/* Frees it, which nobody may use any more. Returns 0, and does nothing, while
 * its name is being looked up. */
int shs_node_destroy(shs_node_t *node);

/* Asks outside of any session's lookup, by the deadline, once more on a new
 * connection if a pooled one turns out dead or without its login. OK and the
 * replies, of whatever kind, built in p; or anything else and *reason. */
shs_conn_status_t shs_node_ask(shs_reply_t **replies, int count,
                               shs_node_t *node, shs_octets_t commands,
                               shs_resp_limits_t limits, apr_time_t deadline,
                               const char **reason, apr_pool_t *p);

/* A connection of the caller's own, beside the pool, ready for commands. */
shs_conn_status_t shs_node_dial(shs_conn_t **out, shs_node_t *node,
                                apr_time_t deadline, const char **reason,
                                apr_pool_t *p);

/* Which server a new connection leads to (identity.h), which is closed again; 0
 * when there is none by the deadline. */
apr_uint32_t shs_node_identify(shs_node_t *node, apr_time_t deadline);

/* Borrowed. */
shs_pool_t *shs_node_pool(shs_node_t *node);
const shs_server_t *shs_node_server(const shs_node_t *node);
shs_node_role_t shs_node_role(const shs_node_t *node);

/* Whether it answers no ROLE, as far as is known; and that it is so. */
int shs_node_lacks_role(const shs_node_t *node);
void shs_node_note_no_role(shs_node_t *node);

/* "10.0.0.3:6379", "[::1]:6379" or the socket's path. */
const char *shs_node_describe(const shs_node_t *node);

/* Tells servers apart for a circuit breaker; 2 or more. The same in every
 * child. */
apr_uint32_t shs_node_subject(const shs_node_t *node);

/* The same, of what the server's name stands for now: at another address it is
 * another server. */
apr_uint32_t shs_node_place(const shs_node_t *node);

/* It is not asked, because it failed, or it takes connections and answers
 * nothing: its name may stand for another address by now. Does not wait. */
void shs_node_suspect(shs_node_t *node);

#endif
