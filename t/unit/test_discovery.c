/* SPDX-License-Identifier: Apache-2.0
 *
 * discovery, in a cluster whose members do not agree: which of them is
 * believed. Sentinels that do not agree: test_exchange_sentinel.
 */
#include "redis/discovery.h"

#include "actor.h"
#include "redis/slot.h"
#include "rig.h"
#include "store/clock.h"
#include "unit.h"

/* a, a master, is cut off from b and r, its replica, which has taken its place
 * meanwhile. Each of them can be asked. */
static actor_t *a, *b, *r;
static int slot;

static shs_nodes_t *nodes;
static shs_discovery_t *discovery;
static shs_epoch_t epoch;
static _Atomic int is_closing;

/* What the last run came to. */
static const char *master; /* of the slot; "none" */
static int is_doubted;
static apr_time_t took;

static void tell_slots(actor_t *member, const actor_t *of_slot)
{
    const actor_range_t ranges[] = { { slot, slot, of_slot, NULL },
                                     { slot + 1, slot + 1, b, NULL } };

    actor_tells_slots(member, ranges, 2);
}

static void open_stage(void)
{
    a = actor_start("a");
    b = actor_start("b");
    r = actor_start("r");
    slot = shs_slot_of_key(OCTETS("{a}"));
    tell_slots(a, a);
    tell_slots(b, r);
    tell_slots(r, r);
    actor_tells_state(a, "fail", 5);
    actor_tells_state(b, "ok", 5);
    actor_tells_state(r, "ok", 5);
    memset(&epoch, 0, sizeof(epoch));
    is_closing = 0;
}

static void close_stage(void)
{
    actor_stop(a);
    actor_stop(b);
    actor_stop(r);
}

/* Each answers, or refuses at once. In haste it is given an eighth of both
 * together, five seconds, which a busy machine keeps to. */
#define PATIENT "connect-timeout=20s timeout=20s"

/* Who asks a first, and then b, as the URL says: the first run begins with the
 * second. */
static void set_out(const char *options)
{
    const char *url =
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d,127.0.0.1:%d",
                     actor_port(b), actor_port(a));
    shs_endpoint_t *endpoint = rig_endpoint(url, options);

    nodes = rig_nodes(endpoint, 4);
    discovery = shs_discovery_create(endpoint, nodes, &epoch, &is_closing);
    ck_assert_ptr_nonnull(discovery);
}

static const char *name_of(const shs_node_t *node)
{
    int port = shs_node_server(node)->port;

    return port == actor_port(a)   ? "a"
           : port == actor_port(b) ? "b"
           : port == actor_port(r) ? "r"
                                   : "?";
}

static void run(void)
{
    apr_time_t began = shs_clock_now();
    const char *reason = NULL;
    shs_view_t *view = NULL;
    shs_node_t *node;
    int lowest_slot;

    master = "none";
    is_doubted = -1;
    if (shs_discovery_run(&view, discovery, &reason) == SHS_CONN_OK) {
        if (shs_view_find(&node, &lowest_slot, view, slot)) {
            master = name_of(node);
        }
        is_doubted = shs_view_is_doubted(view);
        shs_view_destroy(view, nodes);
    }
    took = shs_clock_now() - began;
}

/* The slot's master by several runs, each of which begins with another. */
static void ck_master(const char *wanted, int with_doubt)
{
    int i;

    for (i = 0; i < 6; i++) {
        run();
        ck_assert_msg(!strcmp(master, wanted), "run %d: %s", i, master);
        ck_assert_int_eq(is_doubted, with_doubt);
    }
}

static void end(void)
{
    free(discovery);
}

START_TEST(discovery_run__believes_no_member_that_is_cut_off)
{
    set_out(PATIENT);
    ck_master("r", 0);
    ck_assert_int_eq(actor_asked(a, "CLUSTER SLOTS"), 1);
    end();
}
END_TEST

