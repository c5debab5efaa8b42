/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology.h"

#include <stdlib.h>
#include <string.h>

#include "redis/discovery.h"
#include "redis/renewal.h"
#include "redis/trust.h"
#include "store/clock.h"

struct shs_topology_t {
    shs_topology_t *next;
    shs_renewal_t renewal; /* of the view and the trust; its lock guards both */
    const shs_endpoint_t *endpoint;
    shs_nodes_t *nodes;
    shs_shared_t *shared;
    shs_node_t *only; /* the single server; NULL: there are several */
    shs_discovery_t *discovery;
    shs_view_t *view;  /* NULL: nothing is known yet */
    shs_trust_t trust; /* in the view's master, with Sentinels */
    shs_view_t *found; /* by the renewal that runs, which alone reads it ... */
    shs_conn_status_t found_status; /* ... and this */
    shs_conn_status_t failure;      /* of the last one; OK: it did not fail */
    apr_time_t failed_at;
    const char *reason; /* ... and why; read while none runs */
};

/* Every one of this child. None is ever freed, because threads that outlive
 * the child's pools may use it; and so leak checkers see that it is meant. */
static shs_topology_t *all;

static apr_status_t close_topology(void *data)
{
    shs_renewal_close(&((shs_topology_t *)data)->renewal);
    return APR_SUCCESS;
}

static int add_sources(shs_topology_t *topology)
{
    const shs_endpoint_t *endpoint = topology->endpoint;
    shs_server_t socket = { endpoint->path, 0 };

    if (endpoint->mode == SHS_ENDPOINT_SINGLE) {
        topology->only = shs_nodes_hold(
            topology->nodes, endpoint->path ? &socket : &endpoint->servers[0],
            SHS_NODE_PLAIN);
        return topology->only != NULL;
    }
    topology->discovery = shs_discovery_create(endpoint, topology->nodes,
                                               &topology->shared->master.epoch,
                                               &topology->renewal.halt.is_set);
    return topology->discovery != NULL;
}

static void learn_master(shs_topology_t *topology)
{
    shs_node_t *node;
    int lowest_slot;

    if (shs_view_find(&node, &lowest_slot, topology->view, 0)) {
        shs_trust_learn(&topology->trust, shs_node_subject(node),
                        shs_discovery_epoch(topology->discovery),
                        topology->renewal.known_at);
    }
}

static int find_view(void *data)
{
    shs_topology_t *topology = data;

    topology->found_status = shs_discovery_run(
        &topology->found, topology->discovery, &topology->reason);
    return topology->found_status == SHS_CONN_OK;
}

/* With the lock: what was found is what is known from now on. */
static void take_view(void *data)
{
    shs_topology_t *topology = data;
    shs_view_t *old = topology->view;

    topology->failure = topology->found_status;
    if (topology->failure != SHS_CONN_OK) {
        topology->failed_at = shs_clock_now();
        return;
    }
    topology->view = topology->found;
    if (topology->endpoint->mode == SHS_ENDPOINT_SENTINEL) {
        learn_master(topology);
    }
    shs_view_enter(topology->shared, old, topology->view);
    if (old) {
        shs_view_drop(old, topology->view);
        shs_view_destroy(old, topology->nodes);
    }
}

shs_topology_t *shs_topology_create(const shs_endpoint_t *endpoint,
                                    shs_nodes_t *nodes, shs_shared_t *shared,
                                    apr_pool_t *pchild)
{
    shs_topology_t *topology = calloc(1, sizeof(*topology));
    shs_renewal_job_t job = { find_view, take_view, topology };

    if (!topology) {
        return NULL;
    }
    topology->endpoint = endpoint;
    topology->nodes = nodes;
    topology->shared = shared;
    topology->trust.shared = &shared->master;
    if (!shs_renewal_init(&topology->renewal, job) || !add_sources(topology)) {
        free(topology);
        return NULL;
    }
    topology->next = all;
    all = topology;
    apr_pool_cleanup_register(pchild, topology, close_topology,
                              apr_pool_cleanup_null);
    return topology;
}

/* With the lock: whether it is of no use to wait for the Sentinels: they have
 * been asked in vain a moment ago, or just now each of them. */
static int is_silent(const shs_topology_t *topology)
{
    const shs_renewal_t *renewal = &topology->renewal;
    apr_interval_time_t patience = shs_discovery_patience(topology->endpoint);
    apr_time_t now = shs_clock_now();

    return (topology->failure != SHS_CONN_OK
            && now - topology->failed_at < SHS_TRUST_CONFIRM_EVERY)
           || (renewal->is_running && now - renewal->began_at > patience);
}

