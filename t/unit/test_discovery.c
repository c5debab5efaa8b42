/* SPDX-License-Identifier: Apache-2.0
 *
 * discovery, in a cluster whose members do not agree: which of them is trusted.
 * Sentinels that do not agree: test_store_redis_sentinel.
 */
#include "redis/topology/discovery/discovery.h"

#include "actor.h"
#include "redis/protocol/slot.h"
#include "rig.h"
#include "base/clock.h"
#include "unit.h"

/* The master a is cut off from b and from its replica r, which has taken its
 * place meanwhile. Each of them can be asked. */
static actor_t *a, *b, *r;
static int slot;

static shs_node_table_t *nodes;
static shs_discovery_t *discovery;
static shs_epoch_t epoch;
static _Atomic int is_closing;

/* The status of the last run. */
static const char *master; /* of the slot; "none" */
static int is_doubtful;
static apr_time_t took;

static void tell_slots(actor_t *member, const actor_t *of_slot)
{
    const actor_range_t ranges[] = { { slot, slot, of_slot, NULL },
                                     { slot + 1, slot + 1, b, NULL } };

    actor_set_slots(member, ranges, 2);
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
    actor_set_state(a, "fail", 5);
    actor_set_state(b, "ok", 5);
    actor_set_state(r, "ok", 5);
    memset(&epoch, 0, sizeof(epoch));
    is_closing = 0;
}

static void close_stage(void)
{
    actor_stop(a);
    actor_stop(b);
    actor_stop(r);
}

/* Each replies, or refuses at once. A hasty query takes an eighth of both
 * together, five seconds, which is enough on a busy machine. */
#define PATIENT "connect-timeout=20s timeout=20s"

/* A discovery that asks a first, and then b, as the URL says: the first run
 * begins with the second. */
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
    int port = shs_node_address(node)->port;

    return port == actor_port(a)   ? "a"
           : port == actor_port(b) ? "b"
           : port == actor_port(r) ? "r"
                                   : "?";
}

static void run(void)
{
    apr_time_t began = shs_clock_now();
    const char *reason = NULL;
    shs_snapshot_t *snapshot = NULL;
    shs_node_t *node;
    int lowest_slot;

    master = "none";
    is_doubtful = -1;
    if (shs_discovery_run(&snapshot, discovery, &reason) == SHS_CONN_OK) {
        if (shs_snapshot_find(&node, &lowest_slot, snapshot, slot)) {
            master = name_of(node);
        }
        is_doubtful = shs_snapshot_is_doubtful(snapshot);
        shs_snapshot_destroy(snapshot, nodes);
    }
    took = shs_clock_now() - began;
}

/* The slot's master in several runs, each of which begins with another
 * member. */
static void ck_master(const char *wanted, int with_doubt)
{
    int i;

    for (i = 0; i < 6; i++) {
        run();
        ck_assert_msg(!strcmp(master, wanted), "run %d: %s", i, master);
        ck_assert_int_eq(is_doubtful, with_doubt);
    }
}

static void end(void)
{
    free(discovery);
}

START_TEST(discovery_run__trusts_no_member_that_is_cut_off)
{
    set_out(PATIENT);
    ck_master("r", 0);
    ck_assert_int_eq(actor_received(a, "CLUSTER SLOTS"), 1);
    end();
}
END_TEST

/* It was well a moment ago, so it is asked in its turn. */
START_TEST(discovery_run__trusts_no_member_that_was_cut_off)
{
    set_out(PATIENT);
    actor_set_state(a, "ok", 5);
    tell_slots(b, a);
    ck_master("a", 0);
    if (_i) {
        run();
    }
    actor_set_state(a, "fail", 5);
    tell_slots(b, r);
    ck_master("r", 0);
    end();
}
END_TEST

/* It may have to be asked all the same: there is no other. */
START_TEST(discovery_run__doubts_members_that_all_are_down)
{
    set_out(PATIENT);
    tell_slots(b, a);
    actor_set_state(b, "fail", 5);
    ck_master("a", 1);
    tell_slots(b, r);
    actor_set_state(b, "ok", 5);
    ck_master("r", 0);
    end();
}
END_TEST

START_TEST(discovery_run__doubts_the_only_one_that_replies)
{
    set_out(PATIENT);
    actor_replies(b, "CLUSTER", "-ERR x\r\n");
    actor_replies(r, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 1);
    end();
}
END_TEST

/* A member that does not report its state is trusted. */
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

START_TEST(discovery_run__works_without_cluster_info)
{
    set_out(PATIENT);
    tell_slots(b, a);
    actor_replies(a, "CLUSTER INFO", infos[_i].info);
    actor_replies(b, "CLUSTER INFO", infos[_i].info);
    run();
    ck_assert_msg(!strcmp(master, "a") && !is_doubtful, "%s: %s, doubtful %d",
                  infos[_i].why, master, is_doubtful);
    end();
}
END_TEST

