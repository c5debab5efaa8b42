/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/tracking/tracker.h"

#include <stdlib.h>
#include <string.h>

#include "redis/tracking/heartbeat.h"
#include "redis/tracking/subscription.h"
#include "redis/topology/discovery/slot_layout.h"
#include "redis/tracking/targets.h"
#include "base/clock.h"
#include "base/halt.h"
#include "base/thread.h"

/* How long it waits for messages in one turn. */
#define WAIT_FOR (50 * 1000)

/* A tracker that is not the leader, or has failed, tries again after this. */
#define REST (250 * 1000)

/* The rest after a refusal: an error reply, or this many connections in a row
 * that the server closes at the same command. */
#define REFUSED_REST (10 * APR_USEC_PER_SEC)
#define MAX_CLOSINGS 2

/* How often it checks which server a single server's address leads to. */
#define PROBE_EVERY (10 * APR_USEC_PER_SEC)

/* How often the tracker checks in one lease whether the masters are still the
 * same. */
#define CHECKS_PER_LEASE 8

/* The memory kept in a pool after a large message. */
#define MAX_KEPT ((apr_size_t)(256 * 1024))

typedef struct target_t {
    shs_route_t route;
    shs_subscription_t subscription; /* conn NULL: none */
    apr_pool_t *p;
} target_t;

typedef struct tracker_t {
    struct tracker_t *next;
    shs_topology_t *topology;
    shs_host_state_t *host_state;
    const shs_invalidation_sink_t *sink;
    apr_interval_time_t timeout;
    pthread_t thread;
    target_t targets[SHS_TARGETS_MAX];
    int count;
    apr_time_t checked_at;
    apr_time_t known_at;      /* these were the masters then ... */
    shs_slot_layout_t layout; /* ... and these their slots */
    apr_time_t retry_at;      /* after a refusal: not before */
    apr_time_t probed_at;
    int closings;
    apr_uint32_t term; /* of the leadership in which it began; 0: none */
} tracker_t;

/* All trackers of this child. None is freed, because its thread may outlive the
 * child's pools; the list shows leak checkers that this is intended. */
static tracker_t *all;

static void rest(void)
{
    struct pollfd none[1];

    shs_halt_poll(none, 0, REST / 1000);
}

static void drop_targets(tracker_t *tracker)
{
    int i;

    atomic_store(&tracker->host_state->tracking.is_active, 0);
    atomic_store(&tracker->host_state->tracking.run_id, 0);
    tracker->sink->set_servers(tracker->sink->baton, NULL, 0);
    for (i = 0; i < tracker->count; ++i) {
        shs_subscription_close(&tracker->targets[i].subscription);
        shs_topology_release(tracker->topology, &tracker->targets[i].route);
        apr_pool_destroy(tracker->targets[i].p);
    }
    tracker->count = 0;
}

static int are_targets_same(const tracker_t *tracker, const shs_route_t *routes,
                            int count)
{
    int i = 0;

    while (i < tracker->count
           && shs_targets_has(routes, count, tracker->targets[i].route.node)) {
        ++i;
    }
    return i == count && i == tracker->count;
}

/* Not if the leadership was lost meanwhile, even if it has been won again. */
static int is_leader(const tracker_t *tracker)
{
    return !shs_halt_is_due()
           && tracker->sink->lead(tracker->sink->baton, shs_clock_now())
                  == tracker->term;
}

static int open_subscription(tracker_t *tracker, target_t *target,
                             const char **reason)
{
    apr_time_t deadline = shs_clock_now() + tracker->timeout;
    shs_conn_t *conn;
    shs_conn_status_t status =
        shs_node_dial(&conn, target->route.node, deadline, reason, target->p);

    if (status == SHS_CONN_OK) {
        status =
            shs_subscription_open(&target->subscription, conn, tracker->sink,
                                  deadline, reason, target->p);
    }
    if (shs_conn_is_unanswered(status)) {
        shs_node_suspect(target->route.node);
    }
    tracker->closings = status == SHS_CONN_DEAD ? tracker->closings + 1 : 0;
    if (status == SHS_CONN_REFUSED || tracker->closings >= MAX_CLOSINGS) {
        tracker->retry_at = shs_clock_now() + REFUSED_REST;
    }
    return status == SHS_CONN_OK;
}

static int is_single(const tracker_t *tracker)
{
    return tracker->known_at == APR_INT64_MAX;
}

