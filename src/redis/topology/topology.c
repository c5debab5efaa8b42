/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/topology.h"

#include <stdlib.h>
#include <string.h>

#include "redis/topology/discovery/discovery.h"
#include "redis/topology/confirmation.h"
#include "redis/topology/refresh.h"
#include "base/clock.h"

struct shs_topology_t {
    shs_topology_t *next;
    shs_refresh_t refresh; /* of snapshot and lease; its lock guards both */
    const shs_endpoint_t *endpoint;
    shs_node_table_t *nodes;
    shs_host_state_t *host_state;
    shs_node_t *single; /* the single server; NULL: there are several */
    shs_discovery_t *discovery;
    shs_snapshot_t *snapshot; /* NULL: nothing is known yet */
    /* What the mode decides: Sentinels' lease on the master is kept, by
     * `confirmation`; each shard of a cluster has a breaker of its own. */
    int has_lease;
    int has_shards;
    shs_confirmation_t confirmation;
    /* Of the running refresh, which alone reads these. */
    shs_snapshot_t *found;
    shs_conn_status_t found_status;
    /* Of the last refresh; OK: it did not fail. The reason is read while none
     * runs. */
    shs_conn_status_t failure;
    const char *reason;
};

/* All topologies of this child. None is ever freed, because threads may outlive
 * the child's pools; the list shows leak checkers that this is intended. */
static shs_topology_t *all;

static apr_status_t close_topology(void *data)
{
    shs_refresh_close(&((shs_topology_t *)data)->refresh);
    return APR_SUCCESS;
}

static int hold_single(shs_topology_t *topology)
{
    const shs_endpoint_t *endpoint = topology->endpoint;
    shs_address_t socket = { endpoint->path, 0 };

    topology->single = shs_node_table_hold(
        topology->nodes, endpoint->path ? &socket : &endpoint->servers[0],
        SHS_NODE_PLAIN);
    return topology->single != NULL;
}

/* All that the mode decides. Returns 0 without memory. */
static int set_mode(shs_topology_t *topology)
{
    const shs_endpoint_t *endpoint = topology->endpoint;

    switch (endpoint->mode) {
    case SHS_ENDPOINT_SINGLE:
        return hold_single(topology);
    case SHS_ENDPOINT_SENTINEL:
        topology->has_lease = 1;
        break;
    case SHS_ENDPOINT_CLUSTER:
        topology->has_shards = 1;
        break;
    }
    topology->discovery = shs_discovery_create(
        endpoint, topology->nodes, &topology->host_state->master.epoch,
        &topology->refresh.halt.is_set);
    return topology->discovery != NULL;
}

static void learn_master(shs_topology_t *topology)
{
    shs_node_t *node;
    int lowest_slot;

    if (shs_snapshot_find(&node, &lowest_slot, topology->snapshot, 0)) {
        shs_master_lease_learn(&topology->confirmation.lease,
                               shs_node_subject(node),
                               shs_discovery_epoch(topology->discovery),
                               topology->refresh.known_at);
    }
}

static int find_snapshot(void *data)
{
    shs_topology_t *topology = data;

    topology->found_status = shs_discovery_run(
        &topology->found, topology->discovery, &topology->reason);
    return topology->found_status == SHS_CONN_OK;
}

/* With the lock: installs what was found. */
static void take_snapshot(void *data)
{
    shs_topology_t *topology = data;
    shs_snapshot_t *old = topology->snapshot;

    topology->failure = topology->found_status;
    if (topology->failure != SHS_CONN_OK) {
        return;
    }
    topology->snapshot = topology->found;
    if (topology->has_lease) {
        learn_master(topology);
    }
    shs_snapshot_publish_masters(topology->host_state, old, topology->snapshot);
    if (old) {
        shs_snapshot_close_departed(old, topology->snapshot);
        shs_snapshot_destroy(old, topology->nodes);
    }
}

