/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads from a single server. Each value names the server and the key ("a s:k":
 * server a, key s:k), so each test sees which server's reply it got. Sentinels
 * and clusters are in test_store_redis_sentinel.c and
 * test_store_redis_cluster.c.
 */
#include "redis/store_redis.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"
#include "redis/connection/run_id.h"
#include "rig.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define MALFORMED   SHS_OUTCOME_MALFORMED
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

/* ----------------------------------------------------- a dead connection */

START_TEST(store_redis_load__retries_once_after_a_dead_connection)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies_once(a, "GET", actor_close);
    ck_loads(rig, "s:l", "a s:l");
    ck_assert_int_eq(actor_accepted(a), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_RETRIES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__does_not_retry_twice)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=off", NULL);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies(a, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(a, "GET s:l"), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNREACHABLE), 1);
    /* A new connection that dies is not retried at all. */
    ck_assert_int_eq(rig_load(rig, "s:m", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(a, "GET s:m"), 1);
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__does_not_retry_with_retry_0)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "retry=0 breaker=off", NULL);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies_once(a, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(a, "GET s:l"), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_RETRIES), 0);
    ck_loads(rig, "s:m", "a s:m");
    actor_stop(a);
}
END_TEST

/* A too large session must not close the connections of other users. */
START_TEST(store_redis_load__closes_one_connection_for_a_too_large_session)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);
    shs_conn_t *conns[2];
    const char *reason;
    shs_route_t route;
    int is_new, i;

    ck_assert_int_eq(shs_topology_find(&route, rig->client.topology, 0,
                                       unit_in_ms(5000), &reason, p),
                     SHS_CONN_OK);
    for (i = 0; i < 2; i++) {
        ck_assert_int_eq(shs_pool_borrow(&conns[i], &is_new,
                                         shs_node_pool(route.node),
                                         unit_in_ms(5000), &reason, p),
                         SHS_CONN_OK);
    }
    for (i = 0; i < 2; i++) {
        shs_pool_give_back(shs_node_pool(route.node), conns[i]);
    }
    ck_assert_int_eq(rig_load_sized(rig, "s:large", 5000, 3), MALFORMED);
    ck_loads(rig, "s:k", "a s:k");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_stop(a);
}
END_TEST

/* A firewall has dropped the state of all connections. */
START_TEST(store_redis_load__closes_connections_older_than_one_without_a_reply)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "retry=0", NULL);
    rig_t *sibling = rig_on_server(a, "", rig);
    shs_outcome_t first;
    int dialled;

    rig_fill_pool(rig, 0, 4);
    rig_fill_pool(sibling, 0, 3);
    dialled = actor_accepted(a);
    ck_assert_int_eq(dialled, 7);
    actor_replies_once(a, "GET", actor_stall);
    first = rig_load(rig, "s:1", 200);
    ck_assert_int_eq(first, UNAVAILABLE);
    ck_loads(rig, "s:2", "a s:2");
    ck_assert_int_eq(actor_accepted(a), dialled + 1);
    ck_loads(sibling, "s:3", "a s:3");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
    /* These connections have had a reply since. */
    ck_loads(rig, "s:4", "a s:4");
    ck_loads(sibling, "s:5", "a s:5");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
    actor_stop(a);
}
END_TEST

/* The server refused every command, and connections from before are idle. */
START_TEST(store_redis_load__probes_with_a_new_connection)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "retry=0 breaker=1/10ms", NULL);
    apr_time_t until = unit_in_ms(10000);

    rig_fill_pool(rig, 0, 3);
    actor_replies_once(a, "GET", "-ERR x\r\n");
    ck_assert_int_eq(rig_load(rig, "s:k", 5000), UNAVAILABLE);
    ck_breaker(rig, "open");
    ck_assert_int_eq(actor_accepted(a), 3);
    while (rig_load(rig, "s:l", 5000) != FOUND) {
        ck_assert_int_lt(shs_clock_now(), until);
    }
    ck_assert_int_eq(actor_accepted(a), 4);
    actor_stop(a);
}
END_TEST

/* -------------------------------------------------------- not ready yet */

static const char *const not_ready[] = { "-LOADING SECRET\r\n",
                                         "-MASTERDOWN SECRET\r\n",
                                         "-CLUSTERDOWN SECRET\r\n",
                                         "-TRYAGAIN SECRET\r\n" };

