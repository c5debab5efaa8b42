/* SPDX-License-Identifier: Apache-2.0
 *
 * tracker: what it reports while the masters reply, and the Sentinels or the
 * cluster do not, or name other masters. What comes over one connection:
 * test_subscription.
 */
#include "redis/tracking/tracker.h"

#include <stdatomic.h>

#include "redis/connection/run_id.h"
#include "redis/protocol/slot.h"
#include "stage.h"
#include "base/octets.h"
#include "base/clock.h"
#include "unit.h"

#define SUBSCRIBED \
    "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n"
#define PONG "*2\r\n$4\r\npong\r\n$0\r\n\r\n"

/* A heartbeat is requested every eighth of it. */
#define LEASE (400 * 1000)

/* So many heartbeats would have extended any lease. */
#define MANY 10

/* ---------------------------------------------------------------- the sink */

static _Atomic apr_int64_t alive_until; /* the latest heartbeat */
static _Atomic int flushes;
static _Atomic apr_int64_t slots_moved_at; /* 0: none has */
static _Atomic int flushes_then; /* flushes at the first heartbeat after that;
                                  * -1 */
static _Atomic apr_uint32_t
    tracked; /* the last of the tracked servers; 0: none */
static _Atomic int tracked_count;

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

static void on_alive(void *baton, apr_time_t at)
{
    (void)baton;
    if (slots_moved_at != 0 && at > slots_moved_at && flushes_then < 0) {
        flushes_then = flushes;
    }
    if (at > alive_until) {
        alive_until = at;
    }
}

static void on_servers(void *baton, const apr_uint32_t *servers, int count)
{
    (void)baton;
    tracked = count > 0 ? servers[count - 1] : 0;
    tracked_count = count;
}

static apr_uint32_t term; /* in which the tracker is the leader; 0: in none */
static _Atomic int polls;

static apr_uint32_t on_leader(void *baton, apr_time_t now)
{
    (void)baton;
    (void)now;
    ++polls;
    return term;
}

static const char *_Atomic down_reason;

static void on_down(void *baton, const char *reason)
{
    (void)baton;
    down_reason = reason;
}

static const shs_invalidation_sink_t sink = {
    .lease = LEASE,
    .invalidate = on_changed,
    .flush = on_flushed,
    .extend_lease = on_alive,
    .set_servers = on_servers,
    .lead = on_leader,
    .set_down = on_down,
};

/* ------------------------------------------------------------- the servers */

/* The Sentinel s, its master x and the other server y are the stage's. x and y
 * are also members of a cluster. */
static int slot_of_x, slot_of_y;
static rig_t *rig;
static apr_pool_t *pchild;

static void set_masters(const actor_t *of_x, const actor_t *of_y)
{
    const actor_range_t ranges[] = {
        { slot_of_x, slot_of_x + 31, of_x, NULL },
        { slot_of_y, slot_of_y + 31, of_y, NULL },
    };

    actor_set_slots(x, ranges, 2);
    actor_set_slots(y, ranges, 2);
}

static void set_state(const char *state)
{
    actor_set_state(x, state, 5);
    actor_set_state(y, state, 5);
}

static const char *info_of(const char *name)
{
    return apr_psprintf(p, "$%d\r\nrun_id:%s\r\n\r\n", (int)strlen(name) + 9,
                        name);
}

static void allow_tracking(actor_t *master, const char *name)
{
    actor_replies(master, "CLIENT ID", ":42\r\n");
    actor_replies(master, "INFO", info_of(name));
    actor_replies(master, "SUBSCRIBE", SUBSCRIBED);
    actor_replies(master, "PING", PONG);
}

static void open_stage(void)
{
    stage_start_sentinel();
    allow_tracking(x, "x");
    allow_tracking(y, "y");
    slot_of_x = 32;
    slot_of_y = 9600;
    set_masters(x, y);
    set_state("ok");
    alive_until = 0;
    flushes = 0;
    slots_moved_at = 0;
    flushes_then = -1;
    tracked = 0;
    term = 1;
}

/* As when a child ends. */
static void close_stage(void)
{
    if (pchild) {
        apr_pool_destroy(pchild);
    }
    stage_stop_sentinel();
}

static void track(const char *url, const char *options)
{
    rig = rig_create(url, options, NULL);
    apr_pool_create(&pchild, p);
    ck_assert(shs_tracker_start(rig->client.topology, rig->host_state, &sink,
                                rig->endpoint->timeout, pchild));
}

/* A server that hangs delays the test for a short time. */
#define BRISK "connect-timeout=50ms timeout=100ms"

/* No server hangs, and a busy machine has time to reply. */
#define PATIENT "connect-timeout=20s timeout=20s"

/* The second Sentinel is dead. */
static void track_sentinels(void)
{
    track(apr_psprintf(p, "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d/m",
                       actor_port(s), actor_refusing_port()),
          BRISK);
}

