/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/node.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/protocol/reply.h"
#include "redis/connection/handshake.h"
#include "redis/connection/run_id.h"
#include "net/resolver.h"
#include "base/clock.h"
#include "base/fnv.h"

struct shs_node_t {
    shs_node_config_t config;
    char host[256];
    char description[280];
    shs_address_t server; /* of `host` */
    shs_node_role_t role;
    atomic_int lacks_role; /* ROLE fails: INFO is sent */
    apr_uint32_t subject;
    shs_resolver_t *resolver;
    shs_pool_t *pool;
    shs_batcher_t *batcher; /* NULL: no batches are sent */
    shs_batch_pause_t batch_pause;
    shs_large_keys_t large_keys;
};


static void fill_handshake(shs_handshake_t *handshake, shs_node_t *node)
{
    const shs_endpoint_t *endpoint = node->config.endpoint;

    memset(handshake, 0, sizeof(*handshake));
    handshake->client_name = endpoint->client_name;
    if (node->role == SHS_NODE_SENTINEL) {
        handshake->credentials = endpoint->sentinel_credentials;
        return;
    }
    handshake->credentials = endpoint->credentials;
    handshake->db = endpoint->db;
    handshake->lacks_role =
        node->role == SHS_NODE_MASTER ? &node->lacks_role : NULL;
    handshake->is_for_replica = node->role == SHS_NODE_REPLICA
                                && endpoint->mode == SHS_ENDPOINT_CLUSTER;
}

/* Connects to the first address that accepts, and runs the handshake. */
static shs_conn_status_t open_at(shs_conn_t **out, shs_node_t *node,
                                 const shs_resolver_address_t *addresses,
                                 int count, apr_time_t connect_by,
                                 apr_time_t deadline, const char **reason,
                                 apr_pool_t *p)
{
    shs_handshake_t handshake;
    shs_conn_status_t status =
        shs_conn_open(out, addresses, count, node->config.context, node->host,
                      connect_by, reason);

    if (status == SHS_CONN_OK) {
        fill_handshake(&handshake, node);
        status = shs_handshake_run(*out, &handshake, deadline, reason, p);
        if (status != SHS_CONN_OK) {
            shs_conn_close(*out);
        }
    }
    return status;
}

static shs_conn_status_t dial(shs_conn_t **out, void *baton,
                              apr_time_t deadline, const char **reason,
                              apr_pool_t *p)
{
    shs_node_t *node = baton;
    const shs_endpoint_t *endpoint = node->config.endpoint;
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    apr_time_t connect_by = shs_clock_now() + endpoint->connect_timeout;
    shs_conn_status_t status;
    int count;

    if (connect_by > deadline) {
        connect_by = deadline;
    }
    count = shs_resolver_get(addresses, node->resolver, connect_by, reason);
    if (count == 0) {
        return shs_clock_now() < connect_by ? SHS_CONN_FAILED
                                            : SHS_CONN_TIMEOUT;
    }
    status =
        open_at(out, node, addresses, count, connect_by, deadline, reason, p);
    if (shs_conn_is_unanswered(status)) {
        /* A failover may have changed the name's address. */
        count =
            shs_resolver_refresh(addresses, count, node->resolver, connect_by);
        if (count > 0 && shs_clock_now() < connect_by) {
            status = open_at(out, node, addresses, count, connect_by, deadline,
                             reason, p);
        }
    }
    return status;
}

static void describe(shs_node_t *node)
{
    int is_v6 = strchr(node->host, ':') != NULL;

    if (node->server.port == 0) {
        snprintf(node->description, sizeof(node->description), "%s",
                 node->host);
        return;
    }
    snprintf(node->description, sizeof(node->description), "%s%s%s:%d",
             is_v6 ? "[" : "", node->host, is_v6 ? "]" : "", node->server.port);
}

/* 0 and 1 are reserved. */
static apr_uint32_t hash(const char *text)
{
    apr_uint32_t hash = shs_fnv_add32(SHS_FNV_START32, text, strlen(text));

    return hash > 1 ? hash : 2;
}

int shs_node_destroy(shs_node_t *node)
{
    if (node->resolver && !shs_resolver_destroy(node->resolver)) {
        return 0;
    }
    if (node->pool) {
        shs_pool_destroy(node->pool);
    }
    if (node->batcher) {
        shs_batcher_destroy(node->batcher);
    }
    free(node);
    return 1;
}