START_TEST(store_redis_load__waits_for_a_server_that_is_not_ready)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    actor_replies_once(a, "GET", not_ready[_i]);
    actor_replies_once(a, "GET", not_ready[_i]);
    ck_loads(rig, "s:k", "a s:k");
    ck_assert_int_eq(actor_received(a, "GET"), 3);
    ck_assert_msg(actor_accepted(a) == 1, "a good connection was closed");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__waits_no_longer_than_the_deadline)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    actor_replies(a, "GET", not_ready[_i]);
    ck_assert_int_eq(rig_load(rig, "s:k", 200), UNAVAILABLE);
    ck_assert_msg(actor_received(a, "GET") > 2, "received %d times",
                  actor_received(a, "GET"));
    /* Eight times if each reply comes at once; never more often than this
     * (test_backoff.c). */
    ck_assert_int_le(actor_received(a, "GET"), 12);
    ck_assert_int_eq(actor_accepted(a), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 1);
    ck_assert_ptr_null(strstr(rig_result.reason, "SECRET"));
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__reports_not_ready_rather_than_the_timeout_after_it)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    actor_replies(a, "GET", actor_stall);
    actor_replies_once(a, "GET", not_ready[_i]);
    ck_assert_int_eq(rig_load(rig, "s:k", 200), UNAVAILABLE);
    ck_assert_int_eq(actor_received(a, "GET"), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_TIMEOUTS), 0);
    actor_stop(a);
}
END_TEST

/* Replies take a while, as over a long distance: an attempt that starts too
 * late costs the connection. */
START_TEST(store_redis_load__sends_nothing_too_late_for_its_reply)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=off", NULL);

    actor_replies(a, "GET", not_ready[_i]);
    actor_replies(a, "GET", actor_slow);
    ck_assert_int_eq(rig_load(rig, "s:k", 500), UNAVAILABLE);
    ck_assert_int_gt(actor_received(a, "GET"), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    actor_replies(a, "GET", NULL);
    ck_loads(rig, "s:l", "a s:l");
    ck_assert_int_eq(actor_accepted(a), 1);
    actor_stop(a);
}
END_TEST

/* ------------------------------------------------------------- the table */

static const struct {
    const char *reply;
    shs_outcome_t outcome;
    shs_counter_t cause;
    int is_refusal;
    int may_stay_open; /* the connection */
    const char *why;
} errors[] = {
    { "-NOAUTH SECRET\r\n", UNAVAILABLE, SHS_COUNTER_REFUSED, 1, 0,
      "a password is missing, or AUTH was not sent" },
    { "-NOPERM SECRET\r\n", UNAVAILABLE, SHS_COUNTER_REFUSED, 1, 1,
      "the user may not GET" },
    { "-OOM SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OUT_OF_MEMORY, 0, 1,
      "it has no memory left" },
    { "-BUSY SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "it runs a script" },
    { "-ERR SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "anything else" },
    { "-MOVED 1 SECRET:1\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "the URL names no cluster" },
    { "-READONLY SECRET\r\n", UNAVAILABLE, SHS_COUNTER_READ_ONLY, 0, 0,
      "a single server that was made a replica" },
    { "-WRONGTYPE SECRET\r\n", MALFORMED, SHS_COUNTER_UNAVAILABLE, 0, 1,
      "it is about the key" },
    { ACTOR_LAST "-ERR max number of clients reached\r\n", UNAVAILABLE,
      SHS_COUNTER_MAX_CLIENTS, 0, 0, "it turns clients away" },
    { "+OK\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0,
      "GET gives no status: out of step" },
    { "SECRET\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0, "no Redis" },
};

START_TEST(store_redis_load__distinguishes_errors)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=off", NULL);

    actor_replies(a, "GET", errors[_i].reply);
    ck_assert_msg(rig_load(rig, "s:k", 5000) == errors[_i].outcome, "%s: %s",
                  errors[_i].why, rig_result.reason);
    ck_assert_msg(rig_result.is_refusal == errors[_i].is_refusal, "%s",
                  errors[_i].why);
    ck_assert_ptr_null(strstr(rig_result.reason, "SECRET"));
    if (errors[_i].outcome == UNAVAILABLE) {
        ck_assert_msg(rig_counter(rig, errors[_i].cause) == 1, "%s",
                      errors[_i].why);
    }
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE),
                      errors[_i].outcome == UNAVAILABLE);
    actor_replies(a, "GET", NULL);
    ck_loads(rig, "s:l", "a s:l");
    ck_assert_msg(actor_accepted(a) == (errors[_i].may_stay_open ? 1 : 2), "%s",
                  errors[_i].why);
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__names_the_cure_for_a_member_of_a_cluster)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=off", NULL);

    actor_replies(a, "GET", "-MOVED 1 SECRET:1\r\n");
    ck_assert_int_eq(rig_load(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_msg(strstr(rig_result.reason, "write redis+cluster://"), "%s",
                  rig_result.reason);
    actor_stop(a);
}
END_TEST

/* The password changed, or CLIENT KILL after a new ACL: a new connection sends
 * AUTH first. */
START_TEST(store_redis_load__reconnects_once_after_a_lost_login)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=off", NULL);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies_once(a, "GET", "-NOAUTH x\r\n");
    ck_loads(rig, "s:l", "a s:l");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_replies(a, "GET", "-NOAUTH x\r\n");
    ck_assert_int_eq(rig_load(rig, "s:m", 5000), UNAVAILABLE);
    ck_assert(rig_result.is_refusal);
    ck_assert_int_eq(actor_received(a, "GET s:m"), 2);
    actor_stop(a);
}
END_TEST

/* ... and without a retry the connection is not left to the next command. */
START_TEST(store_redis_load__closes_a_connection_that_lost_its_login)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=off retry=0", NULL);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies_once(a, "GET", "-NOAUTH x\r\n");
    ck_assert_int_eq(rig_load(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert(rig_result.is_refusal);
    ck_assert_int_eq(actor_accepted(a), 1);
    ck_loads(rig, "s:m", "a s:m");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__reports_a_refusal_once_a_minute)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=2/1h", NULL);
    int i;

    actor_replies(a, "AUTH", "-WRONGPASS x\r\n");
    actor_replies(a, "GET", "-NOPERM x\r\n");
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(rig_load(rig, "s:k", 5000), UNAVAILABLE);
        ck_assert(rig_result.is_refusal);
        ck_assert_int_eq(rig_result.transition,
                         i == 0 ? SHS_TRANSITION_REFUSED : SHS_TRANSITION_NONE);
    }
    ck_assert_ptr_nonnull(rig_result.reason);
    actor_stop(a);
}
END_TEST

