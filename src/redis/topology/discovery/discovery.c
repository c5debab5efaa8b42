/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/discovery/discovery.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "redis/topology/discovery/cluster.h"
#include "redis/topology/discovery/slot_layout.h"
#include "redis/topology/discovery/sentinel.h"
#include "redis/topology/discovery/sources.h"
#include "base/clock.h"

/* A hasty query takes at most this part of the full time. */
#define HASTY_PART 8

struct shs_discovery_t {
    const shs_source_t *source;
    const shs_endpoint_t *endpoint;
    shs_node_table_t *nodes;
    shs_sources_t sources;
    unsigned runs;
    shs_snapshot_t *doubtful; /* the snapshot to use if no better one comes */
    apr_int64_t lower;        /* the highest of the stale epochs of this run */
    shs_epoch_t *epoch;       /* of the host */
    apr_int64_t reported_epoch; /* of the last Sentinel that replied */
    const _Atomic int *is_closing;
    int is_refused; /* in this run, by at least one server */
    char reason[1024];
};

static void set_reason(shs_discovery_t *discovery, const shs_node_t *node,
                       const char *reason)
{
    snprintf(discovery->reason, sizeof(discovery->reason), "%s %s: %s",
             discovery->source->failed, shs_node_describe(node), reason);
}

/* Whether the epoch of this server's reply is stale. It is noted if so. Behind
 * an address that no member named there may be several servers: the next query
 * must reach another one. */
static int is_epoch_stale(shs_discovery_t *discovery, shs_node_t *node,
                          apr_int64_t epoch)
{
    if (shs_epoch_note(discovery->epoch, epoch, shs_clock_now())) {
        return 0;
    }
    shs_sources_note_stale(&discovery->sources, node);
    if (epoch > discovery->lower) {
        discovery->lower = epoch;
    }
    if (!shs_sources_is_member(&discovery->sources, node)) {
        shs_pool_flush(shs_node_pool(node));
        shs_node_suspect(node);
    }
    return 1;
}

/* A server that is cut off keeps naming the masters it knew, and notices late.
 * Its epoch shows that it has missed an election. OK, or FAILED and *reason. */
static shs_conn_status_t check_epoch(int *is_doubtful,
                                     shs_discovery_t *discovery,
                                     shs_node_t *node,
                                     const shs_source_reply_t *reply,
                                     const char **reason)
{
    int is_stale = reply->epoch >= 0 && !reply->is_down
                   && is_epoch_stale(discovery, node, reply->epoch);

    if (reply->is_down) {
        shs_epoch_note_untrusted(discovery->epoch, reply->epoch,
                                 shs_clock_now());
    }
    if (is_stale && discovery->source->stale) {
        *reason = discovery->source->stale;
        return SHS_CONN_FAILED;
    }
    discovery->reported_epoch = reply->epoch;
    *is_doubtful = reply->is_down || is_stale;
    return SHS_CONN_OK;
}

shs_discovery_t *shs_discovery_create(const shs_endpoint_t *endpoint,
                                      shs_node_table_t *nodes,
                                      shs_epoch_t *epoch,
                                      const _Atomic int *is_closing)
{
    shs_discovery_t *discovery = calloc(1, sizeof(*discovery));
    int i;

    if (!discovery) {
        return NULL;
    }
    discovery->source = endpoint->mode == SHS_ENDPOINT_SENTINEL
                            ? &shs_sentinel_source
                            : &shs_cluster_source;
    discovery->endpoint = endpoint;
    discovery->nodes = nodes;
    discovery->sources.nodes = nodes;
    discovery->epoch = epoch;
    discovery->is_closing = is_closing;
    for (i = 0; i < endpoint->server_count; ++i) {
        shs_sources_add_seed(&discovery->sources, &endpoint->servers[i],
                             discovery->source->role);
    }
    return discovery;
}

/* The time for one server, hasty or not. */
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

/* Keeps the first doubtful snapshot. Returns NULL, so that others are asked. */
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

/* A member that reports no epoch is taken to have the known one: other members
 * may report it, and each change of the epoch has a meaning (slot_layout.h). */
static apr_uint64_t layout_of(const shs_discovery_t *discovery,
                              const shs_source_reply_t *reply)
{
    return shs_slot_layout_of(
        reply->map, reply->epoch >= 0 ? reply->epoch
                                      : atomic_load(&discovery->epoch->known));
}

/* The snapshot of one server's reply; NULL: it did not reply well. */
static shs_snapshot_t *load(int *is_doubtful, shs_discovery_t *discovery,
                            shs_node_t *node, apr_time_t deadline,
                            apr_pool_t *p)
{
    const shs_source_t *source = discovery->source;
    const char *reason =
        "there are more servers than the table of nodes can hold";
    shs_snapshot_t *snapshot = NULL;
    shs_source_reply_t reply;
    shs_conn_status_t status =
        source->load(&reply, discovery->endpoint, node, deadline, &reason, p);

    if (status == SHS_CONN_OK) {
        status = check_epoch(is_doubtful, discovery, node, &reply, &reason);
    }
    if (status == SHS_CONN_OK) {
        snapshot = shs_snapshot_create(reply.map, discovery->nodes,
                                       source->master_role, p);
    }
    if (!snapshot) {
        discovery->is_refused |= status == SHS_CONN_REFUSED;
        set_reason(discovery, node, reason);
    }
    else if (source->has_slots) {
        shs_snapshot_set_layout(snapshot, layout_of(discovery, &reply));
    }
    return snapshot;
}