/* It was well a moment ago, so it is asked in its turn. */
START_TEST(discovery_run__believes_no_member_that_was_cut_off)
{
    set_out(PATIENT);
    actor_tells_state(a, "ok", 5);
    tell_slots(b, a);
    ck_master("a", 0);
    if (_i) {
        run();
    }
    actor_tells_state(a, "fail", 5);
    tell_slots(b, r);
    ck_master("r", 0);
    end();
}
END_TEST

/* It may have to be asked all the same: there is nobody else. */
START_TEST(discovery_run__doubts_what_all_say_who_are_down)
{
    set_out(PATIENT);
    tell_slots(b, a);
    actor_tells_state(b, "fail", 5);
    ck_master("a", 1);
    tell_slots(b, r);
    actor_tells_state(b, "ok", 5);
    ck_master("r", 0);
    end();
}
END_TEST

START_TEST(discovery_run__doubts_the_only_one_that_tells)
{
    set_out(PATIENT);
    actor_says(b, "CLUSTER", "-ERR x\r\n");
    actor_says(r, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 1);
    end();
}
END_TEST

/* Who does not say that it is down is believed, as one that is not asked. */
static const struct {
    const char *info;
    const char *why;
} infos[] = {
    { "-NOPERM this user has no permissions\r\n", "the ACL" },
    { "-ERR Unknown subcommand\r\n", "no Redis" },
    { "+OK\r\n", "nor this" },
    { "$-1\r\n", "nothing" },
    { "*0\r\n", "something else" },
    { "$0\r\n\r\n", "an empty text" },
    { "$15\r\ncluster_state:x\r\n", "a state to come" },
    { "$16\r\ncluster_state:ok\r\n", "all is well" },
};

START_TEST(discovery_run__goes_without_what_is_not_told)
{
    set_out(PATIENT);
    tell_slots(b, a);
    actor_says(a, "CLUSTER INFO", infos[_i].info);
    actor_says(b, "CLUSTER INFO", infos[_i].info);
    run();
    ck_assert_msg(!strcmp(master, "a") && !is_doubted, "%s: %s, doubted %d",
                  infos[_i].why, master, is_doubted);
    end();
}
END_TEST

/* Before a notices that it is cut off. */
START_TEST(discovery_run__believes_no_member_that_has_missed_an_election)
{
    set_out(PATIENT);
    tell_slots(b, a);
    actor_tells_state(a, "ok", 5);
    ck_master("a", 0);
    tell_slots(b, r);
    actor_tells_state(b, "ok", 6);
    actor_tells_state(r, "ok", 6);
    /* It may be asked before anybody has told of it. */
    run();
    run();
    ck_master("r", 0);
    /* What is all there is need not be so. */
    actor_says(b, "CLUSTER", "-ERR x\r\n");
    actor_says(r, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 1);
    end();
}
END_TEST

/* What another child was told counts too. */
START_TEST(discovery_run__believes_nobody_who_knows_less_than_the_host)
{
    set_out(PATIENT);
    epoch.known = 7;
    actor_says(a, "CLUSTER", "-ERR x\r\n");
    actor_tells_state(b, "ok", 6);
    ck_master("r", 1);
    actor_tells_state(b, "ok", 8);
    ck_master("r", 0);
    ck_assert_int_eq(epoch.known, 8);
    end();
}
END_TEST

/* One that is cut off knows of no election. */
START_TEST(discovery_run__learns_no_epoch_of_who_is_down)
{
    set_out(PATIENT);
    actor_tells_state(a, "fail", 9);
    ck_master("r", 0);
    ck_assert_int_eq(epoch.known, 5);
    end();
}
END_TEST

START_TEST(discovery_run__believes_a_cluster_that_was_set_up_anew)
{
    set_out(PATIENT);
    epoch.known = 100;
    tell_slots(a, r);
    actor_tells_state(a, "ok", 5);
    run();
    ck_assert_int_eq(is_doubted, 1);
    ck_master("r", 0);
    ck_assert_int_eq(epoch.known, 5);
    end();
}
END_TEST