/* Before a notices that it is cut off. */
START_TEST(discovery_run__trusts_no_member_that_has_missed_an_election)
{
    set_out(PATIENT);
    tell_slots(b, a);
    actor_set_state(a, "ok", 5);
    ck_master("a", 0);
    tell_slots(b, r);
    actor_set_state(b, "ok", 6);
    actor_set_state(r, "ok", 6);
    /* It may be asked before a member has reported the election. */
    run();
    run();
    ck_master("r", 0);
    /* Not every snapshot without an alternative is right. */
    actor_replies(b, "CLUSTER", "-ERR x\r\n");
    actor_replies(r, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 1);
    end();
}
END_TEST

/* What another child has learnt counts too. */
START_TEST(discovery_run__trusts_no_member_behind_the_host)
{
    set_out(PATIENT);
    epoch.known = 7;
    actor_replies(a, "CLUSTER", "-ERR x\r\n");
    actor_set_state(b, "ok", 6);
    ck_master("r", 1);
    actor_set_state(b, "ok", 8);
    ck_master("r", 0);
    ck_assert_int_eq(epoch.known, 8);
    end();
}
END_TEST

/* A member that is cut off does not know the election. */
START_TEST(discovery_run__learns_no_epoch_from_a_member_that_is_down)
{
    set_out(PATIENT);
    actor_set_state(a, "fail", 9);
    ck_master("r", 0);
    ck_assert_int_eq(epoch.known, 5);
    end();
}
END_TEST

START_TEST(discovery_run__trusts_a_cluster_that_was_set_up_anew)
{
    set_out(PATIENT);
    epoch.known = 100;
    tell_slots(a, r);
    actor_set_state(a, "ok", 5);
    run();
    ck_assert_int_eq(is_doubtful, 1);
    ck_master("r", 0);
    ck_assert_int_eq(epoch.known, 5);
    end();
}
END_TEST

/* A dead member may know of an election that all others have missed. */
START_TEST(discovery_run__trusts_no_stale_members_while_another_is_dead)
{
    set_out(PATIENT);
    epoch.known = 100;
    actor_set_state(a, "ok", 5);
    actor_replies(b, "CLUSTER", _i ? actor_close : "-ERR x\r\n");
    actor_replies(r, "CLUSTER", _i ? actor_close : "-ERR x\r\n");
    ck_master("a", 1);
    ck_assert_int_eq(epoch.known, 100);
    end();
}
END_TEST

/* The URL names b; also a, if `others`; and as many dead servers. */
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

/* Makes the rounds so far appear to have taken so long. */
static void backdate_rounds(apr_interval_time_t time)
{
    epoch.lower_for += time;
    epoch.reported_at -= time;
}

/* If that one stays dead, half of the URL's servers count after a time. */
static const struct {
    int others;
    int dead;
    int is_enough;
    const char *why;
} urls[] = {
    { 1, 1, 1, "two of three" },
    { 0, 1, 1, "one of two" },
    { 0, 0, 1, "the only address, which several servers may share" },
    { 0, 2, 0, "one of three" },
};

START_TEST(discovery_run__trusts_half_of_the_members_that_were_set_up_anew)
{
    set_out_with(urls[_i].others, urls[_i].dead);
    tell_slots(a, r);
    actor_set_state(a, "ok", 4);
    epoch.known = 100;
    ck_master("r", 1);
    ck_assert_ptr_nonnull(strstr(shs_epoch_explain(&epoch, NULL), "members"));
    ck_assert_int_eq(epoch.lower_at != 0, urls[_i].is_enough);
    backdate_rounds(SHS_EPOCH_LOWER_AFTER);
    run();
    ck_assert_int_eq(is_doubtful, 1);
    ck_assert_msg(epoch.known == (urls[_i].is_enough ? 5 : 100), "%s",
                  urls[_i].why);
    ck_master("r", !urls[_i].is_enough);
    end();
}
END_TEST

/* A member that was restarted with an old nodes.conf, at the only address. */
START_TEST(discovery_run__does_not_trust_the_only_address_at_once)
{
    const actor_range_t own = { slot, slot, b, NULL };

    set_out_with(0, 0);
    epoch.known = 100;
    actor_set_slots(b, &own, 1);
    ck_master("b", 1);
    ck_assert_int_eq(epoch.known, 100);
    end();
}
END_TEST

/* b was found before, and fails for a moment, in which only a replies, which
 * names itself. Then b is asked again, though no member names it any more. */