static void track_cluster(void)
{
    track(apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(x)),
          BRISK);
}

/* Waits for a heartbeat that was requested after this moment. */
static void await_heartbeat(void)
{
    apr_time_t since = shs_clock_now();

    unit_await(alive_until > since, "there is no heartbeat");
}

/* The master goes on replying, and no later heartbeat is reported. */
static void ck_no_heartbeat_after(apr_time_t at, actor_t *master)
{
    actor_await(master, "PING", actor_received(master, "PING") + MANY);
    ck_assert_msg(alive_until <= at, "the heartbeat is %d ms too late",
                  (int)((alive_until - at) / 1000));
}

static apr_uint32_t run_id_of(const char *name)
{
    const char *text = apr_psprintf(p, "run_id:%s\r\n", name);
    shs_reply_t reply = { .kind = SHS_REPLY_STRING,
                          .text = shs_octets_of(text) };

    return shs_run_id_parse(&reply);
}

/* --------------------------------------------------------------- Sentinels */

static const struct {
    const char *reply; /* NULL: another child knows of a failover */
    const char *why;
} failures[] = {
    { actor_stall, "the Sentinel hangs" },
    { actor_close, "it closes" },
    { "-ERR x\r\n", "it replies with an error" },
    { NULL, "it does not know of a failover" },
};

START_TEST(tracker__extends_the_lease_no_further_than_sentinels_confirm)
{
    apr_uint64_t layout;

    track_sentinels();
    await_heartbeat();
    ck_assert_uint_eq(tracked, run_id_of("x"));
    if (failures[_i].reply) {
        actor_replies(s, "SENTINEL", failures[_i].reply);
    }
    else {
        rig->host_state->master.epoch.known = 9;
        ck_assert_int_eq(shs_topology_known_at(rig->client.topology, &layout),
                         0);
    }
    ck_no_heartbeat_after(shs_clock_now(), x);
    ck_assert_int_eq(!failures[_i].reply,
                     down_reason && strstr(down_reason, "the last failover"));
    /* It continues when they reply. */
    actor_set_master(s, x, 10);
    await_heartbeat();
}
END_TEST

/* The old master goes on replying. */
START_TEST(tracker__follows_a_failover)
{
    int before;

    track_sentinels();
    await_heartbeat();
    before = flushes;
    stage_fail_over();
    actor_await(y, "PING", MANY);
    ck_assert_uint_eq(tracked, run_id_of("y"));
    ck_assert_int_gt(flushes, before);
    await_heartbeat();
}
END_TEST

/* ----------------------------------------------------------------- cluster */

START_TEST(tracker__needs_every_master_of_a_cluster)
{
    track_cluster();
    await_heartbeat();
    ck_assert_int_eq(tracked_count, 2);
    actor_replies(_i ? x : y, "PING", actor_stall);
    ck_no_heartbeat_after(shs_clock_now(), _i ? y : x);
    actor_replies(_i ? x : y, "PING", PONG);
    await_heartbeat();
}
END_TEST

/* Each is cut off from the rest, and may have a successor that is not known. */
START_TEST(tracker__does_not_trust_masters_that_are_cut_off)
{
    track_cluster();
    await_heartbeat();
    set_state("fail");
    ck_no_heartbeat_after(shs_clock_now(), x);
    ck_assert_int_eq(tracked_count, 2);
    set_state("ok");
    await_heartbeat();
}
END_TEST

START_TEST(tracker__reports_that_members_have_a_lower_epoch)
{
    track_cluster();
    await_heartbeat();
    actor_set_state(x, "ok", 4);
    actor_replies(y, "CLUSTER", "-ERR x\r\n");
    ck_no_heartbeat_after(shs_clock_now(), x);
    ck_assert_ptr_nonnull(down_reason);
    ck_assert_msg(strstr(down_reason, "a lower epoch"), "%s", down_reason);
    actor_set_state(x, "ok", 5);
    await_heartbeat();
    ck_assert_ptr_null(down_reason);
}
END_TEST

START_TEST(tracker__does_not_trust_masters_while_no_member_replies)
{
    track_cluster();
    await_heartbeat();
    actor_replies(x, "CLUSTER", failures[_i].reply);
    actor_replies(y, "CLUSTER", failures[_i].reply);
    ck_no_heartbeat_after(shs_clock_now(), x);
}
END_TEST

START_TEST(tracker__works_without_cluster_info)
{
    actor_replies(x, "CLUSTER INFO", "-NOPERM x\r\n");
    actor_replies(y, "CLUSTER INFO", "-NOPERM x\r\n");
    track_cluster();
    await_heartbeat();
}
END_TEST