/* ------------------------------------------------------------ the breaker */

START_TEST(store_redis_load__sends_nothing_while_the_breaker_is_open)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=3/1h retry=0", NULL);
    int i;

    ck_loads(rig, "s:k", "a s:k");
    actor_replies(a, "GET", actor_close);
    actor_replies(a, "STRLEN", actor_close);
    for (i = 1; i <= 3; i++) {
        ck_breaker(rig, "closed");
        ck_assert_int_eq(rig_load(rig, "s:l", 5000), UNAVAILABLE);
        ck_assert_int_eq(rig_result.transition,
                         i == 3 ? SHS_TRANSITION_DOWN : SHS_TRANSITION_NONE);
        ck_assert_int_eq(rig_result.transition_reason != NULL, i == 3);
    }
    ck_breaker(rig, "open");
    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(rig_load(rig, "s:m", 5000), UNAVAILABLE);
        ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
        ck_assert_int_lt(rig_took, 1000 * unit_slack_ms());
    }
    ck_assert_int_eq(actor_received(a, "GET s:m"), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 10);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OUTAGES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 13);
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__closes_the_breaker_with_a_probe)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=1/10ms retry=0", NULL);
    apr_time_t until = unit_in_ms(10000);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies(a, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "s:l", 5000), UNAVAILABLE);
    ck_breaker(rig, "closed"); /* it may be the key */
    ck_assert_int_eq(rig_load(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    actor_replies(a, "GET", NULL);
    while (rig_load(rig, "s:m", 5000) != FOUND) {
        ck_assert_int_lt(shs_clock_now(), until);
    }
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_UP);
    ck_breaker(rig, "closed");
    ck_loads(rig, "s:n", "a s:n");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    actor_stop(a);
}
END_TEST

/* A server that refuses a command is up: that ends the outage, and the refusal
 * has its own line. */
static const char *const refusals[] = { "-NOPERM x\r\n", "-NOAUTH x\r\n",
                                        "-WRONGPASS x\r\n" };

