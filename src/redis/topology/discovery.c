/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/discovery.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "redis/topology/cluster.h"
#include "redis/topology/slot_layout.h"
#include "redis/topology/sentinel.h"
#include "base/clock.h"

/* Servers of the URL, and as many that they named. */
#define MAX_SERVERS 32

/* In haste a server is given this part of its time. */
#define HASTY_PART 8

/* Who did not tell is asked after the others for so long. */
#define SKIP_FOR (30 * APR_USEC_PER_SEC)

struct shs_discovery_t {
    const shs_endpoint_t *endpoint;
    shs_node_table_t *nodes;
    shs_node_t *seeds[MAX_SERVERS]; /* those of the URL, held */
    int seed_count;
    shs_node_t *members[MAX_SERVERS]; /* masters of a cluster, held */
    int member_count;
    unsigned runs;
    shs_snapshot_t
        *doubtful;     /* what was told in this run, for want of better */
    int queried;       /* in this run, each time counted ... */
    int stale_members; /* ... members that told a lower epoch than known */
    struct failed_t {
        apr_uint32_t subject; /* shs_node_subject() */
        apr_time_t at;
    } failed[MAX_SERVERS];      /* those that did not tell, a ring ... */
    unsigned failures;          /* ... and how many there have been */
    _Atomic apr_int64_t *epoch; /* the highest that anybody told ... */
    apr_int64_t reported_epoch; /* by the Sentinel that told last */
    const _Atomic int *is_closing;
    int stale_sentinels; /* ... and how many, asked once each, told a lower one */
    int is_refused;      /* in this run, by one of them at least */
    char reason[1024];
};

shs_discovery_t *shs_discovery_create(const shs_endpoint_t *endpoint,
                                      shs_node_table_t *nodes,
                                      _Atomic apr_int64_t *epoch,
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
    discovery->epoch = epoch;
    discovery->is_closing = is_closing;
    for (i = 0; i < endpoint->server_count && i < MAX_SERVERS; ++i) {
        shs_node_t *node =
            shs_node_table_hold(nodes, &endpoint->servers[i], role);

        if (node) {
            discovery->seeds[discovery->seed_count++] = node;
        }
    }
    return discovery;
}

static void set_reason(shs_discovery_t *discovery, const shs_node_t *node,
                       const char *reason)
{
    snprintf(discovery->reason, sizeof(discovery->reason), "%s %s: %s",
             discovery->endpoint->mode == SHS_ENDPOINT_SENTINEL
                 ? "no Sentinel names the master;"
                 : "no member of the cluster tells its slots;",
             shs_node_describe(node), reason);
}

/* Raises what the host knows. Returns 0 if that is higher already. */
static int raise_epoch(_Atomic apr_int64_t *known, apr_int64_t epoch)
{
    apr_int64_t before = atomic_load(known);

    while (epoch > before) {
        if (atomic_compare_exchange_weak(known, &before, epoch)) {
            return 1;
        }
    }
    return epoch == before;
}

/* Who lags behind has not heard of a failover. */
static shs_conn_status_t query_sentinel(shs_slot_map_t **map,
                                        shs_discovery_t *discovery,
                                        shs_node_t *node, apr_time_t deadline,
                                        const char **reason, apr_pool_t *p)
{
    const shs_endpoint_t *endpoint = discovery->endpoint;
    apr_int64_t epoch = -1;
    shs_conn_status_t status =
        shs_sentinel_load(map, &epoch, node, endpoint->master_name,
                          endpoint->reads_replicas, deadline, reason, p);

    if (status == SHS_CONN_OK && epoch >= 0
        && !raise_epoch(discovery->epoch, epoch)) {
        *reason = "the Sentinel has not heard of the last failover";
        ++discovery->stale_sentinels;
        return SHS_CONN_FAILED;
    }
    discovery->reported_epoch = epoch;
    return status;
}

/* How long one server is given, in haste and without. */
static apr_interval_time_t time_for(const shs_endpoint_t *endpoint,
                                    int is_hasty)
{
    apr_interval_time_t whole = endpoint->connect_timeout + endpoint->timeout;

    return is_hasty ? whole / HASTY_PART : whole;
}

apr_interval_time_t shs_discovery_first_pass_time(
    const shs_endpoint_t *endpoint)
{
    return endpoint->server_count * time_for(endpoint, 1);
}

