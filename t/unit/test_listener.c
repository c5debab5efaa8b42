/* SPDX-License-Identifier: Apache-2.0
 *
 * listener: what it tells while the masters answer and those who know who the
 * masters are do not, or say otherwise. What comes over one connection:
 * test_feed.
 */
#include "redis/listener.h"

#include <stdatomic.h>
#include <unistd.h>

#include "actor.h"
#include "redis/identity.h"
#include "redis/slot.h"
#include "rig.h"
#include "session/octets.h"
#include "store/clock.h"
#include "unit.h"

#define SUBSCRIBED \
    "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n"
#define PONG "*2\r\n$4\r\npong\r\n$0\r\n\r\n"

/* It asks for a sign of life every eighth of it. */
#define LEASE (400 * 1000)

/* So many signs of life would have renewed any lease. */
#define MANY 10

/* --------------------------------------------------------------- the watch */

static _Atomic apr_int64_t lively_until; /* the latest that was told */
static _Atomic int flushes;
static _Atomic apr_int64_t moved_at; /* 0: nothing has */
static _Atomic int flushes_then;    /* when it was told of the time since; -1 */
static _Atomic apr_uint32_t source; /* the last of those listened to; 0: none */
static _Atomic int source_count;

static void on_changed(void *baton, shs_octets_t key)
{
    (void)baton;
    (void)key;
}

static void on_flushed(void *baton)
{
    (void)baton;
    ++flushes;
}

static void on_lively(void *baton, apr_time_t at)
{
    (void)baton;
    if (moved_at != 0 && at > moved_at && flushes_then < 0) {
        flushes_then = flushes;
    }
    if (at > lively_until) {
        lively_until = at;
    }
}

static void on_listening(void *baton, const apr_uint32_t *sources, int count)
{
    (void)baton;
    source = count > 0 ? sources[count - 1] : 0;
    source_count = count;
}

static apr_uint32_t is_candidate; /* for this term; 0: it is not elected */
static _Atomic int polls;

static apr_uint32_t on_elected(void *baton, apr_time_t now)
{
    (void)baton;
    (void)now;
    ++polls;
    return is_candidate;
}

static const char *_Atomic silent_because;

static void on_silent(void *baton, const char *reason)
{
    (void)baton;
    silent_because = reason;
}

static const shs_watch_t watch = {
    .lease = LEASE,
    .changed = on_changed,
    .flushed = on_flushed,
    .lively = on_lively,
    .listening = on_listening,
    .elected = on_elected,
    .silent = on_silent,
};

/* ------------------------------------------------------------- the servers */

/* A Sentinel s that names master x, which another, y, may follow. Or members x
 * and y of a cluster. */
static actor_t *s, *x, *y;
static int slot_of_x, slot_of_y;
static rig_t *rig;
static apr_pool_t *pchild;

static void tell_masters(const actor_t *of_x, const actor_t *of_y)
{
    const actor_range_t ranges[] = {
        { slot_of_x, slot_of_x + 31, of_x, NULL },
        { slot_of_y, slot_of_y + 31, of_y, NULL },
    };

    actor_tells_slots(x, ranges, 2);
    actor_tells_slots(y, ranges, 2);
}

static void tell_state(const char *state)
{
    actor_tells_state(x, state, 5);
    actor_tells_state(y, state, 5);
}

static const char *info_of(const char *name)
{
    return apr_psprintf(p, "$%d\r\nrun_id:%s\r\n\r\n", (int)strlen(name) + 9,
                        name);
}

static actor_t *start_master(const char *name)
{
    actor_t *master = actor_start(name);

    actor_says(master, "CLIENT ID", ":42\r\n");
    actor_says(master, "INFO", info_of(name));
    actor_says(master, "SUBSCRIBE", SUBSCRIBED);
    actor_says(master, "PING", PONG);
    return master;
}