START_TEST(store_redis_load__closes_the_breaker_with_a_refusal)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=1/10ms retry=0", NULL);
    apr_time_t until = unit_in_ms(5000);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies(a, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_load(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    actor_replies(a, "GET", refusals[_i]);
    while (actor_received(a, "GET s:m") == 0) {
        ck_assert_int_eq(rig_load(rig, "s:m", 5000), UNAVAILABLE);
        ck_assert_int_lt(shs_clock_now(), until);
    }
    ck_assert(rig_result.is_refusal);
    ck_breaker(rig, "closed");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_UP);
    ck_assert_int_eq(rig_load(rig, "s:n", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_REFUSED);
    ck_breaker(rig, "closed");
    actor_stop(a);
}
END_TEST

/* ---------------------------------------------------------------- big keys */

START_TEST(store_redis_load__loads_the_size_first_after_a_missing_value)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=5/1h", NULL);

    actor_replies(a, "GET s:big", _i ? actor_stall : actor_close);
    ck_assert_int_eq(rig_load(rig, "s:big", 200), UNAVAILABLE);
    ck_assert_int_eq(actor_received(a, "STRLEN"), 0);
    /* Too large: the value is not loaded again, and the connection stays. */
    actor_replies(a, "STRLEN s:big", ":65537\r\n");
    ck_assert_int_eq(rig_load(rig, "s:big", 5000), MALFORMED);
    ck_assert_int_eq(rig_load(rig, "s:big", 5000), MALFORMED);
    ck_assert_int_eq(actor_received(a, "GET s:big"), 1);
    ck_assert_int_eq(actor_received(a, "STRLEN"), 2);
    ck_assert_int_eq(actor_accepted(a), 2);
    /* Other keys are loaded as before. */
    ck_loads(rig, "s:k", "a s:k");
    ck_assert_int_eq(actor_received(a, "STRLEN s:k"), 0);
    /* It has become a session, and is loaded like any other. */
    actor_replies(a, "STRLEN s:big", NULL);
    actor_replies(a, "GET s:big", NULL);
    ck_loads(rig, "s:big", "a s:big");
    ck_loads(rig, "s:big", "a s:big");
    ck_assert_int_eq(actor_received(a, "STRLEN"), 3);
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__loads_the_size_first_after_a_too_large_value)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    ck_assert_int_eq(rig_load_sized(rig, "s:big", 5000, 3), MALFORMED);
    actor_replies(a, "STRLEN", ":9\r\n");
    ck_assert_int_eq(rig_load_sized(rig, "s:big", 5000, 3), MALFORMED);
    ck_assert_int_eq(actor_received(a, "GET"), 1);
    actor_stop(a);
}
END_TEST

/* Four clients, or four thousand, load one key. */
START_TEST(store_redis_load__does_not_open_the_breaker_for_one_key)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=2/1h retry=0", NULL);
    int i;

    ck_loads(rig, "s:k", "a s:k");
    /* The size cannot be loaded. */
    actor_replies(a, "STRLEN", "-NOPERM x\r\n");
    actor_replies(a, "GET s:big", actor_close);
    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(rig_load(rig, "s:big", 5000), UNAVAILABLE);
        ck_breaker(rig, "closed");
    }
    ck_assert_int_eq(actor_received(a, "GET s:big"), 10);
    ck_loads(rig, "s:k", "a s:k");
    actor_stop(a);
}
END_TEST

/* An outage of a site with a single user. */
START_TEST(store_redis_load__opens_the_breaker_for_one_key_of_a_dead_server)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=3/1h retry=0", NULL);
    int i;

    ck_loads(rig, "s:k", "a s:k");
    actor_replies(a, "GET", actor_stall);
    actor_replies(a, "STRLEN", actor_stall);
    for (i = 0; i < 3; i++) {
        ck_breaker(rig, "closed");
        ck_assert_int_eq(rig_load(rig, "s:k", 50), UNAVAILABLE);
    }
    ck_breaker(rig, "open");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    actor_stop(a);
}
END_TEST

/* A reply about the key, and a refusal, are replies. */
static const char *const about_the_key[] = { ACTOR_NIL, "-WRONGTYPE x\r\n",
                                             "-NOPERM x\r\n" };

START_TEST(store_redis_load__does_not_open_the_breaker_for_a_reply)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "breaker=1/1h", NULL);
    int i;

    actor_replies(a, "GET", about_the_key[_i]);
    for (i = 0; i < 3; i++) {
        ck_assert_int_ne(rig_load(rig, "s:k", 5000), FOUND);
    }
    ck_assert_int_eq(rig_load_sized(rig, "s:k", 5000, 1) == FOUND, 0);
    ck_breaker(rig, "closed");
    ck_assert_int_eq(actor_received(a, "GET"), 4);
    actor_stop(a);
}
END_TEST