/* One that is cut off goes on naming the masters it knew, and notices late: its
 * epoch tells when it has missed an election. */
static int is_doubtful(shs_discovery_t *discovery,
                       const shs_cluster_state_t *state)
{
    int is_stale = state->epoch >= 0 && !state->is_down
                   && !raise_epoch(discovery->epoch, state->epoch);

    discovery->stale_members += is_stale;
    return state->is_down || is_stale;
}

/* A member that does not tell it is of the one that is known: others may tell,
 * and each change of it has a meaning (layout.h). */
static apr_int64_t epoch_of(const shs_discovery_t *discovery,
                            const shs_cluster_state_t *state)
{
    return state->epoch >= 0 ? state->epoch : atomic_load(discovery->epoch);
}

/* Keeps the first. NULL: others are to be asked. */
static shs_snapshot_t *set_aside(shs_discovery_t *discovery,
                                 shs_snapshot_t *snapshot)
{
    if (discovery->doubtful) {
        shs_snapshot_destroy(snapshot, discovery->nodes);
        return NULL;
    }
    shs_snapshot_mark_doubtful(snapshot);
    discovery->doubtful = snapshot;
    return NULL;
}

/* *has_told: it has, though the view be NULL because it is doubted. */
static shs_snapshot_t *query(int *has_replied, shs_discovery_t *discovery,
                             shs_node_t *node, int is_hasty)
{
    const shs_endpoint_t *endpoint = discovery->endpoint;
    int is_sentinel = endpoint->mode == SHS_ENDPOINT_SENTINEL;
    apr_time_t deadline = shs_clock_now() + time_for(endpoint, is_hasty);
    const char *reason = "more servers are named than can be known";
    shs_snapshot_t *snapshot = NULL;
    shs_conn_status_t status;
    shs_cluster_state_t state = { 0, -1 };
    shs_slot_map_t *map;
    apr_pool_t *p;

    *has_replied = 0;
    ++discovery->queried;
    /* Unmanaged: the process may end, and its pools with it, meanwhile. */
    if (apr_pool_create_unmanaged(&p) != APR_SUCCESS) {
        set_reason(discovery, node, "no memory");
        return NULL;
    }
    status = is_sentinel
                 ? query_sentinel(&map, discovery, node, deadline, &reason, p)
                 : shs_cluster_load(&map, &state, node, deadline, &reason, p);
    if (status == SHS_CONN_OK) {
        snapshot = shs_snapshot_create(
            map, discovery->nodes,
            is_sentinel ? SHS_NODE_MASTER : SHS_NODE_PLAIN, p);
    }
    if (!snapshot) {
        discovery->is_refused |= status == SHS_CONN_REFUSED;
        set_reason(discovery, node, reason);
        apr_pool_destroy(p);
        return NULL;
    }
    *has_replied = 1;
    if (is_sentinel) {
        return snapshot;
    }
    shs_snapshot_set_layout(
        snapshot, shs_slot_layout_of(map, epoch_of(discovery, &state)));
    return is_doubtful(discovery, &state) ? set_aside(discovery, snapshot)
                                          : snapshot;
}

static int has_failed_lately(const shs_discovery_t *discovery,
                             const shs_node_t *node)
{
    apr_time_t now = shs_clock_now();
    int i;

    for (i = 0; i < MAX_SERVERS; ++i) {
        const struct failed_t *failed = &discovery->failed[i];

        if (failed->subject == shs_node_subject(node)
            && now - failed->at < SKIP_FOR) {
            return 1;
        }
    }
    return 0;
}

static void note_failed(shs_discovery_t *discovery, const shs_node_t *node)
{
    struct failed_t *failed =
        &discovery->failed[discovery->failures++ % MAX_SERVERS];

    failed->subject = shs_node_subject(node);
    failed->at = shs_clock_now();
}

/* In haste, one that did not tell lately; and where a doubted view is to be had
 * already, later on, one that has told it. */
static int is_skipped(const shs_discovery_t *discovery, const shs_node_t *node,
                      int is_hasty)
{
    return is_hasty
               ? has_failed_lately(discovery, node)
               : discovery->doubtful && !has_failed_lately(discovery, node);
}

/* Each in its turn, beginning with another one each time: first, in haste,
 * those that told when they were asked last; then all, and without haste if
 * there is nothing to be had so far. Who is behind is counted anew each time
 * round, because some are asked twice. */
