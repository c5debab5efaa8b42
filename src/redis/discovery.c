/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/discovery.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "redis/cluster.h"
#include "redis/epoch.h"
#include "redis/layout.h"
#include "redis/sentinel.h"
#include "redis/sources.h"
#include "store/clock.h"

/* In haste a server is given this part of its time. */
#define HASTE 8

struct shs_discovery_t {
    const shs_endpoint_t *endpoint;
    shs_nodes_t *nodes;
    shs_sources_t sources;
    unsigned runs;
    shs_view_t *doubted; /* what was told in this run, for want of better */
    apr_int64_t lower;   /* the highest of the lower epochs told in this run */
    shs_epoch_t *epoch;
    apr_int64_t told; /* by the Sentinel that told last */
    const _Atomic int *is_closing;
    int is_refused; /* in this run, by one of them at least */
    char reason[1024];
};

shs_discovery_t *shs_discovery_create(const shs_endpoint_t *endpoint,
                                      shs_nodes_t *nodes, shs_epoch_t *epoch,
                                      const _Atomic int *is_closing)
{
    shs_discovery_t *discovery = calloc(1, sizeof(*discovery));
    shs_node_role_t role = endpoint->mode == SHS_ENDPOINT_SENTINEL
                               ? SHS_NODE_SENTINEL
                               : SHS_NODE_PLAIN;
    int i;

    if (!discovery) {
        return NULL;
    }
    discovery->endpoint = endpoint;
    discovery->nodes = nodes;
    discovery->sources.nodes = nodes;
    discovery->epoch = epoch;
    discovery->is_closing = is_closing;
    for (i = 0; i < endpoint->server_count; ++i) {
        shs_sources_add_seed(&discovery->sources, &endpoint->servers[i], role);
    }
    return discovery;
}

static void remember_reason(shs_discovery_t *discovery, const shs_node_t *node,
                            const char *reason)
{
    snprintf(discovery->reason, sizeof(discovery->reason), "%s %s: %s",
             discovery->endpoint->mode == SHS_ENDPOINT_SENTINEL
                 ? "no Sentinel names the master;"
                 : "no member of the cluster tells its slots;",
             shs_node_describe(node), reason);
}

/* Whether the server, which told it, has not heard of a failover. Behind an
 * address that no member named there may be several servers: the next time
 * another one is to answer. */
static int is_behind(shs_discovery_t *discovery, shs_node_t *node,
                     apr_int64_t epoch)
{
    if (shs_epoch_hear(discovery->epoch, epoch, shs_clock_now())) {
        return 0;
    }
    shs_sources_note_lower(&discovery->sources, node);
    if (epoch > discovery->lower) {
        discovery->lower = epoch;
    }
    if (!shs_sources_is_member(&discovery->sources, node)) {
        shs_pool_flush(shs_node_pool(node));
        shs_node_suspect(node);
    }
    return 1;
}

static shs_conn_status_t ask_sentinel(shs_map_t **map,
                                      shs_discovery_t *discovery,
                                      shs_node_t *node, apr_time_t deadline,
                                      const char **reason, apr_pool_t *p)
{
    const shs_endpoint_t *endpoint = discovery->endpoint;
    apr_int64_t epoch = -1;
    shs_conn_status_t status =
        shs_sentinel_ask(map, &epoch, node, endpoint->master_name,
                         endpoint->reads_replicas, deadline, reason, p);

    if (status == SHS_CONN_OK && epoch >= 0
        && is_behind(discovery, node, epoch)) {
        *reason = "the Sentinel has not heard of the last failover";
        return SHS_CONN_FAILED;
    }
    discovery->told = epoch;
    return status;
}

/* How long one server is given, in haste and without. */
static apr_interval_time_t time_for(const shs_endpoint_t *endpoint,
                                    int is_hasty)
{
    apr_interval_time_t whole = endpoint->connect_timeout + endpoint->timeout;

    return is_hasty ? whole / HASTE : whole;
}

apr_interval_time_t shs_discovery_patience(const shs_endpoint_t *endpoint)
{
    return endpoint->server_count * time_for(endpoint, 1);
}