typedef struct loader_t {
    const rig_t *rig;
    const char *key;
    int ms;
    int rounds;
    int found, strangers, late;
    apr_time_t longest;
    apr_uint32_t server_id; /* of the last reply */
    int tid;                /* of its thread, when it runs */
} loader_t;

static int running; /* loaders */

static void *load_often(void *data)
{
    loader_t *loader = data;
    apr_pool_t *own;
    int i;

    __atomic_store_n(&loader->tid, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
    apr_pool_create(&own, NULL);
    for (i = 0; i < loader->rounds; i++) {
        const char *key = apr_psprintf(own, "%s-%d", loader->key, i);
        shs_query_t query = {
            { key, strlen(key) }, SHS_SHAPE_STRING, 65536, 0
        };
        apr_time_t begun = shs_clock_now();
        shs_result_t result = { 0 };

        query.deadline = begun + loader->ms * (apr_time_t)1000;
        if (shs_store_redis_load(&result, &loader->rig->client, &query, own)
            == FOUND) {
            const char *value = apr_psprintf(own, "a %s", key);

            loader->found++;
            loader->strangers +=
                result.record.string.len != strlen(value)
                || memcmp(result.record.string.data, value, strlen(value));
        }
        loader->server_id = result.server_id;
        begun = shs_clock_now() - begun;
        loader->longest = begun > loader->longest ? begun : loader->longest;
        apr_pool_clear(own);
    }
    apr_pool_destroy(own);
    __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* A full pool says nothing about the server. */
START_TEST(store_redis_load__does_not_open_the_breaker_for_a_full_pool)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "pool=1 breaker=1/1h", NULL);
    loader_t loader = { rig, "s:slow", 20000, 1, 0, 0, 0, 0, 0, 0 };
    pthread_t thread;

    ck_loads(rig, "s:k", "a s:k");
    actor_replies_once(a, "GET", actor_wait);
    ck_assert_int_eq(pthread_create(&thread, NULL, load_often, &loader), 0);
    actor_await(a, "GET s:slow-0", 1);
    ck_assert_int_eq(rig_load(rig, "s:l", 50), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_POOL_FULL), 1);
    ck_breaker(rig, "closed");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    actor_resume(a);
    pthread_join(thread, NULL);
    ck_assert_int_eq(loader.found, 1);
    actor_stop(a);
}
END_TEST

/* ------------------------------------------------------------- deadlines */

static const struct {
    const char *command;
    const char *reply;
    const char *why;
} slow[] = {
    { "AUTH", actor_stall, "does not reply to the handshake" },
    { "GET", actor_stall, "does not reply" },
    { "PTTL", actor_stall, "sends half of the replies" },
    { "GET", "$100\r\nabc", "sends half a value" },
    { "GET", "-LOADING x\r\n", "is never ready" },
};

START_TEST(store_redis_load__keeps_the_deadline)
{
    actor_t *a = actor_start("a");
    rig_t *rig =
        rig_create(apr_psprintf(p, "redis://:pw@127.0.0.1:%d", actor_port(a)),
                   "breaker=off", NULL);

    actor_replies(a, slow[_i].command, slow[_i].reply);
    ck_assert_msg(rig_load(rig, "s:k", 100) == UNAVAILABLE, "%s", slow[_i].why);
    actor_replies(a, slow[_i].command, NULL);
    ck_loads(rig, "s:l", "a s:l");
    actor_stop(a);
}
END_TEST

START_TEST(store_redis_load__sends_nothing_after_the_deadline)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    ck_assert_int_eq(rig_load(rig, "s:k", 0), UNAVAILABLE);
    ck_loads(rig, "s:l", "a s:l");
    ck_assert_int_eq(actor_received(a, "GET s:k"), 0);
    actor_stop(a);
}
END_TEST

/* The worst case: a late or torn reply is taken for the reply to the next
 * command. */