static void open_stage(void)
{
    s = actor_start("s");
    x = start_master("x");
    y = start_master("y");
    actor_names_master(s, x, 1);
    slot_of_x = 32;
    slot_of_y = 9600;
    tell_masters(x, y);
    tell_state("ok");
    lively_until = 0;
    flushes = 0;
    moved_at = 0;
    flushes_then = -1;
    source = 0;
    is_candidate = 1;
}

/* As it is when a child ends. */
static void close_stage(void)
{
    if (pchild) {
        apr_pool_destroy(pchild);
    }
    actor_stop(s);
    actor_stop(x);
    actor_stop(y);
}

static void listen_to(const char *url, const char *options)
{
    rig = rig_create(url, options, NULL);
    apr_pool_create(&pchild, p);
    ck_assert(shs_listener_start(rig->client.topology, rig->shared, &watch,
                                 rig->endpoint->timeout, pchild));
}

/* One that hangs is given up soon. */
#define BRISK "connect-timeout=50ms timeout=100ms"

/* None hangs: what a busy machine is late with is waited for. */
#define PATIENT "connect-timeout=20s timeout=20s"

/* The second Sentinel is dead. */
static void listen_to_sentinels(void)
{
    listen_to(apr_psprintf(p, "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d/m",
                           actor_port(s), actor_refusing_port()),
              BRISK);
}

static void listen_to_cluster(void)
{
    listen_to(apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(x)),
              BRISK);
}

/* Waits until it is told that all was heard of that is older than this moment.
 */
static void await_life(void)
{
    apr_time_t since = shs_clock_now();
    apr_time_t until = since + apr_time_from_sec(20);

    while (lively_until <= since) {
        ck_assert_msg(shs_clock_now() < until, "it tells of no sign of life");
        usleep(1000);
    }
}

/* While a master answers on and on nothing later than that is told. */
static void ck_no_life_after(apr_time_t at, actor_t *master)
{
    actor_await(master, "PING", actor_asked(master, "PING") + MANY);
    ck_assert_msg(lively_until <= at, "%d ms more were told than is known",
                  (int)((lively_until - at) / 1000));
}

static apr_uint32_t number_of(const char *name)
{
    const char *text = apr_psprintf(p, "run_id:%s\r\n", name);
    shs_reply_t reply = { .kind = SHS_REPLY_STRING,
                          .text = shs_octets_of(text) };

    return shs_identity_read(&reply);
}

/* -------------------------------------------------------------- Sentinels */

static const struct {
    const char *reply; /* NULL: another child has heard of a failover */
    const char *why;
} silences[] = {
    { actor_stall, "the Sentinel hangs" },
    { actor_close, "it ends" },
    { "-ERR x\r\n", "it knows nothing any more" },
    { NULL, "it has not heard of a failover" },
};

START_TEST(listener__promises_no_more_than_the_sentinels_confirm)
{
    apr_uint64_t layout;

    listen_to_sentinels();
    await_life();
    ck_assert_uint_eq(source, number_of("x"));
    if (silences[_i].reply) {
        actor_says(s, "SENTINEL", silences[_i].reply);
    }
    else {
        rig->shared->master.epoch.known = 9;
        ck_assert_int_eq(shs_topology_known_at(rig->client.topology, &layout),
                         0);
    }
    ck_no_life_after(shs_clock_now(), x);
    ck_assert_int_eq(!silences[_i].reply,
                     silent_because
                         && strstr(silent_because, "the last failover"));
    /* And it goes on when they do. */
    actor_names_master(s, x, 10);
    await_life();
}
END_TEST

/* The old one answers all the time. */
START_TEST(listener__turns_to_the_master_that_is_named)
{
    int before;

    listen_to_sentinels();
    await_life();
    before = flushes;
    actor_names_master(s, y, 2);
    actor_await(y, "PING", MANY);
    ck_assert_uint_eq(source, number_of("y"));
    ck_assert_int_gt(flushes, before);
    await_life();
}
END_TEST

/* ---------------------------------------------------------------- cluster */