/* One that is dead may know of an election that all others have missed. */
START_TEST(discovery_run__believes_no_laggards_while_another_is_dead)
{
    set_out(PATIENT);
    epoch.known = 100;
    actor_tells_state(a, "ok", 5);
    actor_says(b, "CLUSTER", _i ? actor_close : "-ERR x\r\n");
    actor_says(r, "CLUSTER", _i ? actor_close : "-ERR x\r\n");
    ck_master("a", 1);
    ck_assert_int_eq(epoch.known, 100);
    end();
}
END_TEST

/* The URL names b, and besides that many of a, and servers that are dead. */
static void set_out_with(int others, int dead)
{
    const char *url =
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(b));

    if (others) {
        url = apr_psprintf(p, "%s,127.0.0.1:%d", url, actor_port(a));
    }
    while (dead-- > 0) {
        url = apr_psprintf(p, "%s,127.0.0.1:%d", url, actor_refusing_port());
    }
    nodes = rig_nodes(rig_endpoint(url, PATIENT), 6);
    discovery = shs_discovery_create(rig_endpoint(url, PATIENT), nodes, &epoch,
                                     &is_closing);
    ck_assert_ptr_nonnull(discovery);
}

/* As if the rounds until now had taken so long. */
static void let_pass(apr_interval_time_t time)
{
    epoch.lower_for += time;
    epoch.told_at -= time;
}

/* Where that one stays dead, half of the URL's count after a time. */
static const struct {
    int others;
    int dead;
    int is_enough;
    const char *why;
} urls[] = {
    { 1, 1, 1, "two of three" },
    { 0, 1, 1, "one of two" },
    { 0, 0, 1, "the only address, behind which there may be several" },
    { 0, 2, 0, "one of three" },
};

START_TEST(discovery_run__believes_half_that_were_set_up_anew)
{
    set_out_with(urls[_i].others, urls[_i].dead);
    tell_slots(a, r);
    actor_tells_state(a, "ok", 4);
    epoch.known = 100;
    ck_master("r", 1);
    ck_assert_ptr_nonnull(strstr(shs_epoch_explain(&epoch, NULL), "members"));
    ck_assert_int_eq(epoch.lower_at != 0, urls[_i].is_enough);
    let_pass(SHS_EPOCH_LOWER_AFTER);
    run();
    ck_assert_int_eq(is_doubted, 1);
    ck_assert_msg(epoch.known == (urls[_i].is_enough ? 5 : 100), "%s",
                  urls[_i].why);
    ck_master("r", !urls[_i].is_enough);
    end();
}
END_TEST

/* A member that was restarted with an old nodes.conf, at the only address. */
START_TEST(discovery_run__does_not_believe_the_only_address_at_once)
{
    const actor_range_t own = { slot, slot, b, NULL };

    set_out_with(0, 0);
    epoch.known = 100;
    actor_tells_slots(b, &own, 1);
    ck_master("b", 1);
    ck_assert_int_eq(epoch.known, 100);
    end();
}
END_TEST

/* b was found before, and is out for a moment, in which only a answers, which
 * names itself; then b is asked again, though no member names it any more. */
START_TEST(discovery_run__asks_those_who_were_believed_before)
{
    const actor_range_t own = { slot, slot, a, NULL };
    const actor_range_t others = { slot, slot, b, NULL };
    const char *url =
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(a));

    nodes = rig_nodes(rig_endpoint(url, PATIENT), 4);
    discovery = shs_discovery_create(rig_endpoint(url, PATIENT), nodes, &epoch,
                                     &is_closing);
    actor_tells_slots(a, &others, 1);
    actor_tells_slots(b, &others, 1);
    actor_tells_state(a, "ok", 5);
    ck_master("b", 0);
    actor_tells_slots(a, &own, 1);
    actor_tells_state(a, "ok", 4);
    actor_says(b, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 1);
    actor_says(b, "CLUSTER", NULL);
    actor_tells_slots(b, &others, 1);
    actor_tells_state(b, "ok", 5);
    let_pass(SHS_EPOCH_LOWER_AFTER);
    ck_master("b", 0);
    ck_assert_int_eq(epoch.known, 5);
    end();
}
END_TEST