shs_topology_t *shs_topology_create(const shs_endpoint_t *endpoint,
                                    shs_node_table_t *nodes,
                                    shs_host_state_t *host_state,
                                    apr_pool_t *pchild)
{
    shs_topology_t *topology = calloc(1, sizeof(*topology));
    shs_refresh_job_t job = { find_snapshot, take_snapshot, topology };

    if (!topology) {
        return NULL;
    }
    topology->endpoint = endpoint;
    topology->nodes = nodes;
    topology->host_state = host_state;
    topology->confirmation.lease.host_state = &host_state->master;
    topology->confirmation.refresh = &topology->refresh;
    topology->confirmation.first_pass_time =
        shs_discovery_first_pass_time(endpoint);
    if (!shs_refresh_init(&topology->refresh, job) || !set_mode(topology)) {
        free(topology);
        return NULL;
    }
    topology->next = all;
    all = topology;
    apr_pool_cleanup_register(pchild, topology, close_topology,
                              apr_pool_cleanup_null);
    return topology;
}

static void ensure_known(shs_topology_t *topology, apr_time_t deadline)
{
    if (!topology->snapshot) {
        shs_refresh_begin(&topology->refresh, SHS_REFRESH_AFTER_FAILURE);
        shs_refresh_await(&topology->refresh, deadline);
    }
    else if (topology->has_lease) {
        shs_confirmation_refresh(&topology->confirmation, deadline);
    }
}

shs_halt_t *shs_topology_halt(shs_topology_t *topology)
{
    return &topology->refresh.halt;
}

int shs_topology_is_known(shs_topology_t *topology)
{
    int is_known = topology->single != NULL;

    if (!is_known) {
        pthread_mutex_lock(&topology->refresh.lock);
        is_known = topology->snapshot != NULL;
        pthread_mutex_unlock(&topology->refresh.lock);
    }
    return is_known;
}

/* A node that the map does not name as a master (lowest_slot -1) has one
 * breaker for all slots that lead to it. */
static void fill_route(shs_route_t *route, shs_topology_t *topology,
                       shs_node_t *node, int lowest_slot)
{
    apr_uint32_t key = lowest_slot < 0
                           ? SHS_HOST_STATE_UNMAPPED(shs_node_subject(node))
                           : SHS_HOST_STATE_MASTER(lowest_slot);

    shs_node_table_hold_again(topology->nodes, node);
    route->node = node;
    route->breaker =
        topology->has_shards
            ? shs_host_state_shard_breaker(topology->host_state, key)
            : &topology->host_state->breaker;
}

shs_conn_status_t shs_topology_find(shs_route_t *route,
                                    shs_topology_t *topology, int slot,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p)
{
    shs_conn_status_t status = SHS_CONN_OK;
    shs_node_t *node;
    int lowest_slot;

    memset(route, 0, sizeof(*route));
    route->breaker = &topology->host_state->breaker;
    if (topology->single) {
        route->node = topology->single;
        return SHS_CONN_OK;
    }
    pthread_mutex_lock(&topology->refresh.lock);
    ensure_known(topology, deadline);
    if (!topology->snapshot) {
        status = shs_discovery_explain(reason, topology->discovery,
                                       topology->refresh.is_running,
                                       topology->failure, p);
    }
    else if (shs_snapshot_find(&node, &lowest_slot, topology->snapshot, slot)) {
        fill_route(route, topology, node, lowest_slot);
    }
    else {
        shs_refresh_begin(&topology->refresh, SHS_REFRESH_AFTER_MOVED);
        *reason = "no member of the cluster serves the key's slot";
        status = SHS_CONN_FAILED;
    }
    pthread_mutex_unlock(&topology->refresh.lock);
    return status;
}

int shs_topology_is_current(shs_topology_t *topology, const shs_route_t *route,
                            int slot)
{
    shs_node_t *node = NULL;
    int lowest_slot;

    if (topology->single) {
        return 1;
    }
    pthread_mutex_lock(&topology->refresh.lock);
    if (topology->snapshot) {
        shs_snapshot_find(&node, &lowest_slot, topology->snapshot, slot);
    }
    pthread_mutex_unlock(&topology->refresh.lock);
    return node == route->node;
}