/* From now on the run_id of each new connection's server is loaded, and another
 * server at a single server's address is noted. */
static void publish(tracker_t *tracker)
{
    if (is_single(tracker)) {
        atomic_store(&tracker->host_state->tracking.run_id,
                     tracker->targets[0].subscription.run_id);
    }
    atomic_store(&tracker->host_state->tracking.is_active, 1);
}

/* Subscribes to each target. Returns 0 and *reason if one fails. */
static int open_subscriptions(tracker_t *tracker, const char **reason)
{
    apr_uint32_t numbers[SHS_TARGETS_MAX];
    int i;

    for (i = 0; i < tracker->count; ++i) {
        target_t *target = &tracker->targets[i];

        /* Keeps the leadership, however long this takes. */
        if (!is_leader(tracker)
            || !open_subscription(tracker, target, reason)) {
            return 0;
        }
        numbers[i] = target->subscription.run_id;
    }
    /* Any change may have been missed before. */
    tracker->sink->flush(tracker->sink->baton);
    tracker->sink->set_servers(tracker->sink->baton, numbers, tracker->count);
    tracker->probed_at = shs_clock_now();
    atomic_store(&tracker->host_state->tracking.other_run_id, 0);
    atomic_fetch_add(&tracker->host_state->tracking.generation, 1);
    publish(tracker);
    return 1;
}

/* Takes over the routes. */
static void set_targets(tracker_t *tracker, const shs_route_t *routes,
                        int count)
{
    int i;

    drop_targets(tracker);
    for (i = 0; i < count; ++i) {
        target_t *target = &tracker->targets[i];

        memset(target, 0, sizeof(*target));
        target->route = routes[i];
        apr_pool_create_unmanaged_ex(&target->p, NULL, NULL);
        apr_allocator_max_free_set(apr_pool_allocator_get(target->p), MAX_KEPT);
    }
    tracker->count = count;
}

/* A failed probe proves nothing: requests get no connection either. */
static void probe(tracker_t *tracker)
{
    const target_t *target = &tracker->targets[0];
    apr_uint32_t found = shs_node_load_run_id(
        target->route.node, shs_clock_now() + tracker->timeout);

    if (found != 0 && found != target->subscription.run_id) {
        atomic_store(&tracker->host_state->tracking.other_run_id, found);
    }
    tracker->probed_at = shs_clock_now();
}

/* Whether another server than the tracked one was found at its address: by a
 * request's new connection, or by a probe. */
static int is_replaced(tracker_t *tracker)
{
    if (!is_single(tracker) || tracker->count == 0) {
        return 0;
    }
    if (shs_clock_now() - tracker->probed_at > PROBE_EVERY) {
        probe(tracker);
    }
    return atomic_load(&tracker->host_state->tracking.other_run_id) != 0;
}

/* Checks the masters, and begins anew if they have changed. Returns 0 and
 * *reason if no server can be tracked. */
static int check_masters(tracker_t *tracker, const char **reason)
{
    shs_route_t routes[SHS_TARGETS_MAX];
    apr_uint64_t layout = 0;
    apr_time_t known_at = shs_topology_known_at(tracker->topology, &layout);
    int have_slots_moved = shs_slot_layout_note(
        &tracker->layout, layout, shs_clock_now(), tracker->sink->lease);
    apr_pool_t *p;
    int count, i;

    tracker->known_at = known_at;
    if (shs_clock_now() - known_at
        > 2 * tracker->sink->lease / CHECKS_PER_LEASE) {
        shs_topology_suspect(tracker->topology);
    }
    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    count = shs_targets_find(routes, tracker->topology,
                             shs_clock_now() + tracker->timeout, p);
    apr_pool_destroy(p);
    tracker->checked_at = shs_clock_now();
    if (count > 0 && are_targets_same(tracker, routes, count)
        && !is_replaced(tracker)) {
        for (i = 0; i < count; ++i) {
            shs_topology_release(tracker->topology, &routes[i]);
        }
        /* Flush before a heartbeat of the time since. */
        if (have_slots_moved) {
            tracker->sink->flush(tracker->sink->baton);
        }
        publish(tracker); /* a deposed leader may have reset it */
        return 1;
    }
    set_targets(tracker, routes, count);
    *reason = "no server is known that could be tracked";
    return count > 0 && open_subscriptions(tracker, reason);
}

/* The time up to which all targets have answered PING, and were known to be all
 * the masters. */