START_TEST(discovery_run__asks_members_that_were_trusted_before)
{
    const actor_range_t own = { slot, slot, a, NULL };
    const actor_range_t others = { slot, slot, b, NULL };
    const char *url =
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(a));

    nodes = rig_nodes(rig_endpoint(url, PATIENT), 4);
    discovery = shs_discovery_create(rig_endpoint(url, PATIENT), nodes, &epoch,
                                     &is_closing);
    actor_set_slots(a, &others, 1);
    actor_set_slots(b, &others, 1);
    actor_set_state(a, "ok", 5);
    ck_master("b", 0);
    actor_set_slots(a, &own, 1);
    actor_set_state(a, "ok", 4);
    actor_replies(b, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 1);
    actor_replies(b, "CLUSTER", NULL);
    actor_set_slots(b, &others, 1);
    actor_set_state(b, "ok", 5);
    backdate_rounds(SHS_EPOCH_LOWER_AFTER);
    ck_master("b", 0);
    ck_assert_int_eq(epoch.known, 5);
    end();
}
END_TEST

/* What a reports while b reports a lower epoch. */
static const struct {
    const char *state; /* NULL: its cluster info cannot be read */
    int is_doubtful;
    int reports_epoch; /* the known one */
    const char *why;
} better[] = {
    { "fail", 1, 1, "the epoch of a member that is down counts too" },
    { "ok", 0, 1, "a member that is well" },
    { NULL, 0, 0, "a member that is trusted, whatever its epoch" },
};

START_TEST(discovery_run__lowers_no_epoch_that_another_member_knows)
{
    apr_time_t before;

    set_out(PATIENT);
    tell_slots(b, a);
    actor_set_state(a, better[_i].state ? better[_i].state : "ok", 5);
    if (!better[_i].state) {
        actor_replies(a, "CLUSTER INFO", "-NOPERM x\r\n");
    }
    actor_set_state(b, "ok", 4);
    epoch.known = 5;
    ck_master("a", better[_i].is_doubtful);
    ck_assert_int_eq(epoch.lower_for, 0);
    backdate_rounds(SHS_EPOCH_LOWER_AFTER);
    before = shs_clock_now();
    ck_master("a", better[_i].is_doubtful);
    ck_assert_msg(epoch.known == 5, "%s", better[_i].why);
    /* This time tells other children that it was reported. */
    ck_assert_msg((epoch.reported_at >= before) == better[_i].reports_epoch,
                  "%s", better[_i].why);
    end();
}
END_TEST

/* A member that failed is asked after the others for a while, but before a
 * member that is cut off is used. */
START_TEST(discovery_run__asks_a_failed_member_before_it_doubts)
{
    set_out(PATIENT);
    actor_set_state(a, "ok", 5);
    actor_replies(b, "CLUSTER", "-ERR x\r\n");
    ck_master("a", 0);
    actor_set_state(a, "fail", 5);
    actor_replies(b, "CLUSTER", NULL);
    tell_slots(b, r);
    actor_set_state(b, "ok", 5);
    ck_master("r", 0);
    end();
}
END_TEST

/* The cluster is down because one member hangs. Its successor must be found
 * soon. */
START_TEST(discovery_run__is_not_delayed_while_all_are_down)
{
    int i;

    set_out("connect-timeout=100ms timeout=3900ms");
    actor_replies(b, "CLUSTER", actor_stall);
    for (i = 0; i < 3; i++) {
        run();
        ck_assert_str_eq(master, "a");
        ck_assert_int_eq(is_doubtful, 1);
        ck_assert_int_lt(took, apr_time_from_sec(4));
    }
    end();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_test(tc, discovery_run__trusts_no_member_that_is_cut_off);
    tcase_add_loop_test(tc, discovery_run__trusts_no_member_that_was_cut_off, 0,
                        2);
    tcase_add_test(tc, discovery_run__doubts_members_that_all_are_down);
    tcase_add_test(tc, discovery_run__doubts_the_only_one_that_replies);
    tcase_add_loop_test(tc, discovery_run__works_without_cluster_info, 0,
                        ROWS(infos));
    tcase_add_test(tc,
                   discovery_run__trusts_no_member_that_has_missed_an_election);
    tcase_add_test(tc, discovery_run__trusts_no_member_behind_the_host);
    tcase_add_test(tc,
                   discovery_run__learns_no_epoch_from_a_member_that_is_down);
    tcase_add_test(tc, discovery_run__trusts_a_cluster_that_was_set_up_anew);
    tcase_add_loop_test(
        tc, discovery_run__trusts_no_stale_members_while_another_is_dead, 0, 2);
    tcase_add_loop_test(
        tc, discovery_run__trusts_half_of_the_members_that_were_set_up_anew, 0,
        ROWS(urls));
    tcase_add_test(tc, discovery_run__does_not_trust_the_only_address_at_once);
    tcase_add_test(tc, discovery_run__asks_members_that_were_trusted_before);
    tcase_add_loop_test(
        tc, discovery_run__lowers_no_epoch_that_another_member_knows, 0,
        ROWS(better));
    tcase_add_test(tc, discovery_run__asks_a_failed_member_before_it_doubts);
    tcase_add_test(tc, discovery_run__is_not_delayed_while_all_are_down);
}

int main(void)
{
    return unit_main("discovery", add);
}