START_TEST(listener__hears_every_master_of_a_cluster)
{
    listen_to_cluster();
    await_life();
    ck_assert_int_eq(source_count, 2);
    actor_says(_i ? x : y, "PING", actor_stall);
    ck_no_life_after(shs_clock_now(), _i ? y : x);
    actor_says(_i ? x : y, "PING", PONG);
    await_life();
}
END_TEST

/* Each is cut off from the rest, and may have a successor that nobody sees. */
START_TEST(listener__promises_nothing_by_masters_that_are_cut_off)
{
    listen_to_cluster();
    await_life();
    tell_state("fail");
    ck_no_life_after(shs_clock_now(), x);
    ck_assert_int_eq(source_count, 2);
    tell_state("ok");
    await_life();
}
END_TEST

START_TEST(listener__says_that_members_tell_a_lower_epoch)
{
    listen_to_cluster();
    await_life();
    actor_tells_state(x, "ok", 4);
    actor_says(y, "CLUSTER", "-ERR x\r\n");
    ck_no_life_after(shs_clock_now(), x);
    ck_assert_ptr_nonnull(silent_because);
    ck_assert_msg(strstr(silent_because, "tell a lower epoch"), "%s",
                  silent_because);
    actor_tells_state(x, "ok", 5);
    await_life();
    ck_assert_ptr_null(silent_because);
}
END_TEST

START_TEST(listener__promises_nothing_while_no_member_tells_its_slots)
{
    listen_to_cluster();
    await_life();
    actor_says(x, "CLUSTER", silences[_i].reply);
    actor_says(y, "CLUSTER", silences[_i].reply);
    ck_no_life_after(shs_clock_now(), x);
}
END_TEST

START_TEST(listener__does_without_cluster_info)
{
    actor_says(x, "CLUSTER INFO", "-NOPERM x\r\n");
    actor_says(y, "CLUSTER INFO", "-NOPERM x\r\n");
    listen_to_cluster();
    await_life();
}
END_TEST

/* Until nothing is dropped any more in three leases. */
static int await_calm(void)
{
    apr_time_t until = shs_clock_now() + apr_time_from_sec(20);
    int before;

    do {
        apr_time_t since = shs_clock_now();

        before = flushes;
        while (lively_until < since + 3 * LEASE) {
            ck_assert_msg(shs_clock_now() < until, "it drops on and on");
            usleep(1000);
        }
    } while (flushes > before);
    return before;
}

/* A master that has lost the slots may give what it still has until it hears of
 * it. */
static void ck_everything_is_dropped(int before)
{
    flushes_then = -1;
    moved_at = shs_clock_now();
    await_life();
    ck_assert_int_gt(flushes_then, before);
    ck_assert_int_gt(await_calm(), before + 1);
}

/* The masters are the same, and none of them tells what went with a slot. */
START_TEST(listener__drops_everything_when_slots_change_hands)
{
    const actor_range_t ranges[] = {
        { slot_of_x, slot_of_x + 31, x, NULL },
        { slot_of_y, slot_of_y + 30, y, NULL },
        { slot_of_y + 31, slot_of_y + 31, x, NULL },
    };
    int before;

    listen_to_cluster();
    await_life();
    before = await_calm();
    ck_assert_int_eq(source_count, 2);
    actor_tells_slots(x, ranges, 3);
    actor_tells_slots(y, ranges, 3);
    ck_everything_is_dropped(before);
    ck_assert_int_eq(source_count, 2);
}
END_TEST

/* The slot has gone and come back between two looks. */
START_TEST(listener__drops_everything_in_another_epoch)
{
    int before;

    listen_to_cluster();
    await_life();
    before = await_calm();
    actor_tells_state(x, "ok", 6);
    actor_tells_state(y, "ok", 6);
    ck_everything_is_dropped(before);
}
END_TEST

/* ---------------------------------------------------------- a single server */

static void listen_to_one(void)
{
    listen_to(apr_psprintf(p, "redis://127.0.0.1:%d", actor_port(x)), PATIENT);
}