/* With the lock: has the master confirmed in time, so that a question rarely
 * goes to the wrong one; but leaves half of the time for asking when no
 * Sentinel answers. */
static void keep_lease(shs_topology_t *topology, apr_time_t deadline)
{
    apr_time_t now = shs_clock_now();
    apr_interval_time_t age = now - shs_trust_confirmed_at(&topology->trust);
    int must_wait =
        age >= SHS_TRUST_LEASE || shs_trust_is_behind(&topology->trust);

    if (!must_wait && age < SHS_TRUST_CONFIRM_EVERY) {
        return;
    }
    shs_renewal_begin(&topology->renewal, must_wait ? SHS_TOPOLOGY_AFTER_FAILURE
                                                    : SHS_TRUST_CONFIRM_EVERY);
    if (must_wait && !is_silent(topology)) {
        shs_renewal_await(&topology->renewal, now + (deadline - now) / 2);
    }
}

static void know(shs_topology_t *topology, apr_time_t deadline)
{
    if (!topology->view) {
        shs_renewal_begin(&topology->renewal, SHS_TOPOLOGY_AFTER_FAILURE);
        shs_renewal_await(&topology->renewal, deadline);
    }
    else if (topology->endpoint->mode == SHS_ENDPOINT_SENTINEL) {
        keep_lease(topology, deadline);
    }
}

shs_halt_t *shs_topology_halt(shs_topology_t *topology)
{
    return &topology->renewal.halt;
}

int shs_topology_is_known(shs_topology_t *topology)
{
    int is_known = topology->only != NULL;

    if (!is_known) {
        pthread_mutex_lock(&topology->renewal.lock);
        is_known = topology->view != NULL;
        pthread_mutex_unlock(&topology->renewal.lock);
    }
    return is_known;
}

/* A node that the map names no master (lowest_slot -1) has one breaker for all
 * slots that lead to it. */
static void fill_route(shs_route_t *route, shs_topology_t *topology,
                       shs_node_t *node, int lowest_slot)
{
    apr_uint32_t key = lowest_slot < 0
                           ? SHS_SHARED_STRANGER(shs_node_subject(node))
                           : SHS_SHARED_MASTER(lowest_slot);

    shs_nodes_hold_again(topology->nodes, node);
    route->node = node;
    route->breaker = topology->endpoint->mode == SHS_ENDPOINT_CLUSTER
                         ? shs_shared_breaker_of(topology->shared, key)
                         : &topology->shared->breaker;
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
    route->breaker = &topology->shared->breaker;
    if (topology->only) {
        route->node = topology->only;
        return SHS_CONN_OK;
    }
    pthread_mutex_lock(&topology->renewal.lock);
    know(topology, deadline);
    if (!topology->view) {
        status = shs_discovery_explain(reason, topology->discovery,
                                       topology->renewal.is_running,
                                       topology->failure, p);
    }
    else if (shs_view_find(&node, &lowest_slot, topology->view, slot)) {
        fill_route(route, topology, node, lowest_slot);
    }
    else {
        shs_renewal_begin(&topology->renewal, SHS_TOPOLOGY_AFTER_MOVED);
        *reason = "no member of the cluster serves the key's slot";
        status = SHS_CONN_FAILED;
    }
    pthread_mutex_unlock(&topology->renewal.lock);
    return status;
}

int shs_topology_is_current(shs_topology_t *topology, const shs_route_t *route,
                            int slot)
{
    shs_node_t *node = NULL;
    int lowest_slot;

    if (topology->only) {
        return 1;
    }
    pthread_mutex_lock(&topology->renewal.lock);
    if (topology->view) {
        shs_view_find(&node, &lowest_slot, topology->view, slot);
    }
    pthread_mutex_unlock(&topology->renewal.lock);
    return node == route->node;
}

int shs_topology_find_replica(shs_route_t *route, shs_topology_t *topology,
                              int slot, int nth)
{
    const shs_server_t *server;
    shs_node_t *node = NULL;
    int lowest_slot = 0;

    if (topology->only) {
        return 0;
    }
    pthread_mutex_lock(&topology->renewal.lock);
    if (topology->view
        && shs_view_find_replica(&server, &lowest_slot, topology->view, slot,
                                 nth)) {
        node = shs_nodes_hold(topology->nodes, server, SHS_NODE_REPLICA);
    }
    pthread_mutex_unlock(&topology->renewal.lock);
    if (!node) {
        return 0;
    }
    route->node = node;
    route->breaker = shs_shared_breaker_of(topology->shared,
                                           SHS_SHARED_REPLICA(lowest_slot));
    return 1;
}

