/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange, in a cluster: redirections are followed, learnt where they say so,
 * and end; and who was asked what is seen by each member.
 */
#include "redis/exchange.h"

#include "actor.h"
#include "redis/slot.h"
#include "rig.h"
#include "store/clock.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

/* What the last question came to. */
static shs_answer_t got;
static apr_time_t took;

static shs_outcome_t ask(const rig_t *rig, const char *key, int ms)
{
    shs_query_t query = { unit_text(key), SHS_SHAPE_STRING, 65536, 0 };
    apr_time_t begun = shs_clock_now();
    shs_outcome_t outcome;

    memset(&got, 0, sizeof(got));
    query.deadline = begun + ms * (apr_time_t)1000;
    outcome = shs_exchange_run(&got, &rig->client, &query, p);
    took = shs_clock_now() - begun;
    ck_assert_msg(took <= (ms + unit_slack_ms()) * (apr_time_t)1000,
                  "%d of %d ms", (int)(took / 1000), ms);
    ck_assert_msg(outcome == FOUND || got.reason, "no reason");
    return outcome;
}

#define ck_given(rig, key, value)                                           \
    do {                                                                    \
        shs_outcome_t outcome_ = ask((rig), (key), 10000);                  \
        ck_assert_msg(outcome_ == FOUND, "%d: %s", outcome_, got.reason);   \
        ck_octets_eq(got.record.string, unit_text(value), "whose answer?"); \
    } while (0)

/* Members a and b, and the replica r of a. "{a}..." is a's, "{b}..." is b's. */
static actor_t *a, *b, *r;
static int slot_of_a, slot_of_b;

static void tell_slots(const actor_t *of_a, const actor_t *of_b)
{
    actor_range_t ranges[] = { { slot_of_a, slot_of_a, of_a, r },
                               { slot_of_b, slot_of_b, of_b, NULL } };

    actor_tells_slots(a, ranges, 2);
    actor_tells_slots(b, ranges, 2);
    actor_tells_slots(r, ranges, 2);
}

static void open_stage(void)
{
    a = actor_start("a");
    b = actor_start("b");
    r = actor_start("r");
    slot_of_a = shs_slot_of_key(OCTETS("{a}"));
    slot_of_b = shs_slot_of_key(OCTETS("{b}"));
    tell_slots(a, b);
}

static void close_stage(void)
{
    actor_stop(a);
    actor_stop(b);
    actor_stop(r);
}

static rig_t *rig_on(const char *options)
{
    return rig_create(
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(a)), options,
        NULL);
}

/* ----------------------------------------------------------- redirections */

START_TEST(exchange_run__asks_who_serves_the_slot)
{
    rig_t *rig = rig_on("");

    ck_given(rig, "{a}1", "a {a}1");
    ck_given(rig, "{b}1", "b {b}1");
    ck_assert_str_eq(actor_seen(b), "GET {b}1|PTTL {b}1|");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REDIRECTIONS), 0);
}
END_TEST

START_TEST(exchange_run__follows_moved_and_learns_it)
{
    rig_t *rig = rig_on("");

    ck_given(rig, "{a}1", "a {a}1");
    actor_says(a, "GET", actor_redirects("MOVED", slot_of_a, b));
    tell_slots(b, b);
    ck_given(rig, "{a}2", "b {a}2");
    ck_given(rig, "{a}3", "b {a}3");
    ck_assert_int_eq(actor_asked(a, "GET {a}3"), 0);
    ck_assert_int_eq(actor_asked(b, "ASKING"), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REDIRECTIONS), 1);
    ck_assert_msg(actor_accepted(a) == 1, "a good connection was thrown away");
}
END_TEST

/* The slot moves between GET and PTTL: half an answer is none. */
START_TEST(exchange_run__follows_moved_between_two_replies)
{
    rig_t *rig = rig_on("");

    actor_says(a, "PTTL", actor_redirects("MOVED", slot_of_a, b));
    ck_given(rig, "{a}1", "b {a}1");
}
END_TEST

START_TEST(exchange_run__follows_ask_and_does_not_learn_it)
{
    rig_t *rig = rig_on("");

    actor_says(a, "GET", actor_redirects("ASK", slot_of_a, b));
    ck_given(rig, "{a}1", "b {a}1");
    ck_assert_str_eq(actor_seen(b), "ASKING|GET {a}1|ASKING|PTTL {a}1|");
    actor_says(a, "GET", NULL);
    ck_given(rig, "{a}2", "a {a}2");
    /* Nor does another key of b inherit it. */
    ck_given(rig, "{b}1", "b {b}1");
    ck_assert_int_eq(actor_asked(b, "ASKING"), 2);
}
END_TEST