/* Until there is no flush in three leases. */
static int await_calm(void)
{
    int before;

    do {
        apr_time_t since = shs_clock_now();

        before = flushes;
        unit_await(alive_until >= since + 3 * LEASE, "there is no heartbeat");
    } while (flushes > before);
    return before;
}

/* A master that has lost the slots may send its old data until it learns of
 * it. */
static void ck_flushes(int before)
{
    flushes_then = -1;
    slots_moved_at = shs_clock_now();
    await_heartbeat();
    ck_assert_int_gt(flushes_then, before);
    ck_assert_int_gt(await_calm(), before + 1);
}

/* The masters are the same, and no master sends invalidations for a slot. */
START_TEST(tracker__flushes_when_slots_move)
{
    const actor_range_t ranges[] = {
        { slot_of_x, slot_of_x + 31, x, NULL },
        { slot_of_y, slot_of_y + 30, y, NULL },
        { slot_of_y + 31, slot_of_y + 31, x, NULL },
    };
    int before;

    track_cluster();
    await_heartbeat();
    before = await_calm();
    ck_assert_int_eq(tracked_count, 2);
    actor_set_slots(x, ranges, 3);
    actor_set_slots(y, ranges, 3);
    ck_flushes(before);
    ck_assert_int_eq(tracked_count, 2);
}
END_TEST

/* The slot moved and came back between two checks. */
START_TEST(tracker__flushes_in_another_epoch)
{
    int before;

    track_cluster();
    await_heartbeat();
    before = await_calm();
    actor_set_state(x, "ok", 6);
    actor_set_state(y, "ok", 6);
    ck_flushes(before);
}
END_TEST

/* --------------------------------------------------------- a single server */

static void track_single(void)
{
    track(apr_psprintf(p, "redis://127.0.0.1:%d", actor_port(x)), PATIENT);
}

/* It probes every ten seconds. */
static void await_tracked(const char *name)
{
    unit_await(tracked == run_id_of(name), "%s is not tracked", name);
}

/* Another server has the address, and goes on giving heartbeats. A request's
 * new connection has found it. */
START_TEST(tracker__follows_the_server_that_a_request_has_found)
{
    int before;

    track_single();
    await_heartbeat();
    ck_assert_uint_eq(tracked, run_id_of("x"));
    ck_assert_uint_eq(rig->host_state->tracking.run_id, run_id_of("x"));
    before = flushes;
    actor_replies(x, "INFO", info_of("z"));
    rig->host_state->tracking.other_run_id = run_id_of("z");
    await_tracked("z");
    ck_assert_int_gt(flushes, before);
    ck_assert_uint_eq(rig->host_state->tracking.other_run_id, 0);
    await_heartbeat();
}
END_TEST

/* No request opens a connection: the tracker probes. */
START_TEST(tracker__probes_for_another_server)
{
    track_single();
    await_heartbeat();
    actor_replies(x, "INFO", info_of("z"));
    await_tracked("z");
}
END_TEST

START_TEST(tracker__publishes_the_tracked_server)
{
    track_single();
    await_heartbeat();
    ck_assert_int_eq(rig->host_state->tracking.is_active, 1);
    /* A tracker that was deposed long ago has woken up. */
    rig->host_state->tracking.is_active = 0;
    await_heartbeat();
    await_heartbeat();
    ck_assert_int_eq(rig->host_state->tracking.is_active, 1);
    term = 0;
    unit_await(!rig->host_state->tracking.is_active, "it is still active");
}
END_TEST

/* A service that closes the connection at an unknown command. */
START_TEST(tracker__backs_off_from_a_service_that_closes)
{
    actor_replies(x, "CLIENT TRACKING", actor_close);
    track_single();
    actor_await(x, "CLIENT TRACKING", 2);
    /* Otherwise it would retry four times a second. */
    unit_let_pass(shs_clock_now() + 1500 * 1000);
    ck_assert_int_eq(actor_received(x, "CLIENT TRACKING"), 2);
}
END_TEST

/* It replies, and will recover. */
START_TEST(tracker__retries_soon_a_server_that_is_not_ready)
{
    static const char *const replies[] = { "-LOADING x\r\n", "-BUSY x\r\n",
                                           "-MASTERDOWN x\r\n" };

    actor_replies(x, "PING", replies[_i]);
    track_single();
    actor_await(x, "PING", 4);
    ck_assert_ptr_nonnull(down_reason);
    ck_assert(strstr(down_reason, _i == 0   ? "LOADING"
                                  : _i == 1 ? "BUSY"
                                            : "MASTERDOWN"));
    actor_replies(x, "PING", PONG);
    await_heartbeat();
    ck_assert_ptr_null(down_reason);
}
END_TEST

/* ---------------------------------------------------------- the leadership */

/* The tracker was late, another one became the leader, and then it did again.
 * The servers that it set are of its former term and count no more. */
