/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/listener.h"

#include <stdlib.h>
#include <string.h>

#include "redis/feed.h"
#include "redis/layout.h"
#include "redis/roster.h"
#include "store/clock.h"
#include "store/halt.h"
#include "store/thread.h"

/* How long it waits for news before it looks around. */
#define TURN (50 * 1000)

/* Who is not elected, or has failed, looks again after this. */
#define REST (250 * 1000)

/* One that is refused tries again after this: by an answer, or by so many
 * connections, one after the other, that end at the same question. */
#define LONG_REST     (10 * APR_USEC_PER_SEC)
#define MOST_CLOSINGS 2

/* So often it is looked where a new connection to a single server leads. */
#define PROBE_EVERY (10 * APR_USEC_PER_SEC)

/* In this part of the lease it is asked for a sign of life, and looked who the
 * masters are. */
#define PART 8

/* Memory that is kept of what a great deal of news took. */
#define MOST_KEPT ((apr_size_t)(256 * 1024))

typedef struct source_t {
    shs_route_t route;
    shs_feed_t feed; /* conn NULL: none */
    apr_pool_t *p;
} source_t;

typedef struct listener_t {
    struct listener_t *next;
    shs_topology_t *topology;
    shs_shared_t *shared;
    const shs_watch_t *watch;
    apr_interval_time_t timeout;
    pthread_t thread;
    source_t sources[SHS_ROSTER_MAX];
    int count;
    apr_time_t looked_at;
    apr_time_t known_at; /* these were the masters then ... */
    shs_layout_t layout; /* ... and these slots were theirs */
    apr_time_t again_at; /* refused: not before */
    apr_time_t probed_at;
    int closings;
    apr_uint32_t term; /* for which it was elected when it began */
} listener_t;

/* Every one of this child. None is ever freed, because its thread may outlive
 * the child's pools; and so leak checkers see that it is meant. */
static listener_t *all;

static void rest(void)
{
    struct pollfd none[1];

    shs_halt_poll(none, 0, REST / 1000);
}

static void drop_sources(listener_t *listener)
{
    int i;

    atomic_store(&listener->shared->heard.is_any, 0);
    atomic_store(&listener->shared->heard.identity, 0);
    listener->watch->listening(listener->watch->baton, NULL, 0);
    for (i = 0; i < listener->count; ++i) {
        shs_feed_close(&listener->sources[i].feed);
        shs_topology_leave(listener->topology, &listener->sources[i].route);
        apr_pool_destroy(listener->sources[i].p);
    }
    listener->count = 0;
}

static int is_same(const listener_t *listener, const shs_route_t *routes,
                   int count)
{
    int i = 0;

    while (i < listener->count
           && shs_roster_has(routes, count, listener->sources[i].route.node)) {
        ++i;
    }
    return i == count && i == listener->count;
}

/* Not if it lost its office meanwhile, though it has it again. */
static int is_elected(const listener_t *to)
{
    return !shs_halt_is_due()
           && to->watch->elected(to->watch->baton, shs_clock_now()) == to->term;
}

static int open_feed(listener_t *listener, source_t *source,
                     const char **reason)
{
    apr_time_t deadline = shs_clock_now() + listener->timeout;
    shs_conn_t *conn;
    shs_conn_status_t status =
        shs_node_dial(&conn, source->route.node, deadline, reason, source->p);

    if (status == SHS_CONN_OK) {
        status = shs_feed_open(&source->feed, conn, listener->watch, deadline,
                               reason, source->p);
    }
    if (shs_conn_is_unanswered(status)) {
        shs_node_suspect(source->route.node);
    }
    listener->closings = status == SHS_CONN_DEAD ? listener->closings + 1 : 0;
    if (status == SHS_CONN_REFUSED || listener->closings >= MOST_CLOSINGS) {
        listener->again_at = shs_clock_now() + LONG_REST;
    }
    return status == SHS_CONN_OK;
}

static int is_single(const listener_t *listener)
{
    return listener->known_at == APR_INT64_MAX;
}

/* They tell who they are from now on, and of a single server it is noted who
 * else may be found in its place. */