/* After ASK the pooled connection to b turns out dead: it is asked again, and
 * ASKING too. */
START_TEST(exchange_run__says_asking_again_on_another_connection)
{
    rig_t *rig = rig_on("");

    ck_given(rig, "{b}1", "b {b}1");
    actor_says(a, "GET", actor_redirects("ASK", slot_of_a, b));
    actor_says_once(b, "ASKING", actor_close);
    ck_given(rig, "{a}1", "b {a}1");
    ck_assert_int_eq(actor_asked(b, "ASKING"), 3);
}
END_TEST

START_TEST(exchange_run__follows_no_more_than_five_redirections)
{
    const char *word = _i ? "ASK" : "MOVED";
    rig_t *rig = rig_on("breaker=off");

    actor_says(a, "GET", actor_redirects(word, slot_of_a, b));
    actor_says(b, "GET", actor_redirects(word, slot_of_a, a));
    ck_assert_int_eq(ask(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(a, "GET") + actor_asked(b, "GET"), 1 + 5);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OTHER_ERRORS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 1);
    ck_assert_int_lt(took, apr_time_from_sec(4));
    ck_assert_msg(!strstr(got.reason, "write redis"), "%s", got.reason);
}
END_TEST

/* The URL says already that it is one. */
START_TEST(exchange_run__advises_no_cluster_where_it_is_one)
{
    const char *word = _i ? "ASK" : "MOVED";
    rig_t *rig = rig_on("breaker=off");

    actor_says(
        a, "GET",
        apr_pstrcat(p, ACTOR_LAST, actor_redirects(word, slot_of_a, b), NULL));
    ck_assert_int_eq(ask(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_msg(strstr(got.reason, "redirects"), "%s", got.reason);
    ck_assert_msg(!strstr(got.reason, "write redis"), "%s", got.reason);
}
END_TEST

/* What no member says who means well. */
static const char *const odd[] = {
    "-MOVED\r\n",           "-MOVED x y\r\n",         "-MOVED 99999 h:1\r\n",
    "-MOVED 1 h:1\r\n",     "-ASK 1 127.0.0.1:1\r\n", "-MOVED 15495 h:0\r\n",
    "-ASK 15495 a b:1\r\n",
};

START_TEST(exchange_run__follows_no_odd_redirection)
{
    rig_t *rig = rig_on("breaker=off");

    actor_says(a, "GET", odd[_i]);
    ck_assert_int_eq(ask(rig, "{a}1", 400), UNAVAILABLE);
    ck_assert_int_le(actor_asked(a, "GET"), 6);
    actor_says(a, "GET", NULL);
    ck_given(rig, "{a}2", "a {a}2");
}
END_TEST

START_TEST(exchange_run__says_that_nobody_serves_the_slot)
{
    rig_t *rig = rig_on("");

    ck_given(rig, "{a}1", "a {a}1");
    ck_assert_int_ne(shs_slot_of_key(OCTETS("{c}1")), slot_of_a);
    ck_assert_int_eq(ask(rig, "{c}1", 500), UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(got.reason, "slot"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    ck_given(rig, "{a}2", "a {a}2");
}
END_TEST

/* ---------------------------------------------------------------- failures */

/* The replica was promoted: a lookup finds out, and is answered. */
START_TEST(exchange_run__asks_the_promoted_replica_in_the_same_lookup)
{
    rig_t *rig = rig_on("retry=0 connect-timeout=100ms timeout=300ms");

    ck_given(rig, "{a}1", "a {a}1");
    tell_slots(r, b);
    actor_says(a, "GET", actor_close);
    ck_given(rig, "{a}2", "r {a}2");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_FAILOVERS), 1);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_MASTER);
    ck_assert_str_eq(got.transition_reason,
                     apr_psprintf(p, "127.0.0.1:%d, was 127.0.0.1:%d",
                                  actor_port(r), actor_port(a)));
    ck_given(rig, "{b}2", "b {b}2");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
}
END_TEST

/* A server that serves other slots than before is no failover. */
START_TEST(exchange_run__tells_of_no_slots_that_moved)
{
    rig_t *rig = rig_on("retry=0 connect-timeout=100ms timeout=300ms");
    rig_t *late;
    apr_time_t since;

    ck_given(rig, "{a}1", "a {a}1");
    tell_slots(b, a);
    actor_says(a, "GET {a}", actor_redirects("MOVED", slot_of_a, b));
    actor_says(b, "GET {b}", actor_redirects("MOVED", slot_of_b, a));
    late = rig_create(
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(a)), "",
        rig);
    ck_given(late, "{a}2", "b {a}2");
    ck_given(late, "{b}2", "a {b}2");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_FAILOVERS), 0);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    ck_assert_str_eq(shs_masters_list(&since, &rig->shared->masters, p),
                     slot_of_a < slot_of_b
                         ? apr_psprintf(p, "127.0.0.1:%d, 127.0.0.1:%d",
                                        actor_port(b), actor_port(a))
                         : apr_psprintf(p, "127.0.0.1:%d, 127.0.0.1:%d",
                                        actor_port(a), actor_port(b)));
}
END_TEST