START_TEST(store_redis_load__never_returns_another_keys_session)
{
    enum { THREADS = 12 };
    static const struct {
        const char *command;
        const char *reply;
    } mischief[] = {
        { "GET", actor_close },
        { "GET", "-LOADING x\r\n" },
        { "GET", "$40\r\nab" },
        { "PTTL", ":5000\r\n$8\r\na stolen\r\n:5\r\n" },
        { "PTTL", actor_stall },
        { "GET", "-NOAUTH x\r\n" },
        { "PTTL", actor_close },
    };
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "pool=3 breaker=off", NULL);
    loader_t loaders[THREADS];
    pthread_t threads[THREADS];
    int found = 0;
    int i;

    running = THREADS;
    for (i = 0; i < THREADS; i++) {
        memset(&loaders[i], 0, sizeof(loaders[i]));
        loaders[i].rig = rig;
        loaders[i].key = apr_psprintf(p, "s:%d", i);
        loaders[i].ms = 60;
        loaders[i].rounds = 40;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, load_often, &loaders[i]), 0);
    }
    /* One at a time, each after the last one has had its effect. */
    for (i = 0; __atomic_load_n(&running, __ATOMIC_SEQ_CST) > 0; i++) {
        int before = actor_received(a, "GET");

        actor_replies_once(a, mischief[i % ROWS(mischief)].command,
                           mischief[i % ROWS(mischief)].reply);
        unit_await(actor_received(a, "GET") >= before + 4
                       || __atomic_load_n(&running, __ATOMIC_SEQ_CST) == 0,
                   "the loads do not go on");
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(loaders[i].strangers, 0);
        ck_assert_int_le(loaders[i].longest,
                         (60 + unit_slack_ms()) * (apr_time_t)1000);
        found += loaders[i].found;
    }
    ck_assert_msg(found > 50, "only %d were found", found);
    actor_stop(a);
}
END_TEST

/* ------------------------------------------------------------------ run id */

#define INFO_X "$10\r\nrun_id:x\r\n\r\n"
#define INFO_Y "$10\r\nrun_id:y\r\n\r\n"

static apr_uint32_t number_of(const char *info)
{
    shs_reply_t reply = { .kind = SHS_REPLY_STRING,
                          .text = { info + 5, strlen(info) - 7 } };

    return shs_run_id_parse(&reply);
}

/* INFO is sent only if it is needed: a service may not support it. */
START_TEST(store_redis_load__loads_the_run_id_only_while_tracking_is_active)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    actor_replies(a, "INFO", INFO_X);
    ck_loads(rig, "k", "a k");
    ck_assert_int_eq(actor_received(a, "INFO"), 0);
    ck_assert_uint_eq(rig_result.server_id, SHS_RUN_ID_UNKNOWN);
    rig->host_state->tracking.is_active = 1;
    ck_loads(rig, "k", "a k");
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_X));
    ck_loads(rig, "k", "a k");
    ck_loads(rig, "l", "a l");
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_X));
    ck_assert_int_eq(actor_received(a, "INFO"), 1);
    ck_assert_int_eq(actor_accepted(a), 1);
    actor_stop(a);
}
END_TEST

/* So that the near-cache can remember that there is no session. */
START_TEST(store_redis_load__returns_the_run_id_of_a_too_large_session)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    rig->host_state->tracking.is_active = 1;
    actor_replies(a, "INFO", INFO_X);
    ck_loads(rig, "k", "a k");
    ck_assert_int_eq(rig_load_sized(rig, "k", 5000, 2), MALFORMED);
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_X));
    actor_replies(a, "STRLEN k", ":3\r\n");
    ck_assert_int_eq(rig_load_sized(rig, "k", 5000, 2), MALFORMED);
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_X));
    actor_replies(a, "GET k", "-WRONGTYPE no\r\n");
    actor_replies(a, "STRLEN k", "-WRONGTYPE no\r\n");
    ck_assert_int_eq(rig_load_sized(rig, "k", 5000, 2), MALFORMED);
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_X));
    actor_stop(a);
}
END_TEST

/* Each connection may lead to another server. */
START_TEST(store_redis_load__loads_the_run_id_of_each_connection)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    rig->host_state->tracking.is_active = 1;
    actor_replies(a, "INFO", INFO_X);
    ck_loads(rig, "k", "a k");
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_X));
    actor_replies(a, "INFO", INFO_Y);
    actor_disconnect(a);
    ck_loads(rig, "k", "a k");
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_Y));
    actor_stop(a);
}
END_TEST

static void start_loader(pthread_t *thread, loader_t *loader, const rig_t *rig,
                         int nth)
{
    memset(loader, 0, sizeof(*loader));
    loader->rig = rig;
    loader->key = apr_psprintf(p, "s:%d", nth);
    loader->ms = 100000;
    loader->rounds = 1;
    ck_assert_int_eq(pthread_create(thread, NULL, load_often, loader), 0);
}