static void publish(listener_t *listener)
{
    if (is_single(listener)) {
        atomic_store(&listener->shared->heard.identity,
                     listener->sources[0].feed.identity);
    }
    atomic_store(&listener->shared->heard.is_any, 1);
}

/* A feed from each of them, which are then listened to. Returns 0 and *reason
 * if there is one that gives none. */
static int open_feeds(listener_t *listener, const char **reason)
{
    apr_uint32_t numbers[SHS_ROSTER_MAX];
    int i;

    for (i = 0; i < listener->count; ++i) {
        source_t *source = &listener->sources[i];

        /* Keeps its office, as long as it takes. */
        if (!is_elected(listener) || !open_feed(listener, source, reason)) {
            return 0;
        }
        numbers[i] = source->feed.identity;
    }
    /* What was missed before they spoke may be anything. */
    listener->watch->flushed(listener->watch->baton);
    listener->watch->listening(listener->watch->baton, numbers,
                               listener->count);
    listener->probed_at = shs_clock_now();
    atomic_store(&listener->shared->heard.stranger, 0);
    atomic_fetch_add(&listener->shared->heard.round, 1);
    publish(listener);
    return 1;
}

/* Takes the routes over. */
static void set_sources(listener_t *listener, const shs_route_t *routes,
                        int count)
{
    int i;

    drop_sources(listener);
    for (i = 0; i < count; ++i) {
        source_t *source = &listener->sources[i];

        memset(source, 0, sizeof(*source));
        source->route = routes[i];
        apr_pool_create_unmanaged_ex(&source->p, NULL, NULL);
        apr_allocator_max_free_set(apr_pool_allocator_get(source->p),
                                   MOST_KEPT);
    }
    listener->count = count;
}

/* One that fails tells nothing: others cannot be had by requests either. */
static void probe(listener_t *listener)
{
    const source_t *source = &listener->sources[0];
    apr_uint32_t found = shs_node_identify(source->route.node,
                                           shs_clock_now() + listener->timeout);

    if (found != 0 && found != source->feed.identity) {
        atomic_store(&listener->shared->heard.stranger, found);
    }
    listener->probed_at = shs_clock_now();
}

/* Whether another server than the one that is listened to has been found at the
 * address of that: by a request's new connection, or looking for it. */
static int is_replaced(listener_t *listener)
{
    if (!is_single(listener) || listener->count == 0) {
        return 0;
    }
    if (shs_clock_now() - listener->probed_at > PROBE_EVERY) {
        probe(listener);
    }
    return atomic_load(&listener->shared->heard.stranger) != 0;
}

/* Looks who the masters are; begins anew with others. Returns 0 and *reason if
 * nobody can be listened to. */
static int look(listener_t *listener, const char **reason)
{
    shs_route_t routes[SHS_ROSTER_MAX];
    apr_uint64_t layout = 0;
    apr_time_t known_at = shs_topology_known_at(listener->topology, &layout);
    int has_moved = shs_layout_note(&listener->layout, layout, shs_clock_now(),
                                    listener->watch->lease);
    apr_pool_t *p;
    int count, i;

    listener->known_at = known_at;
    if (shs_clock_now() - known_at > 2 * listener->watch->lease / PART) {
        shs_topology_suspect(listener->topology);
    }
    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    count = shs_roster_find(routes, listener->topology,
                            shs_clock_now() + listener->timeout, p);
    apr_pool_destroy(p);
    listener->looked_at = shs_clock_now();
    if (count > 0 && is_same(listener, routes, count)
        && !is_replaced(listener)) {
        for (i = 0; i < count; ++i) {
            shs_topology_leave(listener->topology, &routes[i]);
        }
        /* Before anything is told of the time since. */
        if (has_moved) {
            listener->watch->flushed(listener->watch->baton);
        }
        publish(listener); /* one that was deposed may have taken it back */
        return 1;
    }
    set_sources(listener, routes, count);
    *reason = "no server is known that could be listened to";
    return count > 0 && open_feeds(listener, reason);
}

/* When the sign of life was asked for that all of them, who were all there
 * were, have given. */