int shs_topology_follow(shs_route_t *route, shs_topology_t *topology, int slot,
                        const shs_server_t *server, int learn)
{
    shs_node_t *node = shs_nodes_hold(topology->nodes, server, SHS_NODE_PLAIN);
    int lowest_slot = -1;

    if (!node) {
        return 0;
    }
    pthread_mutex_lock(&topology->renewal.lock);
    if (topology->view) {
        lowest_slot =
            shs_view_place(topology->view, topology->nodes, node, slot, learn);
    }
    if (learn) {
        shs_renewal_begin(&topology->renewal, SHS_TOPOLOGY_AFTER_MOVED);
    }
    fill_route(route, topology, node, lowest_slot);
    pthread_mutex_unlock(&topology->renewal.lock);
    shs_nodes_release(topology->nodes, node);
    return 1;
}

void shs_topology_leave(shs_topology_t *topology, shs_route_t *route)
{
    if (route->node && route->node != topology->only) {
        shs_nodes_release(topology->nodes, route->node);
    }
    route->node = NULL;
}

apr_time_t shs_topology_known_at(shs_topology_t *topology, apr_uint64_t *layout)
{
    apr_time_t at = 0;

    if (topology->only) {
        return APR_INT64_MAX;
    }
    pthread_mutex_lock(&topology->renewal.lock);
    if (topology->view && shs_view_proves(layout, topology->view)) {
        at = topology->endpoint->mode == SHS_ENDPOINT_CLUSTER
                 ? topology->renewal.known_at
                 : shs_trust_known_at(&topology->trust);
    }
    pthread_mutex_unlock(&topology->renewal.lock);
    return at;
}

void shs_topology_suspect(shs_topology_t *topology)
{
    if (topology->only) {
        return;
    }
    pthread_mutex_lock(&topology->renewal.lock);
    shs_renewal_begin(&topology->renewal, SHS_TOPOLOGY_AFTER_FAILURE);
    pthread_mutex_unlock(&topology->renewal.lock);
}

int shs_topology_renew(shs_topology_t *topology, apr_time_t since,
                       apr_time_t deadline)
{
    int is_newer;

    if (topology->only) {
        return 0;
    }
    pthread_mutex_lock(&topology->renewal.lock);
    is_newer = topology->renewal.known_at >= since
               || shs_renewal_since(&topology->renewal, since, deadline);
    pthread_mutex_unlock(&topology->renewal.lock);
    return is_newer;
}

void shs_topology_note_failure(shs_topology_t *topology)
{
    if (topology->endpoint->mode == SHS_ENDPOINT_SENTINEL) {
        shs_trust_note_failure(&topology->trust, shs_clock_now());
    }
}

/* With the lock: waits for a Sentinel's word until the deadline, or until they
 * prove to be silent. */
static shs_conn_status_t await_word(shs_topology_t *topology, apr_time_t since,
                                    apr_time_t deadline)
{
    apr_time_t silent_at =
        shs_clock_now() + shs_discovery_patience(topology->endpoint) + 1000;

    if (is_silent(topology)) {
        shs_renewal_begin(&topology->renewal, SHS_TRUST_CONFIRM_EVERY);
        return SHS_CONN_OK;
    }
    /* One that began late proves to be silent later. */
    return shs_renewal_since(&topology->renewal, since,
                             silent_at < deadline ? silent_at : deadline)
                   || is_silent(topology)
                   || shs_renewal_since(&topology->renewal, since, deadline)
                   || is_silent(topology)
               ? SHS_CONN_OK
               : SHS_CONN_TIMEOUT;
}

shs_conn_status_t shs_topology_confirm(shs_topology_t *topology,
                                       apr_uint32_t subject,
                                       int is_new_connection,
                                       apr_time_t deadline)
{
    shs_trust_t *trust = &topology->trust;
    apr_time_t now = shs_clock_now();
    shs_conn_status_t status;
    apr_time_t since;

    pthread_mutex_lock(&topology->renewal.lock);
    since = shs_trust_required(trust, is_new_connection, now);
    status = shs_trust_confirmed_at(trust) < since
                 ? await_word(topology, since, deadline)
                 : SHS_CONN_OK;
    if (!shs_trust_read(trust, subject, now)) {
        status = SHS_CONN_WRONG_ROLE;
    }
    pthread_mutex_unlock(&topology->renewal.lock);
    return status;
}