/* It looks every ten seconds. */
static void await_source(const char *name)
{
    apr_time_t until = shs_clock_now() + apr_time_from_sec(40);

    while (source != number_of(name)) {
        ck_assert_msg(shs_clock_now() < until, "%s is not listened to", name);
        usleep(1000);
    }
}

/* Another has its address, and it goes on giving signs of life. A request's new
 * connection has found it. */
START_TEST(listener__turns_to_the_server_that_a_request_has_found)
{
    int before;

    listen_to_one();
    await_life();
    ck_assert_uint_eq(source, number_of("x"));
    ck_assert_uint_eq(rig->shared->heard.identity, number_of("x"));
    before = flushes;
    actor_says(x, "INFO", info_of("z"));
    rig->shared->heard.stranger = number_of("z");
    await_source("z");
    ck_assert_int_gt(flushes, before);
    ck_assert_uint_eq(rig->shared->heard.stranger, 0);
    await_life();
}
END_TEST

/* No request needs a connection: it looks by itself. */
START_TEST(listener__looks_who_is_there)
{
    listen_to_one();
    await_life();
    actor_says(x, "INFO", info_of("z"));
    await_source("z");
}
END_TEST

START_TEST(listener__is_told_who_it_listens_to_in_time)
{
    listen_to_one();
    await_life();
    ck_assert_int_eq(rig->shared->heard.is_any, 1);
    /* One that was deposed long ago has woken up. */
    rig->shared->heard.is_any = 0;
    await_life();
    await_life();
    ck_assert_int_eq(rig->shared->heard.is_any, 1);
    is_candidate = 0;
    while (rig->shared->heard.is_any) {
        usleep(1000);
    }
}
END_TEST

/* A service that closes the connection at what it does not know. */
START_TEST(listener__does_not_ask_again_and_again_a_service_that_closes)
{
    actor_says(x, "CLIENT TRACKING", actor_close);
    listen_to_one();
    actor_await(x, "CLIENT TRACKING", 2);
    /* It would have asked four times a second. */
    rig_await(shs_clock_now() + 1500 * 1000);
    ck_assert_int_eq(actor_asked(x, "CLIENT TRACKING"), 2);
}
END_TEST

/* It answers, and will be well. */
START_TEST(listener__asks_again_soon_a_server_that_is_not_ready)
{
    static const char *const replies[] = { "-LOADING x\r\n", "-BUSY x\r\n",
                                           "-MASTERDOWN x\r\n" };

    actor_says(x, "PING", replies[_i]);
    listen_to_one();
    actor_await(x, "PING", 4);
    ck_assert_ptr_nonnull(silent_because);
    ck_assert(strstr(silent_because, _i == 0   ? "LOADING"
                                     : _i == 1 ? "BUSY"
                                               : "MASTERDOWN"));
    actor_says(x, "PING", PONG);
    await_life();
    ck_assert_ptr_null(silent_because);
}
END_TEST

/* -------------------------------------------------------------- the office */

/* It was late, another was elected, and then it was again: whom it listens to
 * it has told in its former term, which counts no more. */
START_TEST(listener__begins_anew_when_it_is_elected_anew)
{
    int before;

    listen_to_one();
    await_life();
    ck_assert_int_eq(actor_asked(x, "SUBSCRIBE"), 1);
    before = flushes;
    is_candidate = 2;
    actor_await(x, "SUBSCRIBE", 2);
    await_life();
    ck_assert_int_gt(flushes, before);
    await_source("x");
    ck_assert_int_eq(actor_asked(x, "SUBSCRIBE"), 2);
}
END_TEST

/* ------------------------------------------------------------------ the end */

/* A child that ends while its listener, or a renewal, is at this. Each would
 * take the timeout, half a minute, but those that sleep for a moment. */