START_TEST(tracker__begins_anew_when_it_leads_again)
{
    int before;

    track_single();
    await_heartbeat();
    ck_assert_int_eq(actor_received(x, "SUBSCRIBE"), 1);
    before = flushes;
    term = 2;
    actor_await(x, "SUBSCRIBE", 2);
    await_heartbeat();
    ck_assert_int_gt(flushes, before);
    await_tracked("x");
    ck_assert_int_eq(actor_received(x, "SUBSCRIBE"), 2);
}
END_TEST

/* ----------------------------------------------------------------- the end */

/* A child that ends while its tracker or a refresh waits. Without a halt each
 * would take the timeout, half a minute, except for the short sleeps. */
static const struct {
    const char *scheme;
    const char *path;
    const char *stalls; /* the command without a reply */
    apr_uint32_t term;  /* 0: it is not the leader */
    int times;          /* so often, because a moment would pass unnoticed */
    const char *why;
} ends[] = {
    { "redis", "", NULL, 0, 20, "it is not the leader, and rests" },
    { "redis", "", NULL, 1, 20, "it tracks" },
    { "redis", "", "CLIENT", 1, 1, "the master does not reply" },
    { "redis", "", "SUBSCRIBE", 1, 1, "nor to the last command" },
    { "redis+sentinel", "/m", "SENTINEL", 1, 1,
      "the Sentinel does not reply, and it waits for that" },
    { "redis+cluster", "", "CLUSTER", 1, 1, "a member likewise" },
    { "redis+cluster", "", "CLUSTER", 0, 1,
      "the same, while it is not the leader and does not wait" },
};

static void begin_to_wait(const char *stalls, actor_t *waited_for)
{
    if (!stalls) {
        if (term != 0) {
            await_heartbeat();
        }
        unit_await(polls >= 1, "it does not wait");
        return;
    }
    if (term == 0) {
        shs_topology_suspect(rig->client.topology);
    }
    actor_await(waited_for, stalls, 1);
}

static apr_interval_time_t time_end(const char *url, const char *stalls,
                                    actor_t *waited_for)
{
    apr_time_t began;

    if (stalls) {
        actor_replies(waited_for, stalls, actor_stall);
    }
    apr_pool_create(&pchild, p);
    rig = rig_create_in(url, "connect-timeout=30s timeout=30s", NULL, pchild);
    polls = 0;
    ck_assert(shs_tracker_start(rig->client.topology, rig->host_state, &sink,
                                rig->endpoint->timeout, pchild));
    begin_to_wait(stalls, waited_for);
    began = shs_clock_now();
    apr_pool_destroy(pchild);
    pchild = NULL;
    return shs_clock_now() - began;
}

START_TEST(tracker__ends_at_once_whatever_it_waits_for)
{
    apr_interval_time_t took = 0;
    actor_t *waited_for = *ends[_i].path ? s : x;
    const char *url = apr_psprintf(p, "%s://127.0.0.1:%d%s", ends[_i].scheme,
                                   actor_port(waited_for), ends[_i].path);
    int n;

    term = ends[_i].term;
    for (n = 0; n < ends[_i].times; n++) {
        took += time_end(url, ends[_i].stalls, waited_for);
    }
    ck_assert_msg(took < (200 + unit_slack_ms()) * (apr_time_t)1000,
                  "%s: %d times took %d ms", ends[_i].why, ends[_i].times,
                  (int)(took / 1000));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, tracker__begins_anew_when_it_leads_again);
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_loop_test(
        tc, tracker__extends_the_lease_no_further_than_sentinels_confirm, 0,
        ROWS(failures));
    tcase_add_test(tc, tracker__follows_a_failover);
    tcase_add_loop_test(tc, tracker__needs_every_master_of_a_cluster, 0, 2);
    tcase_add_test(tc, tracker__does_not_trust_masters_that_are_cut_off);
    tcase_add_test(tc, tracker__reports_that_members_have_a_lower_epoch);
    tcase_add_loop_test(tc,
                        tracker__does_not_trust_masters_while_no_member_replies,
                        0, ROWS(failures) - 1);
    tcase_add_test(tc, tracker__works_without_cluster_info);
    tcase_add_test(tc, tracker__flushes_when_slots_move);
    tcase_add_test(tc, tracker__flushes_in_another_epoch);
    tcase_add_test(tc, tracker__follows_the_server_that_a_request_has_found);
    tcase_add_test(tc, tracker__probes_for_another_server);
    tcase_add_test(tc, tracker__publishes_the_tracked_server);
    tcase_add_test(tc, tracker__backs_off_from_a_service_that_closes);
    tcase_add_loop_test(tc, tracker__retries_soon_a_server_that_is_not_ready, 0,
                        3);
    tcase_add_loop_test(tc, tracker__ends_at_once_whatever_it_waits_for, 0,
                        ROWS(ends));
}

int main(void)
{
    return unit_main("tracker", add);
}
