/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/discovery.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "redis/topology/cluster.h"
#include "redis/topology/slot_layout.h"
#include "redis/topology/sentinel.h"
#include "base/clock.h"

/* The servers of the URL, and as many members that they named. */
#define MAX_SERVERS 32

/* A hasty query takes at most this part of the full time. */
#define HASTY_PART 8

/* A server that failed is skipped in haste for this long. */
#define SKIP_FOR (30 * APR_USEC_PER_SEC)

struct shs_discovery_t {
    const shs_source_t *source;
    const shs_endpoint_t *endpoint;
    shs_node_table_t *nodes;
    shs_node_t *seeds[MAX_SERVERS]; /* of the URL, held */
    int seed_count;
    shs_node_t *members[MAX_SERVERS]; /* masters of a cluster, held */
    int member_count;
    unsigned runs;
    shs_snapshot_t *doubtful; /* the snapshot to use if no better one comes */
    int queried;              /* queries of this run ... */
    int stale_members; /* ... and replies of members with a stale epoch */
    struct failed_t {
        apr_uint32_t subject; /* shs_node_subject() */
        apr_time_t at;
    } failed[MAX_SERVERS];      /* servers that failed, a ring ... */
    unsigned failures;          /* ... and the number of failures so far */
    _Atomic apr_int64_t *epoch; /* the highest that the host knows ... */
    apr_int64_t reported_epoch; /* of the last Sentinel that replied */
    const _Atomic int *is_closing;
    int stale_sentinels; /* Sentinels with a stale epoch in this pass */
    int is_refused;      /* in this run, by at least one server */
    char reason[1024];
};

static void set_reason(shs_discovery_t *discovery, const shs_node_t *node,
                       const char *reason)
{
    snprintf(discovery->reason, sizeof(discovery->reason), "%s %s: %s",
             discovery->source->failed, shs_node_describe(node), reason);
}

/* Raises the host's epoch. Returns 0 if that is higher already. */
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

/* A server that is cut off keeps naming the masters it knew, and notices late.
 * Its epoch shows that it has missed an election. OK, or FAILED and *reason. */
static shs_conn_status_t check_epoch(int *is_doubtful,
                                     shs_discovery_t *discovery,
                                     const shs_source_reply_t *reply,
                                     const char **reason)
{
    int is_stale = reply->epoch >= 0 && !reply->is_down
                   && !raise_epoch(discovery->epoch, reply->epoch);

    if (is_stale && discovery->source->stale) {
        *reason = discovery->source->stale;
        ++discovery->stale_sentinels;
        return SHS_CONN_FAILED;
    }
    discovery->stale_members += is_stale;
    discovery->reported_epoch = reply->epoch;
    *is_doubtful = reply->is_down || is_stale;
    return SHS_CONN_OK;
}

shs_discovery_t *shs_discovery_create(const shs_endpoint_t *endpoint,
                                      shs_node_table_t *nodes,
                                      _Atomic apr_int64_t *epoch,
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
    discovery->epoch = epoch;
    discovery->is_closing = is_closing;
    for (i = 0; i < endpoint->server_count && i < MAX_SERVERS; ++i) {
        shs_node_t *node = shs_node_table_hold(nodes, &endpoint->servers[i],
                                               discovery->source->role);

        if (node) {
            discovery->seeds[discovery->seed_count++] = node;
        }
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

/* Keeps the first doubtful snapshot. Returns NULL: further servers are to be
 * asked. */
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
    return shs_slot_layout_of(reply->map, reply->epoch >= 0
                                              ? reply->epoch
                                              : atomic_load(discovery->epoch));
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
        status = check_epoch(is_doubtful, discovery, &reply, &reason);
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
    ++discovery->queried;
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

/* A hasty pass skips servers that failed lately. The later pass, if there is a
 * doubtful snapshot already, skips those that have replied. */
static int is_skipped(const shs_discovery_t *discovery, const shs_node_t *node,
                      int is_hasty)
{
    return is_hasty
               ? has_failed_lately(discovery, node)
               : discovery->doubtful && !has_failed_lately(discovery, node);
}

/* Asks each server in turn; each run begins with another one. The first pass is
 * hasty and skips servers that failed lately. The second pass asks all, with
 * the full time unless there is a doubtful snapshot already. Stale Sentinels
 * are counted anew in each pass, because some are asked twice. */
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

/* In a cluster, the next run asks the members found last: the URL's may have
 * gone by then. */
static void remember_members(shs_discovery_t *discovery,
                             const shs_snapshot_t *snapshot)
{
    while (discovery->member_count > 0) {
        shs_node_table_release(discovery->nodes,
                               discovery->members[--discovery->member_count]);
    }
    if (discovery->source->has_slots) {
        discovery->member_count = shs_snapshot_sample(
            discovery->members, MAX_SERVERS, snapshot, discovery->nodes);
    }
}

/* If all Sentinels report a lower epoch, they were set up anew. One that does
 * not reply may know better than all that are stale. */
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

/* A doubtful snapshot is used if there is no other. If all members report a
 * lower epoch, the cluster was set up anew: from the next run on they are
 * trusted. */
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
             "this child process is exiting");
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
        *reason = discovery->source->late;
        return SHS_CONN_TIMEOUT;
    }
    *reason = failure == SHS_CONN_OK
                  ? "no thread could be started to discover the topology"
                  : apr_pstrdup(p, discovery->reason);
    return failure == SHS_CONN_REFUSED ? SHS_CONN_REFUSED : SHS_CONN_FAILED;
}

apr_int64_t shs_discovery_epoch(const shs_discovery_t *discovery)
{
    return discovery->reported_epoch >= 0 ? discovery->reported_epoch
                                          : atomic_load(discovery->epoch);
}