/* What a says, while b tells a lower epoch. */
static const struct {
    const char *state; /* NULL: its cluster info is not to be had */
    int is_doubted;
    int tells_epoch; /* the known one */
    const char *why;
} betters[] = {
    { "fail", 1, 1, "one that is down is heard too" },
    { "ok", 0, 1, "one that is well" },
    { NULL, 0, 0, "one that is believed, whatever its epoch" },
};

START_TEST(discovery_run__lowers_nothing_while_another_member_knows_better)
{
    apr_time_t before;

    set_out(PATIENT);
    tell_slots(b, a);
    actor_tells_state(a, betters[_i].state ? betters[_i].state : "ok", 5);
    if (!betters[_i].state) {
        actor_says(a, "CLUSTER INFO", "-NOPERM x\r\n");
    }
    actor_tells_state(b, "ok", 4);
    epoch.known = 5;
    ck_master("a", betters[_i].is_doubted);
    ck_assert_int_eq(epoch.lower_for, 0);
    let_pass(SHS_EPOCH_LOWER_AFTER);
    before = shs_clock_now();
    ck_master("a", betters[_i].is_doubted);
    ck_assert_msg(epoch.known == 5, "%s", betters[_i].why);
    /* By this other children know that it was told. */
    ck_assert_msg((epoch.told_at >= before) == betters[_i].tells_epoch, "%s",
                  betters[_i].why);
    end();
}
END_TEST

/* One that failed is asked after the others for a while; but before anybody is
 * believed who is cut off. */
START_TEST(discovery_run__asks_whom_it_avoids_before_it_doubts)
{
    set_out(PATIENT);
    actor_tells_state(a, "ok", 5);
    actor_says(b, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 0);
    actor_tells_state(a, "fail", 5);
    actor_says(b, "CLUSTER", NULL);
    tell_slots(b, r);
    actor_tells_state(b, "ok", 5);
    ck_master("r", 0);
    end();
}
END_TEST

/* The cluster is down because one hangs. Its heir must be found soon. */
START_TEST(discovery_run__is_not_held_up_while_all_are_down)
{
    int i;

    set_out("connect-timeout=100ms timeout=3900ms");
    actor_says(b, "CLUSTER", actor_stall);
    for (i = 0; i < 3; i++) {
        run();
        ck_assert_str_eq(master, "a");
        ck_assert_int_eq(is_doubted, 1);
        ck_assert_int_lt(took, apr_time_from_sec(4));
    }
    end();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_test(tc, discovery_run__believes_no_member_that_is_cut_off);
    tcase_add_loop_test(tc, discovery_run__believes_no_member_that_was_cut_off,
                        0, 2);
    tcase_add_test(tc, discovery_run__doubts_what_all_say_who_are_down);
    tcase_add_test(tc, discovery_run__doubts_the_only_one_that_tells);
    tcase_add_loop_test(tc, discovery_run__goes_without_what_is_not_told, 0,
                        ROWS(infos));
    tcase_add_test(
        tc, discovery_run__believes_no_member_that_has_missed_an_election);
    tcase_add_test(tc,
                   discovery_run__believes_nobody_who_knows_less_than_the_host);
    tcase_add_test(tc, discovery_run__learns_no_epoch_of_who_is_down);
    tcase_add_test(tc, discovery_run__believes_a_cluster_that_was_set_up_anew);
    tcase_add_loop_test(
        tc, discovery_run__believes_no_laggards_while_another_is_dead, 0, 2);
    tcase_add_loop_test(tc, discovery_run__believes_half_that_were_set_up_anew,
                        0, ROWS(urls));
    tcase_add_test(tc,
                   discovery_run__does_not_believe_the_only_address_at_once);
    tcase_add_test(tc, discovery_run__asks_those_who_were_believed_before);
    tcase_add_loop_test(
        tc, discovery_run__lowers_nothing_while_another_member_knows_better, 0,
        ROWS(betters));
    tcase_add_test(tc, discovery_run__asks_whom_it_avoids_before_it_doubts);
    tcase_add_test(tc, discovery_run__is_not_held_up_while_all_are_down);
}

int main(void)
{
    return unit_main("discovery", add);
}