static shs_snapshot_t *query_in_turn(shs_discovery_t *discovery,
                                     shs_node_t *const *nodes, int count)
{
    shs_snapshot_t *snapshot = NULL;
    int is_hasty, i;

    for (is_hasty = 1; is_hasty >= 0; --is_hasty) {
        discovery->stale_sentinels = 0;
        for (i = 0;
             i < count && !snapshot && !atomic_load(discovery->is_closing);
             ++i) {
            shs_node_t *node =
                nodes[(discovery->runs + (unsigned)i) % (unsigned)count];
            int has_replied;

            if (is_skipped(discovery, node, is_hasty)) {
                continue;
            }
            snapshot = query(&has_replied, discovery, node,
                             is_hasty || discovery->doubtful);
            if (!has_replied && is_hasty) {
                note_failed(discovery, node);
            }
        }
    }
    return snapshot;
}

/* In a cluster the members found last may be asked next time: the URL's may
 * have gone by then. */
static void remember_members(shs_discovery_t *discovery,
                             const shs_snapshot_t *snapshot)
{
    while (discovery->member_count > 0) {
        shs_node_table_release(discovery->nodes,
                               discovery->members[--discovery->member_count]);
    }
    if (discovery->endpoint->mode == SHS_ENDPOINT_CLUSTER) {
        discovery->member_count = shs_snapshot_sample(
            discovery->members, MAX_SERVERS, snapshot, discovery->nodes);
    }
}

/* Where each and every Sentinel tells a lower epoch, they were set up anew. One
 * that is dead may know better than all that lag behind. */
static shs_snapshot_t *query_seeds(shs_discovery_t *discovery)
{
    shs_snapshot_t *snapshot =
        query_in_turn(discovery, discovery->seeds, discovery->seed_count);

    if (!snapshot && discovery->stale_sentinels > 0
        && discovery->stale_sentinels == discovery->seed_count) {
        atomic_store(discovery->epoch, 0);
        snapshot =
            query_in_turn(discovery, discovery->seeds, discovery->seed_count);
    }
    return snapshot;
}

/* A doubted view is taken when there is none else. Where each and every one
 * tells a lower epoch, the cluster was set up anew: next time they are
 * believed. */
static shs_snapshot_t *choose(shs_discovery_t *discovery,
                              shs_snapshot_t *snapshot)
{
    shs_snapshot_t *doubtful = discovery->doubtful;

    discovery->doubtful = NULL;
    if (!snapshot && doubtful && discovery->stale_members == discovery->queried
        && !atomic_load(discovery->is_closing)) {
        atomic_store(discovery->epoch, 0);
    }
    if (snapshot && doubtful) {
        shs_snapshot_destroy(doubtful, discovery->nodes);
    }
    return snapshot ? snapshot : doubtful;
}

shs_conn_status_t shs_discovery_run(shs_snapshot_t **snapshot,
                                    shs_discovery_t *discovery,
                                    const char **reason)
{
    ++discovery->runs;
    discovery->is_refused = 0;
    discovery->queried = 0;
    discovery->stale_members = 0;
    snprintf(discovery->reason, sizeof(discovery->reason),
             "this process of the server ends");
    *reason = discovery->reason;
    *snapshot =
        query_in_turn(discovery, discovery->members, discovery->member_count);
    if (!*snapshot) {
        *snapshot = query_seeds(discovery);
    }
    *snapshot = choose(discovery, *snapshot);
    if (*snapshot) {
        remember_members(discovery, *snapshot);
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
    if (is_running) {
        *reason = discovery->endpoint->mode == SHS_ENDPOINT_SENTINEL
                      ? "no Sentinel named the master by the deadline"
                      : "no member of the cluster told its slots in time";
        return SHS_CONN_TIMEOUT;
    }
    *reason = failure == SHS_CONN_OK
                  ? "no thread could be started to find out who serves what"
                  : apr_pstrdup(p, discovery->reason);
    return failure == SHS_CONN_REFUSED ? SHS_CONN_REFUSED : SHS_CONN_FAILED;
}

apr_int64_t shs_discovery_epoch(const shs_discovery_t *discovery)
{
    return discovery->reported_epoch >= 0 ? discovery->reported_epoch
                                          : atomic_load(discovery->epoch);
}