int shs_topology_find_replica(shs_route_t *route, shs_topology_t *topology,
                              int slot, int nth)
{
    const shs_address_t *server;
    shs_node_t *node = NULL;
    int lowest_slot = 0;

    if (topology->single) {
        return 0;
    }
    pthread_mutex_lock(&topology->refresh.lock);
    if (topology->snapshot
        && shs_snapshot_find_replica(&server, &lowest_slot, topology->snapshot,
                                     slot, nth)) {
        node = shs_node_table_hold(topology->nodes, server, SHS_NODE_REPLICA);
    }
    pthread_mutex_unlock(&topology->refresh.lock);
    if (!node) {
        return 0;
    }
    route->node = node;
    route->breaker = shs_host_state_shard_breaker(
        topology->host_state, SHS_HOST_STATE_REPLICA(lowest_slot));
    return 1;
}

int shs_topology_follow(shs_route_t *route, shs_topology_t *topology, int slot,
                        const shs_address_t *server, int learn)
{
    shs_node_t *node =
        shs_node_table_hold(topology->nodes, server, SHS_NODE_PLAIN);
    int lowest_slot = -1;

    if (!node) {
        return 0;
    }
    pthread_mutex_lock(&topology->refresh.lock);
    if (topology->snapshot) {
        lowest_slot = shs_snapshot_locate(topology->snapshot, topology->nodes,
                                          node, slot, learn);
    }
    if (learn) {
        shs_refresh_begin(&topology->refresh, SHS_REFRESH_AFTER_MOVED);
    }
    fill_route(route, topology, node, lowest_slot);
    pthread_mutex_unlock(&topology->refresh.lock);
    shs_node_table_release(topology->nodes, node);
    return 1;
}

void shs_topology_release(shs_topology_t *topology, shs_route_t *route)
{
    if (route->node && route->node != topology->single) {
        shs_node_table_release(topology->nodes, route->node);
    }
    route->node = NULL;
}

apr_time_t shs_topology_known_at(shs_topology_t *topology, apr_uint64_t *layout)
{
    apr_time_t at = 0;

    if (topology->single) {
        return APR_INT64_MAX;
    }
    pthread_mutex_lock(&topology->refresh.lock);
    if (topology->snapshot && shs_snapshot_proves(layout, topology->snapshot)) {
        at = topology->has_lease
                 ? shs_master_lease_known_at(&topology->confirmation.lease)
                 : topology->refresh.known_at;
    }
    pthread_mutex_unlock(&topology->refresh.lock);
    return at;
}

void shs_topology_suspect(shs_topology_t *topology)
{
    if (topology->single) {
        return;
    }
    pthread_mutex_lock(&topology->refresh.lock);
    shs_refresh_begin(&topology->refresh, SHS_REFRESH_AFTER_FAILURE);
    pthread_mutex_unlock(&topology->refresh.lock);
}

int shs_topology_refresh(shs_topology_t *topology, apr_time_t since,
                         apr_time_t deadline)
{
    int is_newer;

    if (topology->single) {
        return 0;
    }
    pthread_mutex_lock(&topology->refresh.lock);
    is_newer = topology->refresh.known_at >= since
               || shs_refresh_await_since(&topology->refresh, since, deadline);
    pthread_mutex_unlock(&topology->refresh.lock);
    return is_newer;
}

void shs_topology_note_failure(shs_topology_t *topology)
{
    if (topology->has_lease) {
        shs_master_lease_note_failure(&topology->confirmation.lease,
                                      shs_clock_now());
    }
}

shs_conn_status_t shs_topology_confirm(shs_topology_t *topology,
                                       apr_uint32_t subject,
                                       int is_new_connection,
                                       apr_time_t deadline)
{
    shs_conn_status_t status;

    pthread_mutex_lock(&topology->refresh.lock);
    status = shs_confirmation_require(&topology->confirmation, subject,
                                      is_new_connection, deadline);
    pthread_mutex_unlock(&topology->refresh.lock);
    return status;
}