static const struct {
    const char *scheme;
    const char *path;
    const char *stalls; /* what is not answered */
    int is_candidate;
    int times; /* so often, for a moment would pass unnoticed */
    const char *why;
} ends[] = {
    { "redis", "", NULL, 0, 20, "it is not elected, and rests" },
    { "redis", "", NULL, 1, 20, "it listens" },
    { "redis", "", "CLIENT", 1, 1, "the master does not answer" },
    { "redis", "", "SUBSCRIBE", 1, 1, "nor to the last question" },
    { "redis+sentinel", "/m", "SENTINEL", 1, 1,
      "the Sentinel does not answer, and it waits for that" },
    { "redis+cluster", "", "CLUSTER", 1, 1, "a member likewise" },
    { "redis+cluster", "", "CLUSTER", 0, 1,
      "the same, while it is not elected and does not wait" },
};

static void begin_to_wait(const char *stalls, actor_t *asked)
{
    if (!stalls) {
        if (is_candidate) {
            await_life();
        }
        while (polls < 1) {
            usleep(1000);
        }
        return;
    }
    if (!is_candidate) {
        shs_topology_suspect(rig->client.topology);
    }
    actor_await(asked, stalls, 1);
}

static apr_interval_time_t time_end(const char *url, const char *stalls,
                                    actor_t *asked)
{
    apr_time_t began;

    if (stalls) {
        actor_says(asked, stalls, actor_stall);
    }
    apr_pool_create(&pchild, p);
    rig = rig_create_in(url, "connect-timeout=30s timeout=30s", NULL, pchild);
    polls = 0;
    ck_assert(shs_listener_start(rig->client.topology, rig->shared, &watch,
                                 rig->endpoint->timeout, pchild));
    begin_to_wait(stalls, asked);
    began = shs_clock_now();
    apr_pool_destroy(pchild);
    pchild = NULL;
    return shs_clock_now() - began;
}

START_TEST(listener__ends_at_once_whatever_it_waits_for)
{
    apr_interval_time_t took = 0;
    actor_t *asked = *ends[_i].path ? s : x;
    const char *url = apr_psprintf(p, "%s://127.0.0.1:%d%s", ends[_i].scheme,
                                   actor_port(asked), ends[_i].path);
    int n;

    is_candidate = ends[_i].is_candidate;
    for (n = 0; n < ends[_i].times; n++) {
        took += time_end(url, ends[_i].stalls, asked);
    }
    ck_assert_msg(took < (200 + unit_slack_ms()) * (apr_time_t)1000,
                  "%s: %d times took %d ms", ends[_i].why, ends[_i].times,
                  (int)(took / 1000));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, listener__begins_anew_when_it_is_elected_anew);
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_loop_test(tc,
                        listener__promises_no_more_than_the_sentinels_confirm,
                        0, ROWS(silences));
    tcase_add_test(tc, listener__turns_to_the_master_that_is_named);
    tcase_add_loop_test(tc, listener__hears_every_master_of_a_cluster, 0, 2);
    tcase_add_test(tc, listener__promises_nothing_by_masters_that_are_cut_off);
    tcase_add_test(tc, listener__says_that_members_tell_a_lower_epoch);
    tcase_add_loop_test(
        tc, listener__promises_nothing_while_no_member_tells_its_slots, 0,
        ROWS(silences) - 1);
    tcase_add_test(tc, listener__does_without_cluster_info);
    tcase_add_test(tc, listener__drops_everything_when_slots_change_hands);
    tcase_add_test(tc, listener__drops_everything_in_another_epoch);
    tcase_add_test(tc, listener__turns_to_the_server_that_a_request_has_found);
    tcase_add_test(tc, listener__looks_who_is_there);
    tcase_add_test(tc, listener__is_told_who_it_listens_to_in_time);
    tcase_add_test(
        tc, listener__does_not_ask_again_and_again_a_service_that_closes);
    tcase_add_loop_test(
        tc, listener__asks_again_soon_a_server_that_is_not_ready, 0, 3);
    tcase_add_loop_test(tc, listener__ends_at_once_whatever_it_waits_for, 0,
                        ROWS(ends));
}

int main(void)
{
    return unit_main("listener", add);
}
