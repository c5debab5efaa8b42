/* SPDX-License-Identifier: Apache-2.0
 *
 * store_redis with a cluster: a redirection is followed, MOVED is remembered,
 * and redirections end. Each member keeps a transcript of its commands.
 */
#include "redis/store_redis.h"

#include "redis/protocol/slot.h"
#include "redis/topology/refresh.h"
#include "stage.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

/* ----------------------------------------------------------- redirections */

START_TEST(store_redis_load__goes_to_the_master_of_the_slot)
{
    rig_t *rig = rig_on_cluster(a, "", NULL);

    ck_loads(rig, "{a}1", "a {a}1");
    ck_loads(rig, "{b}1", "b {b}1");
    ck_assert_str_eq(actor_transcript(b), "GET {b}1|PTTL {b}1|");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REDIRECTIONS), 0);
}
END_TEST

START_TEST(store_redis_load__follows_moved_and_remembers_it)
{
    rig_t *rig = rig_on_cluster(a, "", NULL);

    ck_loads(rig, "{a}1", "a {a}1");
    actor_replies(a, "GET", actor_redirect_error("MOVED", slot_of_a, b));
    stage_set_slots(b, b);
    ck_loads(rig, "{a}2", "b {a}2");
    ck_loads(rig, "{a}3", "b {a}3");
    ck_assert_int_eq(actor_received(a, "GET {a}3"), 0);
    ck_assert_int_eq(actor_received(b, "ASKING"), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REDIRECTIONS), 1);
    ck_assert_msg(actor_accepted(a) == 1, "a good connection was closed");
}
END_TEST

/* The slot moves between GET and PTTL: one reply of two is not enough. */
START_TEST(store_redis_load__follows_moved_between_two_replies)
{
    rig_t *rig = rig_on_cluster(a, "", NULL);

    actor_replies(a, "PTTL", actor_redirect_error("MOVED", slot_of_a, b));
    ck_loads(rig, "{a}1", "b {a}1");
}
END_TEST

START_TEST(store_redis_load__follows_ask_and_does_not_remember_it)
{
    rig_t *rig = rig_on_cluster(a, "", NULL);

    actor_replies(a, "GET", actor_redirect_error("ASK", slot_of_a, b));
    ck_loads(rig, "{a}1", "b {a}1");
    ck_assert_str_eq(actor_transcript(b), "ASKING|GET {a}1|ASKING|PTTL {a}1|");
    actor_replies(a, "GET", NULL);
    ck_loads(rig, "{a}2", "a {a}2");
    /* Another key of b is sent without ASKING. */
    ck_loads(rig, "{b}1", "b {b}1");
    ck_assert_int_eq(actor_received(b, "ASKING"), 2);
}
END_TEST

/* After ASK the pooled connection to b turns out to be dead: the command is
 * sent again, with ASKING. */
START_TEST(store_redis_load__repeats_asking_on_another_connection)
{
    rig_t *rig = rig_on_cluster(a, "", NULL);

    ck_loads(rig, "{b}1", "b {b}1");
    actor_replies(a, "GET", actor_redirect_error("ASK", slot_of_a, b));
    actor_replies_once(b, "ASKING", actor_close);
    ck_loads(rig, "{a}1", "b {a}1");
    ck_assert_int_eq(actor_received(b, "ASKING"), 3);
}
END_TEST

START_TEST(store_redis_load__follows_no_more_than_five_redirections)
{
    const char *word = _i ? "ASK" : "MOVED";
    rig_t *rig = rig_on_cluster(a, "breaker=off", NULL);

    actor_replies(a, "GET", actor_redirect_error(word, slot_of_a, b));
    actor_replies(b, "GET", actor_redirect_error(word, slot_of_a, a));
    ck_assert_int_eq(rig_load(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(a, "GET") + actor_received(b, "GET"),
                     1 + 5);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OTHER_ERRORS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 1);
    ck_assert_int_lt(rig_took, apr_time_from_sec(4));
    ck_assert_msg(!strstr(rig_result.reason, "write redis"), "%s",
                  rig_result.reason);
}
END_TEST