/* All senders have to wait for their replies: then the next loads are queued,
 * and the first sender to go on leaves them to one of their threads. */
START_TEST(store_redis_load__a_batch_does_not_wait_for_the_run_id)
{
    enum { SENDERS = 6, MEMBERS = 4, ALL = SENDERS + MEMBERS };
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(
        a, "pool=12 breaker=off share=on timeout=100s connect-timeout=9s",
        NULL);
    loader_t loaders[ALL];
    pthread_t threads[ALL];
    int unknown = 0;
    int i;

    running = ALL;
    actor_replies(a, "GET", actor_wait);
    for (i = 0; i < SENDERS; i++) {
        start_loader(&threads[i], &loaders[i], rig, i);
        actor_await(a, "GET", i + 1);
        unit_let_pass(unit_in_ms(11)); /* after which one more may send */
    }
    for (; i < ALL; i++) {
        start_loader(&threads[i], &loaders[i], rig, i);
        unit_await(__atomic_load_n(&loaders[i].tid, __ATOMIC_SEQ_CST) != 0,
                   "no thread");
        unit_await_sleeper(loaders[i].tid);
    }
    actor_resume(a);
    actor_await(a, "GET", SENDERS + 1);
    rig->host_state->tracking.is_active = 1;
    actor_replies(a, "INFO", actor_stall);
    actor_replies(a, "GET", NULL);
    for (i = 0; i < SENDERS; i++) {
        actor_resume(a);
    }
    actor_await(a, "INFO", SENDERS);
    unit_await(__atomic_load_n(&running, __ATOMIC_SEQ_CST) < ALL - 1,
               "the batch waits for INFO");
    for (i = SENDERS; i < ALL; i++) {
        unknown += loaders[i].server_id == SHS_RUN_ID_UNKNOWN;
    }
    ck_assert_int_gt(unknown, 0);
    actor_replies(a, "INFO", INFO_X);
    actor_disconnect(a);
    for (i = 0; i < ALL; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(loaders[i].found, 1);
        ck_assert_int_eq(loaders[i].strangers, 0);
    }
    actor_stop(a);
}
END_TEST

/* The reply came before INFO. */
START_TEST(store_redis_load__accepts_the_reply_without_a_run_id)
{
    static const char *const replies[] = { "-NOPERM no\r\n", "$0\r\n\r\n",
                                           actor_close, actor_stall };
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);
    int n;

    rig->host_state->tracking.is_active = 1;
    actor_replies(a, "INFO", replies[_i]);
    for (n = 0; n < 3; n++) {
        ck_assert_int_eq(rig_load(rig, "k", _i == 3 ? 200 : 10000), FOUND);
        ck_octets_eq(rig_result.record.string, unit_text("a k"),
                     "which server's value?");
        ck_assert_uint_eq(rig_result.server_id, SHS_RUN_ID_UNKNOWN);
    }
    ck_assert_int_eq(actor_accepted(a), _i < 2 ? 1 : 3);
    ck_assert_int_eq(actor_received(a, "INFO"), _i < 2 ? 1 : 3);
    actor_stop(a);
}
END_TEST

/* Pooled connections to the server that was tracked before are closed; a new
 * connection is used, wherever it leads. */