shs_node_t *shs_node_create(const shs_node_config_t *config,
                            const shs_address_t *server, shs_node_role_t role)
{
    shs_node_t *node = calloc(1, sizeof(*node));

    if (!node) {
        return NULL;
    }
    node->config = *config;
    snprintf(node->host, sizeof(node->host), "%s", server->host);
    node->server.host = node->host;
    node->server.port = server->port;
    node->role = role;
    describe(node);
    node->subject = hash(node->description);
    node->resolver = server->port == 0
                         ? shs_resolver_create_unix(node->host)
                         : shs_resolver_create(node->host, server->port);
    node->pool =
        shs_pool_create(config->pool_size, config->endpoint->idle, dial, node);
    if (config->may_share) {
        node->batcher = shs_batcher_create();
    }
    if (!node->resolver || !node->pool
        || (config->may_share && !node->batcher)) {
        shs_node_destroy(node);
        return NULL;
    }
    return node;
}

static int has_lost_login(shs_reply_t *const *replies, int count)
{
    int i;

    for (i = 0; i < count; ++i) {
        if (replies[i]->kind == SHS_REPLY_ERROR
            && shs_reply_has_code(replies[i], "NOAUTH")) {
            return 1;
        }
    }
    return 0;
}

shs_conn_status_t shs_node_execute(shs_reply_t **replies, int count,
                                   shs_node_t *node, shs_octets_t commands,
                                   shs_resp_limits_t limits,
                                   apr_time_t deadline, const char **reason,
                                   apr_pool_t *p)
{
    shs_conn_status_t status = SHS_CONN_FAILED;
    shs_conn_t *conn;
    int is_new;

    do {
        status =
            shs_pool_borrow(&conn, &is_new, node->pool, deadline, reason, p);
        if (status != SHS_CONN_OK) {
            return status;
        }
        status = shs_conn_execute(replies, count, conn, commands, limits,
                                  deadline, reason, p);
        if (status == SHS_CONN_OK && !has_lost_login(replies, count)) {
            shs_pool_give_back(node->pool, conn);
            return status;
        }
        shs_pool_discard(node->pool, conn);
        shs_pool_flush(node->pool);
        if (is_new && shs_conn_is_unanswered(status)) {
            shs_node_suspect(node);
        }
    } while ((status == SHS_CONN_DEAD || status == SHS_CONN_OK) && !is_new);
    return status;
}

shs_conn_status_t shs_node_dial(shs_conn_t **out, shs_node_t *node,
                                apr_time_t deadline, const char **reason,
                                apr_pool_t *p)
{
    return dial(out, node, deadline, reason, p);
}

apr_uint32_t shs_node_load_run_id(shs_node_t *node, apr_time_t deadline)
{
    apr_uint32_t found = 0;
    const char *reason;
    shs_conn_t *conn;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    if (shs_node_dial(&conn, node, deadline, &reason, p) == SHS_CONN_OK) {
        if (shs_run_id_load(conn, deadline, &reason, p) == SHS_CONN_OK) {
            found = shs_conn_run_id(conn);
        }
        shs_conn_close(conn);
    }
    apr_pool_destroy(p);
    return found;
}

shs_pool_t *shs_node_pool(shs_node_t *node)
{
    return node->pool;
}

shs_batcher_t *shs_node_batcher(shs_node_t *node)
{
    return node->batcher;
}

shs_large_keys_t *shs_node_large_keys(shs_node_t *node)
{
    return &node->large_keys;
}

shs_batch_pause_t *shs_node_batch_pause(shs_node_t *node)
{
    return &node->batch_pause;
}

const shs_address_t *shs_node_address(const shs_node_t *node)
{
    return &node->server;
}

shs_node_role_t shs_node_role(const shs_node_t *node)
{
    return node->role;
}

int shs_node_lacks_role(const shs_node_t *node)
{
    return atomic_load(&node->lacks_role);
}

void shs_node_note_no_role(shs_node_t *node)
{
    atomic_store(&node->lacks_role, 1);
}

const char *shs_node_describe(const shs_node_t *node)
{
    return node->description;
}

apr_uint32_t shs_node_subject(const shs_node_t *node)
{
    return node->subject;
}

apr_uint32_t shs_node_resolved_subject(const shs_node_t *node)
{
    apr_uint32_t place =
        node->subject ^ shs_resolver_fingerprint(node->resolver);

    return place > 1 ? place : node->subject;
}

void shs_node_suspect(shs_node_t *node)
{
    shs_resolver_suspect(node->resolver);
}