/* One that is cut off goes on naming the masters it knew, and notices late: its
 * epoch tells when it has missed an election. */
static int is_doubtful(shs_discovery_t *discovery, shs_node_t *node,
                       const shs_cluster_state_t *state)
{
    if (state->is_down) {
        shs_epoch_overhear(discovery->epoch, state->epoch, shs_clock_now());
        return 1;
    }
    return state->epoch >= 0 && is_behind(discovery, node, state->epoch);
}

/* A member that does not tell it is of the one that is known: others may tell,
 * and each change of it has a meaning (layout.h). */
static apr_int64_t epoch_of(const shs_discovery_t *discovery,
                            const shs_cluster_state_t *state)
{
    return state->epoch >= 0 ? state->epoch
                             : atomic_load(&discovery->epoch->known);
}

/* Keeps the first. NULL: others are to be asked. */
static shs_view_t *keep_aside(shs_discovery_t *discovery, shs_view_t *view)
{
    if (discovery->doubted) {
        shs_view_destroy(view, discovery->nodes);
        return NULL;
    }
    shs_view_doubt(view);
    discovery->doubted = view;
    return NULL;
}

/* *has_told: it has, though the view be NULL because it is doubted. */
static shs_view_t *ask(int *has_told, shs_discovery_t *discovery,
                       shs_node_t *node, int is_hasty)
{
    const shs_endpoint_t *endpoint = discovery->endpoint;
    int is_sentinel = endpoint->mode == SHS_ENDPOINT_SENTINEL;
    apr_time_t deadline = shs_clock_now() + time_for(endpoint, is_hasty);
    const char *reason = "more servers are named than can be known";
    shs_view_t *view = NULL;
    shs_conn_status_t status;
    shs_cluster_state_t state = { 0, -1 };
    shs_map_t *map;
    apr_pool_t *p;

    *has_told = 0;
    /* Unmanaged: the process may end, and its pools with it, meanwhile. */
    if (apr_pool_create_unmanaged(&p) != APR_SUCCESS) {
        remember_reason(discovery, node, "no memory");
        return NULL;
    }
    status = is_sentinel
                 ? ask_sentinel(&map, discovery, node, deadline, &reason, p)
                 : shs_cluster_ask(&map, &state, node, deadline, &reason, p);
    if (status == SHS_CONN_OK) {
        view =
            shs_view_create(map, discovery->nodes,
                            is_sentinel ? SHS_NODE_MASTER : SHS_NODE_PLAIN, p);
    }
    if (!view) {
        discovery->is_refused |= status == SHS_CONN_REFUSED;
        remember_reason(discovery, node, reason);
        apr_pool_destroy(p);
        return NULL;
    }
    *has_told = 1;
    if (is_sentinel) {
        return view;
    }
    shs_view_set_layout(view, shs_layout_of(map, epoch_of(discovery, &state)));
    return is_doubtful(discovery, node, &state) ? keep_aside(discovery, view)
                                                : view;
}

/* One that lags behind, in this run; in haste, one that did not tell lately;
 * and where a doubted view is to be had already, later on, one that has told
 * it. */
static int is_left_out(const shs_discovery_t *discovery, const shs_node_t *node,
                       int is_hasty)
{
    int is_avoided =
        shs_sources_is_avoided(&discovery->sources, node, shs_clock_now());

    return shs_sources_is_lower(&discovery->sources, node)
           || (is_hasty ? is_avoided : discovery->doubted && !is_avoided);
}

/* Each in its turn, beginning with another one each time: first, in haste,
 * those that told when they were asked last; then all, and without haste if
 * there is nothing to be had so far. */
static shs_view_t *ask_in_turn(shs_discovery_t *discovery,
                               const shs_sources_group_t *group)
{
    int count = group->count;
    shs_view_t *view = NULL;
    int is_hasty, i;

    for (is_hasty = 1; is_hasty >= 0; --is_hasty) {
        for (i = 0; i < count && !view && !atomic_load(discovery->is_closing);
             ++i) {
            shs_node_t *node =
                group->nodes[(discovery->runs + (unsigned)i) % (unsigned)count];
            int has_told;

            if (is_left_out(discovery, node, is_hasty)) {
                continue;
            }
            view =
                ask(&has_told, discovery, node, is_hasty || discovery->doubted);
            if (!has_told && is_hasty) {
                shs_sources_avoid(&discovery->sources, node, shs_clock_now());
            }
        }
    }
    return view;
}