/* The URL already names a cluster. */
START_TEST(store_redis_load__does_not_advise_a_cluster_url_for_a_cluster)
{
    const char *word = _i ? "ASK" : "MOVED";
    rig_t *rig = rig_on_cluster(a, "breaker=off", NULL);

    actor_replies(a, "GET",
                  apr_pstrcat(p, ACTOR_LAST,
                              actor_redirect_error(word, slot_of_a, b), NULL));
    ck_assert_int_eq(rig_load(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_msg(strstr(rig_result.reason, "redirects"), "%s",
                  rig_result.reason);
    ck_assert_msg(!strstr(rig_result.reason, "write redis"), "%s",
                  rig_result.reason);
}
END_TEST

/* Redirections that no sound member sends. Each is answered by a refresh of the
 * topology and another attempt, five times at most. */
static const struct {
    const char *reply;
    int attempts;
    const char *why;
} odd[] = {
    { "-MOVED\r\n", 1, "no redirection, but an error of another kind" },
    { "-MOVED x y\r\n", 6, "no numbers" },
    { "-MOVED 99999 h:1\r\n", 6, "no slot" },
    { "-MOVED 1 h:1\r\n", 6, "another slot" },
    { "-ASK 1 127.0.0.1:1\r\n", 6, "another slot" },
    { "-MOVED 15495 h:0\r\n", 6, "no port" },
    { "-ASK 15495 a b:1\r\n", 6, "no host" },
};

START_TEST(store_redis_load__does_not_follow_a_malformed_redirection)
{
    rig_t *rig = rig_on_cluster(a, "breaker=off", NULL);

    actor_replies(a, "GET", odd[_i].reply);
    ck_assert_int_eq(rig_load(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_msg(actor_received(a, "GET") == odd[_i].attempts,
                  "%d attempts: %s", actor_received(a, "GET"), odd[_i].why);
    actor_replies(a, "GET", NULL);
    ck_loads(rig, "{a}2", "a {a}2");
}
END_TEST

START_TEST(store_redis_load__reports_a_slot_without_a_master)
{
    rig_t *rig = rig_on_cluster(a, "", NULL);

    ck_loads(rig, "{a}1", "a {a}1");
    ck_assert_int_ne(shs_slot_of_key(OCTETS("{c}1")), slot_of_a);
    ck_assert_int_eq(rig_load(rig, "{c}1", 500), UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(rig_result.reason, "slot"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    ck_loads(rig, "{a}2", "a {a}2");
}
END_TEST

/* ---------------------------------------------------------------- failures */

/* The replica was promoted: the command finds it, and gets a reply. */
START_TEST(store_redis_load__finds_the_promoted_replica_in_the_same_command)
{
    rig_t *rig =
        rig_on_cluster(a, "retry=0 connect-timeout=100ms timeout=300ms", NULL);

    ck_loads(rig, "{a}1", "a {a}1");
    stage_set_slots(r, b);
    actor_replies(a, "GET", actor_close);
    ck_loads(rig, "{a}2", "r {a}2");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_FAILOVERS), 1);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_MASTER);
    ck_assert_str_eq(rig_result.transition_reason,
                     apr_psprintf(p, "127.0.0.1:%d, was 127.0.0.1:%d",
                                  actor_port(r), actor_port(a)));
    ck_loads(rig, "{b}2", "b {b}2");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
}
END_TEST

/* Slots that change their master are no failover. */
START_TEST(store_redis_load__reports_no_failover_when_slots_move)
{
    rig_t *rig =
        rig_on_cluster(a, "retry=0 connect-timeout=100ms timeout=300ms", NULL);
    rig_t *late;
    apr_time_t since;

    ck_loads(rig, "{a}1", "a {a}1");
    stage_set_slots(b, a);
    actor_replies(a, "GET {a}", actor_redirect_error("MOVED", slot_of_a, b));
    actor_replies(b, "GET {b}", actor_redirect_error("MOVED", slot_of_b, a));
    late = rig_on_cluster(a, "", rig);
    ck_loads(late, "{a}2", "b {a}2");
    ck_loads(late, "{b}2", "a {b}2");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_FAILOVERS), 0);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    ck_assert_str_eq(shs_masters_list(&since, &rig->host_state->masters, p),
                     slot_of_a < slot_of_b
                         ? apr_psprintf(p, "127.0.0.1:%d, 127.0.0.1:%d",
                                        actor_port(b), actor_port(a))
                         : apr_psprintf(p, "127.0.0.1:%d, 127.0.0.1:%d",
                                        actor_port(a), actor_port(b)));
}
END_TEST

/* A firewall has dropped the state of all connections. */
START_TEST(store_redis_load__closes_connections_older_than_one_without_a_reply)
{
    rig_t *rig = rig_on_cluster(a, "retry=0", NULL);
    rig_t *sibling = rig_on_cluster(b, "retry=0", rig);
    shs_outcome_t first;
    int dialled;

    rig_fill_pool(rig, slot_of_a, 4);
    rig_fill_pool(sibling, slot_of_a, 3);
    dialled = actor_accepted(a);
    ck_assert_int_eq(dialled, 7);
    actor_replies_once(a, "GET", actor_stall);
    first = rig_load(rig, "{a}1", 200);
    ck_assert_int_eq(first, UNAVAILABLE);
    ck_loads(rig, "{a}2", "a {a}2");
    ck_assert_int_eq(actor_accepted(a), dialled + 1);
    ck_loads(sibling, "{a}3", "a {a}3");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
    /* These connections have had a reply since. */
    ck_loads(rig, "{a}4", "a {a}4");
    ck_loads(sibling, "{a}5", "a {a}5");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
}
END_TEST

/* Slots move to a node that the slot map does not name yet. It has one breaker
 * for all of them, by ASK and by MOVED. */
START_TEST(store_redis_load__has_one_breaker_for_a_redirected_node)
{
    rig_t *rig = rig_on_cluster(a, "retry=0 breaker=1/1h", NULL);
    const char *word = _i ? "MOVED" : "ASK";
    const actor_range_t all = { 0, 16383, a, NULL };
    actor_t *c = actor_start("c");
    int i, claimed = 0;

    actor_set_slots(a, &all, 1);
    for (i = 0; i < 20; i++) {
        const char *key = apr_psprintf(p, "k%d", i);
        int slot = shs_slot_of_key(unit_text(key));

        actor_replies(a, "GET", actor_redirect_error(word, slot, c));
        ck_loads(rig, key, apr_psprintf(p, "c %s", key));
    }
    for (i = 0; i < SHS_HOST_STATE_SHARDS; i++) {
        claimed += rig->host_state->shards[i].key != 0;
    }
    ck_assert_int_eq(claimed, 1);
    actor_stop(c);
}
END_TEST

START_TEST(store_redis_load__a_shard_that_is_down_blocks_no_other)
{
    rig_t *rig = rig_on_cluster(a, "retry=0 breaker=1/1h", NULL);

    ck_loads(rig, "{a}1", "a {a}1");
    ck_loads(rig, "{b}1", "b {b}1");
    actor_replies(a, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_int_eq(rig_load(rig, "{a}2", 500), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    ck_assert_int_eq(rig_load(rig, "{a}3", 500), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
    ck_loads(rig, "{b}2", "b {b}2");
    ck_assert_int_eq(actor_received(a, "GET {a}3"), 0);
}
END_TEST

START_TEST(store_redis_load__sends_readonly_to_a_replica)
{
    rig_t *rig = rig_on_cluster(
        a, "retry=0 read-from=replica-on-failure breaker=1/1h", NULL);

    ck_loads(rig, "{a}1", "a {a}1");
    actor_replies(a, "GET", actor_close);
    ck_loads(rig, "{a}2", "r {a}2");
    ck_loads(rig, "{a}3", "r {a}3");
    ck_assert_str_eq(actor_transcript(r),
                     "READONLY|GET {a}2|PTTL {a}2|GET {a}3|PTTL {a}3|");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REPLICA_READS), 2);
    /* b has no replica. */
    actor_replies(b, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "{b}1", 500), UNAVAILABLE);
}
END_TEST

/* A replica that no longer serves the slot redirects, and that is followed. */
START_TEST(store_redis_load__follows_the_redirection_of_a_replica)
{
    rig_t *rig =
        rig_on_cluster(a, "retry=0 read-from=replica-on-failure", NULL);

    ck_loads(rig, "{a}1", "a {a}1");
    actor_replies(a, "GET", actor_close);
    actor_replies(r, "GET", actor_redirect_error("MOVED", slot_of_a, b));
    actor_replies(b, "GET", ACTOR_NIL);
    /* b is the master now: its nil means that there is no such session. */
    ck_assert_int_eq(rig_load(rig, "{a}2", 3000), SHS_OUTCOME_ABSENT);
}
END_TEST

START_TEST(store_redis_load__waits_for_a_cluster_that_is_down)
{
    rig_t *rig = rig_on_cluster(a, "", NULL);

    actor_replies_once(a, "GET", "-CLUSTERDOWN x\r\n");
    actor_replies_once(a, "GET", "-TRYAGAIN x\r\n");
    ck_loads(rig, "{a}1", "a {a}1");
}
END_TEST

START_TEST(store_redis_load__reports_that_no_member_has_a_slot_map)
{
    rig_t *rig = rig_on_cluster(a, "breaker=2/1h", NULL);

    actor_replies(a, "CLUSTER",
                  "-ERR This instance has cluster support"
                  " disabled\r\n");
    ck_assert_int_eq(rig_load(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(rig_result.reason, "cluster"));
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    ck_assert_int_eq(rig_load(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_int_eq(rig_load(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
}
END_TEST

START_TEST(store_redis_load__keeps_the_deadline_while_a_member_hangs)
{
    rig_t *rig = rig_on_cluster(a, "breaker=off", NULL);

    actor_replies(a, _i ? "GET" : "CLUSTER", actor_stall);
    ck_assert_int_eq(rig_load(rig, "{a}1", 150), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_TIMEOUTS), 1);
}
END_TEST

/* A redirection may name any server: none of them is kept forever. */
START_TEST(store_redis_load__forgets_redirected_nodes_when_the_table_is_full)
{
    rig_t *rig = rig_on_cluster(a, "breaker=off connect-timeout=50ms", NULL);
    int i;

    for (i = 0; i < SHS_NODE_TABLE_MAX + 20; i++) {
        actor_replies(a, "GET",
                      apr_psprintf(p, "-%s %d 127.0.0.%d:%d\r\n",
                                   i % 2 ? "ASK" : "MOVED", slot_of_a,
                                   2 + i % 200, actor_refusing_port()));
        rig_load(rig, "{a}1", 2000);
        actor_replies(a, "GET", NULL);
        if (i % 50 == 0) {
            stage_set_slots(a, b);
        }
    }
    /* A server that is named now still gets a node. */
    actor_replies(a, "GET", actor_redirect_error("ASK", slot_of_a, r));
    unit_let_pass(shs_clock_now() + SHS_REFRESH_AFTER_MOVED + 10000);
    ck_loads(rig, "{a}2", "r {a}2");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, stage_start_cluster, stage_stop_cluster);
    tcase_add_test(tc, store_redis_load__goes_to_the_master_of_the_slot);
    tcase_add_test(tc, store_redis_load__follows_moved_and_remembers_it);
    tcase_add_test(tc, store_redis_load__follows_moved_between_two_replies);
    tcase_add_test(tc, store_redis_load__follows_ask_and_does_not_remember_it);
    tcase_add_test(tc, store_redis_load__repeats_asking_on_another_connection);
    tcase_add_loop_test(
        tc, store_redis_load__follows_no_more_than_five_redirections, 0, 2);
    tcase_add_loop_test(
        tc, store_redis_load__does_not_advise_a_cluster_url_for_a_cluster, 0,
        2);
    tcase_add_loop_test(
        tc, store_redis_load__does_not_follow_a_malformed_redirection, 0,
        ROWS(odd));
    tcase_add_test(tc, store_redis_load__reports_a_slot_without_a_master);
    tcase_add_test(
        tc, store_redis_load__finds_the_promoted_replica_in_the_same_command);
    tcase_add_test(tc, store_redis_load__reports_no_failover_when_slots_move);
    tcase_add_test(
        tc,
        store_redis_load__closes_connections_older_than_one_without_a_reply);
    tcase_add_loop_test(
        tc, store_redis_load__has_one_breaker_for_a_redirected_node, 0, 2);
    tcase_add_test(tc, store_redis_load__a_shard_that_is_down_blocks_no_other);
    tcase_add_test(tc, store_redis_load__sends_readonly_to_a_replica);
    tcase_add_test(tc, store_redis_load__follows_the_redirection_of_a_replica);
    tcase_add_test(tc, store_redis_load__waits_for_a_cluster_that_is_down);
    tcase_add_test(tc, store_redis_load__reports_that_no_member_has_a_slot_map);
    tcase_add_loop_test(
        tc, store_redis_load__keeps_the_deadline_while_a_member_hangs, 0, 2);
    tcase_add_test(
        tc, store_redis_load__forgets_redirected_nodes_when_the_table_is_full);
}

int main(void)
{
    return unit_main("store_redis_cluster", add);
}