START_TEST(store_redis_load__closes_connections_to_the_server_tracked_before)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    rig->host_state->tracking.is_active = 1;
    rig->host_state->tracking.generation = 1;
    rig->host_state->tracking.run_id = number_of(INFO_X);
    actor_replies(a, "INFO", INFO_X);
    ck_loads(rig, "k", "a k");
    ck_loads(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 1);
    /* The tracker has changed to y; a load balancer still leads to x. */
    rig->host_state->tracking.run_id = number_of(INFO_Y);
    rig->host_state->tracking.generation = 2;
    ck_loads(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    ck_loads(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    /* Several servers are tracked: any of them will do. */
    rig->host_state->tracking.run_id = 0;
    rig->host_state->tracking.generation = 3;
    ck_loads(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_stop(a);
}
END_TEST

/* A new connection leads to another server than the tracked one. An old
 * connection proves nothing, and is closed. */
START_TEST(store_redis_load__reports_another_server_found_by_a_new_connection)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on_server(a, "", NULL);

    actor_replies(a, "INFO", INFO_Y);
    ck_loads(rig, "k", "a k");
    rig->host_state->tracking.is_active = 1;
    rig->host_state->tracking.run_id = number_of(INFO_X);
    ck_loads(rig, "k", "a k");
    ck_assert_uint_eq(rig_result.server_id, number_of(INFO_Y));
    ck_assert_uint_eq(rig->host_state->tracking.other_run_id, 0);
    ck_loads(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    ck_assert_uint_eq(rig->host_state->tracking.other_run_id,
                      number_of(INFO_Y));
    rig->host_state->tracking.other_run_id = 0;
    actor_disconnect(a);
    actor_replies(a, "INFO", INFO_X);
    ck_loads(rig, "k", "a k");
    ck_assert_uint_eq(rig->host_state->tracking.other_run_id, 0);
    actor_stop(a);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(
        tc, store_redis_load__loads_the_run_id_only_while_tracking_is_active);
    tcase_add_test(tc,
                   store_redis_load__returns_the_run_id_of_a_too_large_session);
    tcase_add_test(tc, store_redis_load__loads_the_run_id_of_each_connection);
    tcase_add_test(tc, store_redis_load__a_batch_does_not_wait_for_the_run_id);
    tcase_add_loop_test(
        tc, store_redis_load__accepts_the_reply_without_a_run_id, 0, 4);
    tcase_add_test(
        tc, store_redis_load__closes_connections_to_the_server_tracked_before);
    tcase_add_test(
        tc, store_redis_load__reports_another_server_found_by_a_new_connection);
    tcase_add_test(tc, store_redis_load__retries_once_after_a_dead_connection);
    tcase_add_test(tc, store_redis_load__does_not_retry_twice);
    tcase_add_test(tc, store_redis_load__does_not_retry_with_retry_0);
    tcase_add_test(
        tc, store_redis_load__closes_one_connection_for_a_too_large_session);
    tcase_add_test(
        tc,
        store_redis_load__closes_connections_older_than_one_without_a_reply);
    tcase_add_test(tc, store_redis_load__probes_with_a_new_connection);
    tcase_add_loop_test(tc,
                        store_redis_load__waits_for_a_server_that_is_not_ready,
                        0, ROWS(not_ready));
    tcase_add_loop_test(tc, store_redis_load__waits_no_longer_than_the_deadline,
                        0, ROWS(not_ready));
    tcase_add_loop_test(tc,
                        store_redis_load__sends_nothing_too_late_for_its_reply,
                        0, ROWS(not_ready));
    tcase_add_loop_test(
        tc,
        store_redis_load__reports_not_ready_rather_than_the_timeout_after_it, 0,
        ROWS(not_ready));
    tcase_add_loop_test(tc, store_redis_load__distinguishes_errors, 0,
                        ROWS(errors));
    tcase_add_test(tc,
                   store_redis_load__names_the_cure_for_a_member_of_a_cluster);
    tcase_add_test(tc, store_redis_load__reconnects_once_after_a_lost_login);
    tcase_add_test(tc,
                   store_redis_load__closes_a_connection_that_lost_its_login);
    tcase_add_test(tc, store_redis_load__reports_a_refusal_once_a_minute);
    tcase_add_test(tc,
                   store_redis_load__sends_nothing_while_the_breaker_is_open);
    tcase_add_test(tc, store_redis_load__closes_the_breaker_with_a_probe);
    tcase_add_loop_test(tc, store_redis_load__closes_the_breaker_with_a_refusal,
                        0, ROWS(refusals));
    tcase_add_loop_test(
        tc, store_redis_load__loads_the_size_first_after_a_missing_value, 0, 2);
    tcase_add_test(
        tc, store_redis_load__loads_the_size_first_after_a_too_large_value);
    tcase_add_test(tc, store_redis_load__does_not_open_the_breaker_for_one_key);
    tcase_add_test(
        tc, store_redis_load__opens_the_breaker_for_one_key_of_a_dead_server);
    tcase_add_loop_test(tc,
                        store_redis_load__does_not_open_the_breaker_for_a_reply,
                        0, ROWS(about_the_key));
    tcase_add_test(tc,
                   store_redis_load__does_not_open_the_breaker_for_a_full_pool);
    tcase_add_loop_test(tc, store_redis_load__keeps_the_deadline, 0,
                        ROWS(slow));
    tcase_add_test(tc, store_redis_load__sends_nothing_after_the_deadline);
    tcase_add_test(tc, store_redis_load__never_returns_another_keys_session);
}

int main(void)
{
    return unit_main("store_redis_load", add);
}