static apr_time_t lively_at(const listener_t *listener)
{
    apr_time_t at = listener->known_at;
    int i;

    for (i = 0; i < listener->count; ++i) {
        if (listener->sources[i].feed.lively_at < at) {
            at = listener->sources[i].feed.lively_at;
        }
    }
    return at;
}

/* Why one of them gives no sign of life, though it answers; NULL: all do. */
static const char *why_busy(const listener_t *listener)
{
    int i = 0;

    while (i < listener->count && !listener->sources[i].feed.busy) {
        ++i;
    }
    return i < listener->count ? listener->sources[i].feed.busy : NULL;
}

static int hear_all(listener_t *listener, const char **reason)
{
    apr_time_t now = shs_clock_now();
    int i;

    for (i = 0; i < listener->count; ++i) {
        shs_feed_t *feed = &listener->sources[i].feed;
        shs_conn_status_t status = shs_feed_hear(feed, reason);

        if (status == SHS_CONN_REFUSED) {
            listener->again_at = now + LONG_REST;
        }
        if (status != SHS_CONN_OK) {
            return 0;
        }
        if (feed->asked_at != 0
            && now - feed->asked_at > listener->watch->lease) {
            *reason = "it gives no sign of life";
            return 0;
        }
        if (now - feed->lively_at > listener->watch->lease / PART
            && shs_feed_ask(feed, shs_clock_now(), reason) != SHS_CONN_OK) {
            return 0;
        }
    }
    return 1;
}

/* One turn: waits for news, hears them, asks for signs of life. */
static int turn(listener_t *listener, const char **reason)
{
    const shs_epoch_t *epoch = &listener->shared->master.epoch;
    shs_conn_t *conns[SHS_ROSTER_MAX] = { NULL };
    const char *why;
    apr_time_t at;
    int i;

    for (i = 0; i < listener->count; ++i) {
        conns[i] = listener->sources[i].feed.conn;
    }
    shs_conn_wait(conns, listener->count, shs_clock_now() + TURN);
    if (!hear_all(listener, reason)) {
        return 0;
    }
    at = lively_at(listener);
    if (at != 0) {
        listener->watch->lively(listener->watch->baton, at);
    }
    why = shs_epoch_explain(epoch, why_busy(listener));
    if (at != 0 || why) {
        listener->watch->silent(listener->watch->baton, why);
    }
    return 1;
}

/* Listens until it is not its turn any more, or something fails. */
static void listen_on(listener_t *listener)
{
    const char *reason = NULL;
    int is_well = look(listener, &reason);

    while (is_well && is_elected(listener)) {
        is_well = turn(listener, &reason)
                  && (shs_clock_now() - listener->looked_at
                          < listener->watch->lease / PART
                      || look(listener, &reason));
    }
    if (!is_well) {
        listener->watch->silent(
            listener->watch->baton,
            shs_epoch_explain(&listener->shared->master.epoch, reason));
    }
    drop_sources(listener);
}

static void *run(void *data)
{
    listener_t *listener = data;
    const shs_watch_t *watch = listener->watch;

    shs_halt_obey(shs_topology_halt(listener->topology));
    while (!shs_halt_is_due()) {
        listener->term = watch->elected(watch->baton, shs_clock_now());
        if (listener->term != 0 && shs_clock_now() >= listener->again_at) {
            listen_on(listener);
        }
        rest();
    }
    return NULL;
}

static apr_status_t stop(void *data)
{
    listener_t *listener = data;

    shs_halt_set(shs_topology_halt(listener->topology));
    pthread_join(listener->thread, NULL);
    return APR_SUCCESS;
}

int shs_listener_start(shs_topology_t *topology, shs_shared_t *shared,
                       const shs_watch_t *watch, apr_interval_time_t timeout,
                       apr_pool_t *pchild)
{
    listener_t *listener = calloc(1, sizeof(*listener));

    if (!listener) {
        return 0;
    }
    listener->topology = topology;
    listener->shared = shared;
    listener->watch = watch;
    listener->timeout = timeout;
    if (!shs_thread_start(&listener->thread, run, listener)) {
        free(listener);
        return 0;
    }
    listener->next = all;
    all = listener;
    apr_pool_cleanup_register(pchild, listener, stop, apr_pool_cleanup_null);
    return 1;
}