/* *has_replied is set even if the snapshot is doubtful and NULL is returned. */
static shs_snapshot_t *query(int *has_replied, shs_discovery_t *discovery,
                             shs_node_t *node, int is_hasty)
{
    apr_time_t deadline =
        shs_clock_now() + time_for(discovery->endpoint, is_hasty);
    shs_snapshot_t *snapshot;
    int is_doubtful = 0;
    apr_pool_t *p;

    *has_replied = 0;
    /* Unmanaged: the process may exit meanwhile, and its pools with it. */
    if (apr_pool_create_unmanaged(&p) != APR_SUCCESS) {
        set_reason(discovery, node, "no memory");
        return NULL;
    }
    snapshot = load(&is_doubtful, discovery, node, deadline, p);
    if (!snapshot) {
        apr_pool_destroy(p);
        return NULL;
    }
    *has_replied = 1;
    return is_doubtful ? set_aside(discovery, snapshot) : snapshot;
}

/* A server that is stale in this run is skipped. A hasty pass skips servers
 * that failed lately. The later pass, if there is a doubtful snapshot already,
 * skips those that have replied. */
static int is_skipped(const shs_discovery_t *discovery, const shs_node_t *node,
                      int is_hasty)
{
    int has_failed = shs_sources_has_failed_lately(&discovery->sources, node,
                                                   shs_clock_now());

    return shs_sources_is_stale(&discovery->sources, node)
           || (is_hasty ? has_failed : discovery->doubtful && !has_failed);
}

/* Asks each server in turn; each run begins with another one. The first pass is
 * hasty and skips servers that failed lately. The second pass asks all, with
 * the full time unless there is a doubtful snapshot already. */
static shs_snapshot_t *query_in_turn(shs_discovery_t *discovery,
                                     const shs_sources_group_t *group)
{
    int count = group->count;
    shs_snapshot_t *snapshot = NULL;
    int is_hasty, i;

    for (is_hasty = 1; is_hasty >= 0; --is_hasty) {
        for (i = 0;
             i < count && !snapshot && !atomic_load(discovery->is_closing);
             ++i) {
            shs_node_t *node =
                group->nodes[(discovery->runs + (unsigned)i) % (unsigned)count];
            int has_replied;

            if (is_skipped(discovery, node, is_hasty)) {
                continue;
            }
            snapshot = query(&has_replied, discovery, node,
                             is_hasty || discovery->doubtful);
            if (!has_replied && is_hasty) {
                shs_sources_note_failed(&discovery->sources, node,
                                        shs_clock_now());
            }
        }
    }
    return snapshot;
}

/* At the end of a run, which began with the epoch `known`: whether that is
 * lowered, so that stale servers are trusted from now on. */
static int lower_epoch(shs_discovery_t *discovery,
                       const shs_snapshot_t *snapshot, apr_int64_t known)
{
    shs_epoch_round_t round = { .known = known,
                                .reported = discovery->lower,
                                .is_trusted = snapshot != NULL };

    round.source = discovery->source->has_slots ? SHS_EPOCH_OF_MEMBERS
                                                : SHS_EPOCH_OF_SENTINELS;
    shs_sources_count(&round, &discovery->sources);
    return !atomic_load(discovery->is_closing)
           && shs_epoch_end_round(discovery->epoch, &round, shs_clock_now());
}

/* A doubtful snapshot is used if there is no other. */
static shs_snapshot_t *choose(shs_discovery_t *discovery,
                              shs_snapshot_t *snapshot)
{
    shs_snapshot_t *doubtful = discovery->doubtful;

    discovery->doubtful = NULL;
    if (snapshot && doubtful) {
        shs_snapshot_destroy(doubtful, discovery->nodes);
    }
    return snapshot ? snapshot : doubtful;
}

/* In a cluster, the members found last are asked first: the URL's may have gone
 * by then. If the epoch is lowered, they are trusted in the next run. */
static shs_snapshot_t *query_all(shs_discovery_t *discovery)
{
    shs_sources_t *sources = &discovery->sources;
    apr_int64_t known = atomic_load(&discovery->epoch->known);
    shs_snapshot_t *snapshot = query_in_turn(discovery, &sources->members);

    if (!snapshot) {
        snapshot = query_in_turn(discovery, &sources->seeds);
    }
    if (lower_epoch(discovery, snapshot, known) && !discovery->doubtful) {
        shs_sources_begin(sources);
        snapshot = query_in_turn(discovery, &sources->seeds);
    }
    return choose(discovery, snapshot);
}

shs_conn_status_t shs_discovery_run(shs_snapshot_t **snapshot,
                                    shs_discovery_t *discovery,
                                    const char **reason)
{
    ++discovery->runs;
    discovery->is_refused = 0;
    discovery->lower = 0;
    shs_sources_begin(&discovery->sources);
    snprintf(discovery->reason, sizeof(discovery->reason),
             "this child process is exiting");
    *reason = discovery->reason;
    *snapshot = query_all(discovery);
    if (*snapshot) {
        if (discovery->source->has_slots) {
            shs_sources_set_members(&discovery->sources, *snapshot);
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
    const char *stale = shs_epoch_explain(discovery->epoch, NULL);

    if (is_running) {
        *reason = discovery->source->late;
        return SHS_CONN_TIMEOUT;
    }
    *reason = failure == SHS_CONN_OK
                  ? "no thread could be started to discover the topology"
              : failure == SHS_CONN_REFUSED || !stale
                  ? apr_pstrdup(p, discovery->reason)
                  : stale;
    return failure == SHS_CONN_REFUSED ? SHS_CONN_REFUSED : SHS_CONN_FAILED;
}

apr_int64_t shs_discovery_epoch(const shs_discovery_t *discovery)
{
    return discovery->reported_epoch >= 0
               ? discovery->reported_epoch
               : atomic_load(&discovery->epoch->known);
}