static apr_time_t alive_at(const tracker_t *tracker)
{
    apr_time_t at = tracker->known_at;
    int i;

    for (i = 0; i < tracker->count; ++i) {
        if (tracker->targets[i].subscription.alive_at < at) {
            at = tracker->targets[i].subscription.alive_at;
        }
    }
    return at;
}

/* Why one of them gives no heartbeat, though it replies; NULL: all do. */
static const char *find_busy_reason(const tracker_t *tracker)
{
    int i = 0;

    while (i < tracker->count && !tracker->targets[i].subscription.busy) {
        ++i;
    }
    return i < tracker->count ? tracker->targets[i].subscription.busy : NULL;
}

static int receive_all(tracker_t *tracker, const char **reason)
{
    int i;

    for (i = 0; i < tracker->count; ++i) {
        shs_subscription_t *subscription = &tracker->targets[i].subscription;
        shs_conn_status_t status =
            shs_subscription_receive(subscription, reason);

        if (status == SHS_CONN_REFUSED) {
            tracker->retry_at = shs_clock_now() + REFUSED_REST;
        }
        if (status != SHS_CONN_OK
            || !shs_heartbeat_send_due(subscription, reason)) {
            return 0;
        }
    }
    return 1;
}

/* One turn: waits for messages, receives them, requests heartbeats. */
static int run_turn(tracker_t *tracker, const char **reason)
{
    const shs_epoch_t *epoch = &tracker->host_state->master.epoch;
    shs_conn_t *conns[SHS_TARGETS_MAX] = { NULL };
    const char *down_reason;
    apr_time_t at;
    int i;

    for (i = 0; i < tracker->count; ++i) {
        conns[i] = tracker->targets[i].subscription.conn;
    }
    shs_conn_wait(conns, tracker->count, shs_clock_now() + WAIT_FOR);
    if (!receive_all(tracker, reason)) {
        return 0;
    }
    at = alive_at(tracker);
    if (at != 0) {
        tracker->sink->extend_lease(tracker->sink->baton, at);
    }
    down_reason = shs_epoch_explain(epoch, find_busy_reason(tracker));
    if (at != 0 || down_reason) {
        tracker->sink->set_down(tracker->sink->baton, down_reason);
    }
    return 1;
}

/* Tracks until another tracker is the leader, or something fails. */
static void track(tracker_t *tracker)
{
    const char *reason = NULL;
    int is_well = check_masters(tracker, &reason);

    while (is_well && is_leader(tracker)) {
        is_well = run_turn(tracker, &reason)
                  && (shs_clock_now() - tracker->checked_at
                          < tracker->sink->lease / CHECKS_PER_LEASE
                      || check_masters(tracker, &reason));
    }
    if (!is_well) {
        tracker->sink->set_down(
            tracker->sink->baton,
            shs_epoch_explain(&tracker->host_state->master.epoch, reason));
    }
    drop_targets(tracker);
}

static void *run(void *data)
{
    tracker_t *tracker = data;
    const shs_invalidation_sink_t *sink = tracker->sink;

    shs_halt_obey(shs_topology_halt(tracker->topology));
    while (!shs_halt_is_due()) {
        tracker->term = sink->lead(sink->baton, shs_clock_now());
        if (tracker->term != 0 && shs_clock_now() >= tracker->retry_at) {
            track(tracker);
        }
        rest();
    }
    return NULL;
}

static apr_status_t stop(void *data)
{
    tracker_t *tracker = data;

    shs_halt_set(shs_topology_halt(tracker->topology));
    pthread_join(tracker->thread, NULL);
    return APR_SUCCESS;
}

int shs_tracker_start(shs_topology_t *topology, shs_host_state_t *host_state,
                      const shs_invalidation_sink_t *sink,
                      apr_interval_time_t timeout, apr_pool_t *pchild)
{
    tracker_t *tracker = calloc(1, sizeof(*tracker));

    if (!tracker) {
        return 0;
    }
    tracker->topology = topology;
    tracker->host_state = host_state;
    tracker->sink = sink;
    tracker->timeout = timeout;
    if (!shs_thread_start(&tracker->thread, run, tracker)) {
        free(tracker);
        return 0;
    }
    tracker->next = all;
    all = tracker;
    apr_pool_cleanup_register(pchild, tracker, stop, apr_pool_cleanup_null);
    return 1;
}