/* Where no server was believed in this run, and some lag behind, whether they
 * are believed from now on. */
static int is_lowered(shs_discovery_t *discovery, const shs_view_t *view,
                      apr_int64_t known)
{
    shs_epoch_round_t round = { .known = known,
                                .told = discovery->lower,
                                .is_believed = view != NULL };

    round.source = discovery->endpoint->mode == SHS_ENDPOINT_SENTINEL
                       ? SHS_EPOCH_OF_SENTINELS
                       : SHS_EPOCH_OF_MEMBERS;
    shs_sources_count(&round, &discovery->sources);
    return !atomic_load(discovery->is_closing)
           && shs_epoch_weigh(discovery->epoch, &round, shs_clock_now());
}

/* A doubted view is taken when there is none else. */
static shs_view_t *take_doubted(shs_discovery_t *discovery, shs_view_t *view)
{
    shs_view_t *doubted = discovery->doubted;

    discovery->doubted = NULL;
    if (view && doubted) {
        shs_view_destroy(doubted, discovery->nodes);
    }
    return view ? view : doubted;
}

/* In a cluster the members found last are asked first: the URL's may have gone
 * by then. Those whose epoch was lowered are believed next time. */
static shs_view_t *ask_all(shs_discovery_t *discovery)
{
    shs_sources_t *sources = &discovery->sources;
    apr_int64_t known = atomic_load(&discovery->epoch->known);
    shs_view_t *view = ask_in_turn(discovery, &sources->members);

    if (!view) {
        view = ask_in_turn(discovery, &sources->seeds);
    }
    if (is_lowered(discovery, view, known) && !discovery->doubted) {
        shs_sources_begin(sources);
        view = ask_in_turn(discovery, &sources->seeds);
    }
    return take_doubted(discovery, view);
}

shs_conn_status_t shs_discovery_run(shs_view_t **view,
                                    shs_discovery_t *discovery,
                                    const char **reason)
{
    ++discovery->runs;
    discovery->is_refused = 0;
    discovery->lower = 0;
    shs_sources_begin(&discovery->sources);
    snprintf(discovery->reason, sizeof(discovery->reason),
             "this process of the server ends");
    *reason = discovery->reason;
    *view = ask_all(discovery);
    if (*view) {
        if (discovery->endpoint->mode == SHS_ENDPOINT_CLUSTER) {
            shs_sources_remember(&discovery->sources, *view);
        }
        return SHS_CONN_OK;
    }
    return discovery->is_refused ? SHS_CONN_REFUSED : SHS_CONN_FAILED;
}

shs_conn_status_t shs_discovery_explain(const char **reason,
                                        const shs_discovery_t *discovery,
                                        int is_running,
                                        shs_conn_status_t failure,
                                        apr_pool_t *p)
{
    const char *doubt = shs_epoch_explain(discovery->epoch, NULL);

    if (is_running) {
        *reason = discovery->endpoint->mode == SHS_ENDPOINT_SENTINEL
                      ? "no Sentinel named the master by the deadline"
                      : "no member of the cluster told its slots in time";
        return SHS_CONN_TIMEOUT;
    }
    if (failure == SHS_CONN_OK) {
        *reason =
            "no thread could be started to find out which server serves what";
    }
    else if (failure == SHS_CONN_REFUSED || !doubt) {
        *reason = apr_pstrdup(p, discovery->reason);
    }
    else {
        *reason = doubt;
    }
    return failure == SHS_CONN_REFUSED ? SHS_CONN_REFUSED : SHS_CONN_FAILED;
}

apr_int64_t shs_discovery_epoch(const shs_discovery_t *discovery)
{
    return discovery->told >= 0 ? discovery->told
                                : atomic_load(&discovery->epoch->known);
}