/* A firewall has lost what it knew of all of them. */
START_TEST(exchange_run__relies_on_no_connection_older_than_a_silent_one)
{
    rig_t *rig = rig_on("retry=0");
    rig_t *sibling = rig_create(
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(b)),
        "retry=0", rig);
    shs_outcome_t first;
    int dialled;

    rig_fill_pool(rig, slot_of_a, 4);
    rig_fill_pool(sibling, slot_of_a, 3);
    dialled = actor_accepted(a);
    ck_assert_int_eq(dialled, 7);
    actor_says_once(a, "GET", actor_stall);
    first = ask(rig, "{a}1", 200);
    ck_assert_int_eq(first, UNAVAILABLE);
    ck_given(rig, "{a}2", "a {a}2");
    ck_assert_int_eq(actor_accepted(a), dialled + 1);
    ck_given(sibling, "{a}3", "a {a}3");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
    /* These have answered since. */
    ck_given(rig, "{a}4", "a {a}4");
    ck_given(sibling, "{a}5", "a {a}5");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
}
END_TEST

/* Slots that move to a node which the map does not name yet: it has one breaker
 * for all of them, by ASK and by MOVED. */
START_TEST(exchange_run__has_one_breaker_for_a_node_that_is_new)
{
    rig_t *rig = rig_on("retry=0 breaker=1/1h");
    const char *word = _i ? "MOVED" : "ASK";
    const actor_range_t all = { 0, 16383, a, NULL };
    actor_t *c = actor_start("c");
    int i, claimed = 0;

    actor_tells_slots(a, &all, 1);
    for (i = 0; i < 20; i++) {
        const char *key = apr_psprintf(p, "k%d", i);
        int slot = shs_slot_of_key(unit_text(key));

        actor_says(a, "GET", actor_redirects(word, slot, c));
        ck_given(rig, key, apr_psprintf(p, "c %s", key));
    }
    for (i = 0; i < SHS_SHARED_SHARDS; i++) {
        claimed += rig->shared->shards[i].key != 0;
    }
    ck_assert_int_eq(claimed, 1);
    actor_stop(c);
}
END_TEST

START_TEST(exchange_run__a_shard_that_is_down_blocks_no_other)
{
    rig_t *rig = rig_on("retry=0 breaker=1/1h");

    ck_given(rig, "{a}1", "a {a}1");
    ck_given(rig, "{b}1", "b {b}1");
    actor_says(a, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_int_eq(ask(rig, "{a}2", 500), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    ck_assert_int_eq(ask(rig, "{a}3", 500), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
    ck_given(rig, "{b}2", "b {b}2");
    ck_assert_int_eq(actor_asked(a, "GET {a}3"), 0);
}
END_TEST

START_TEST(exchange_run__asks_a_replica_read_only)
{
    rig_t *rig = rig_on("retry=0 read-from=replica-on-failure breaker=1/1h");

    ck_given(rig, "{a}1", "a {a}1");
    actor_says(a, "GET", actor_close);
    ck_given(rig, "{a}2", "r {a}2");
    ck_given(rig, "{a}3", "r {a}3");
    ck_assert_str_eq(actor_seen(r),
                     "READONLY|GET {a}2|PTTL {a}2|GET {a}3|PTTL {a}3|");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REPLICA_READS), 2);
    /* b has none. */
    actor_says(b, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "{b}1", 500), UNAVAILABLE);
}
END_TEST

/* It redirects where it does not serve the slot any more; that is followed. */
START_TEST(exchange_run__follows_what_a_replica_says)
{
    rig_t *rig = rig_on("retry=0 read-from=replica-on-failure");

    ck_given(rig, "{a}1", "a {a}1");
    actor_says(a, "GET", actor_close);
    actor_says(r, "GET", actor_redirects("MOVED", slot_of_a, b));
    actor_says(b, "GET", ACTOR_NIL);
    /* b is the master now: what it does not know is not there. */
    ck_assert_int_eq(ask(rig, "{a}2", 3000), SHS_OUTCOME_ABSENT);
}
END_TEST

START_TEST(exchange_run__waits_for_a_cluster_that_is_down)
{
    rig_t *rig = rig_on("");

    actor_says_once(a, "GET", "-CLUSTERDOWN x\r\n");
    actor_says_once(a, "GET", "-TRYAGAIN x\r\n");
    ck_given(rig, "{a}1", "a {a}1");
}
END_TEST

START_TEST(exchange_run__says_that_no_member_tells_its_slots)
{
    rig_t *rig = rig_on("breaker=2/1h");

    actor_says(a, "CLUSTER",
               "-ERR This instance has cluster support"
               " disabled\r\n");
    ck_assert_int_eq(ask(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(got.reason, "cluster"));
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    ck_assert_int_eq(ask(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_int_eq(ask(rig, "{a}1", 500), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
}
END_TEST

START_TEST(exchange_run__keeps_the_deadline_while_members_hang)
{
    rig_t *rig = rig_on("breaker=off");

    actor_says(a, _i ? "GET" : "CLUSTER", actor_stall);
    ck_assert_int_eq(ask(rig, "{a}1", 150), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_TIMEOUTS), 1);
}
END_TEST

/* A redirection names whom one likes: not one of them is held for ever. */
START_TEST(exchange_run__redirections_fill_no_table)
{
    rig_t *rig = rig_on("breaker=off connect-timeout=50ms");
    int i;

    for (i = 0; i < SHS_NODES_MAX + 20; i++) {
        actor_says(a, "GET",
                   apr_psprintf(p, "-%s %d 127.0.0.%d:%d\r\n",
                                i % 2 ? "ASK" : "MOVED", slot_of_a, 2 + i % 200,
                                actor_refusing_port()));
        ask(rig, "{a}1", 2000);
        actor_says(a, "GET", NULL);
        if (i % 50 == 0) {
            tell_slots(a, b);
        }
    }
    /* What is named now can still be known. */
    actor_says(a, "GET", actor_redirects("ASK", slot_of_a, r));
    rig_await(rig_in_ms(1100));
    ck_given(rig, "{a}2", "r {a}2");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_test(tc, exchange_run__asks_who_serves_the_slot);
    tcase_add_test(tc, exchange_run__follows_moved_and_learns_it);
    tcase_add_test(tc, exchange_run__follows_moved_between_two_replies);
    tcase_add_test(tc, exchange_run__follows_ask_and_does_not_learn_it);
    tcase_add_test(tc, exchange_run__says_asking_again_on_another_connection);
    tcase_add_loop_test(
        tc, exchange_run__follows_no_more_than_five_redirections, 0, 2);
    tcase_add_loop_test(tc, exchange_run__advises_no_cluster_where_it_is_one, 0,
                        2);
    tcase_add_loop_test(tc, exchange_run__follows_no_odd_redirection, 0,
                        ROWS(odd));
    tcase_add_test(tc, exchange_run__says_that_nobody_serves_the_slot);
    tcase_add_test(tc,
                   exchange_run__asks_the_promoted_replica_in_the_same_lookup);
    tcase_add_test(tc, exchange_run__tells_of_no_slots_that_moved);
    tcase_add_test(
        tc, exchange_run__relies_on_no_connection_older_than_a_silent_one);
    tcase_add_loop_test(
        tc, exchange_run__has_one_breaker_for_a_node_that_is_new, 0, 2);
    tcase_add_test(tc, exchange_run__a_shard_that_is_down_blocks_no_other);
    tcase_add_test(tc, exchange_run__asks_a_replica_read_only);
    tcase_add_test(tc, exchange_run__follows_what_a_replica_says);
    tcase_add_test(tc, exchange_run__waits_for_a_cluster_that_is_down);
    tcase_add_test(tc, exchange_run__says_that_no_member_tells_its_slots);
    tcase_add_loop_test(tc, exchange_run__keeps_the_deadline_while_members_hang,
                        0, 2);
    tcase_add_test(tc, exchange_run__redirections_fill_no_table);
}

int main(void)
{
    return unit_main("exchange_cluster", add);
}
