/* SPDX-License-Identifier: Apache-2.0
 *
 * Every value tells who gave it and to which key ("a s:k": actor a, key s:k),
 * so each test sees whose answer it got. What Sentinels and clusters add is in
 * test_exchange_sentinel.c and test_exchange_cluster.c.
 */
#include "redis/exchange.h"

#include <pthread.h>
#include <unistd.h>

#include "actor.h"
#include "redis/identity.h"
#include "rig.h"
#include "store/clock.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define MALFORMED   SHS_OUTCOME_MALFORMED
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

/* What the last question came to. */
static shs_answer_t got;
static apr_time_t took;

static shs_outcome_t ask_sized(const rig_t *rig, const char *key, int ms,
                               apr_size_t max_octets)
{
    shs_query_t query = { unit_text(key), SHS_SHAPE_STRING, max_octets, 0 };
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

static shs_outcome_t ask(const rig_t *rig, const char *key, int ms)
{
    return ask_sized(rig, key, ms, 65536);
}

#define ck_given(rig, key, value)                                           \
    do {                                                                    \
        shs_outcome_t outcome_ = ask((rig), (key), 10000);                  \
        ck_assert_msg(outcome_ == FOUND, "%d: %s", outcome_, got.reason);   \
        ck_octets_eq(got.record.string, unit_text(value), "whose answer?"); \
    } while (0)

static rig_t *rig_on(const actor_t *actor, const char *options)
{
    return rig_create(
        apr_psprintf(p, "redis://127.0.0.1:%d", actor_port(actor)), options,
        NULL);
}

static const shs_breaker_t *breaker_of(const rig_t *rig)
{
    return &rig->shared->breaker;
}

#define ck_breaker(rig, state)                                               \
    ck_assert_str_eq(shs_breaker_describe(breaker_of(rig), shs_clock_now()), \
                     (state))

/* ----------------------------------------------------- a dead connection */

START_TEST(exchange_run__asks_a_dead_connections_question_once_more)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    ck_given(rig, "s:k", "a s:k");
    actor_says_once(a, "GET", actor_close);
    ck_given(rig, "s:l", "a s:l");
    ck_assert_int_eq(actor_accepted(a), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_RETRIES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__asks_no_third_time)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=off");

    ck_given(rig, "s:k", "a s:k");
    actor_says(a, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(a, "GET s:l"), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNREACHABLE), 1);
    /* Nor does a connection that was dialled for it die in vain. */
    ck_assert_int_eq(ask(rig, "s:m", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(a, "GET s:m"), 1);
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__asks_once_where_retry_is_0)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "retry=0 breaker=off");

    ck_given(rig, "s:k", "a s:k");
    actor_says_once(a, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(a, "GET s:l"), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_RETRIES), 0);
    ck_given(rig, "s:m", "a s:m");
    actor_stop(a);
}
END_TEST

/* A user whose session is too large is no reason to dial for all the others. */
START_TEST(exchange_run__one_session_too_large_costs_one_connection)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");
    shs_conn_t *conns[2];
    const char *reason;
    shs_route_t route;
    int is_new, i;

    ck_assert_int_eq(shs_topology_find(&route, rig->client.topology, 0,
                                       rig_in_ms(5000), &reason, p),
                     SHS_CONN_OK);
    for (i = 0; i < 2; i++) {
        ck_assert_int_eq(shs_pool_borrow(&conns[i], &is_new,
                                         shs_node_pool(route.node),
                                         rig_in_ms(5000), &reason, p),
                         SHS_CONN_OK);
    }
    for (i = 0; i < 2; i++) {
        shs_pool_give_back(shs_node_pool(route.node), conns[i]);
    }
    ck_assert_int_eq(ask_sized(rig, "s:large", 5000, 3), MALFORMED);
    ck_given(rig, "s:k", "a s:k");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_stop(a);
}
END_TEST

/* A firewall has lost what it knew of all of them. */
START_TEST(exchange_run__relies_on_no_connection_older_than_a_silent_one)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "retry=0");
    rig_t *sibling = rig_create(
        apr_psprintf(p, "redis://127.0.0.1:%d", actor_port(a)), "", rig);
    shs_outcome_t first;
    int dialled;

    rig_fill_pool(rig, 0, 4);
    rig_fill_pool(sibling, 0, 3);
    dialled = actor_accepted(a);
    ck_assert_int_eq(dialled, 7);
    actor_says_once(a, "GET", actor_stall);
    first = ask(rig, "s:1", 200);
    ck_assert_int_eq(first, UNAVAILABLE);
    ck_given(rig, "s:2", "a s:2");
    ck_assert_int_eq(actor_accepted(a), dialled + 1);
    ck_given(sibling, "s:3", "a s:3");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
    /* These have answered since. */
    ck_given(rig, "s:4", "a s:4");
    ck_given(sibling, "s:5", "a s:5");
    ck_assert_int_eq(actor_accepted(a), dialled + 2);
    actor_stop(a);
}
END_TEST

/* Of a server that turned all away, and of connections from before. */
START_TEST(exchange_run__probes_by_a_new_connection)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "retry=0 breaker=1/10ms");
    apr_time_t until = rig_in_ms(10000);

    rig_fill_pool(rig, 0, 3);
    actor_says_once(a, "GET", "-ERR x\r\n");
    ck_assert_int_eq(ask(rig, "s:k", 5000), UNAVAILABLE);
    ck_breaker(rig, "open");
    ck_assert_int_eq(actor_accepted(a), 3);
    while (ask(rig, "s:l", 5000) != FOUND) {
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

START_TEST(exchange_run__waits_for_who_will_answer_soon)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    actor_says_once(a, "GET", not_ready[_i]);
    actor_says_once(a, "GET", not_ready[_i]);
    ck_given(rig, "s:k", "a s:k");
    ck_assert_int_eq(actor_asked(a, "GET"), 3);
    ck_assert_msg(actor_accepted(a) == 1, "a good connection was thrown away");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__waits_no_longer_than_the_deadline)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    actor_says(a, "GET", not_ready[_i]);
    ck_assert_int_eq(ask(rig, "s:k", 200), UNAVAILABLE);
    ck_assert_msg(actor_asked(a, "GET") > 2, "asked %d times",
                  actor_asked(a, "GET"));
    ck_assert_int_lt(actor_asked(a, "GET"), 60);
    ck_assert_int_eq(actor_accepted(a), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 1);
    ck_assert_ptr_null(strstr(got.reason, "SECRET"));
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__who_was_told_to_wait_says_so_after_the_deadline)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    actor_says(a, "GET", actor_stall);
    actor_says_once(a, "GET", not_ready[_i]);
    ck_assert_int_eq(ask(rig, "s:k", 200), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(a, "GET"), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_TIMEOUTS), 0);
    actor_stop(a);
}
END_TEST

/* Its answers take a while, as on a long way: what is asked too late for one
 * costs the connection. */
START_TEST(exchange_run__asks_nothing_that_cannot_be_answered_in_time)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=off");

    actor_says(a, "GET", not_ready[_i]);
    actor_says(a, "GET", actor_slow);
    ck_assert_int_eq(ask(rig, "s:k", 500), UNAVAILABLE);
    ck_assert_int_gt(actor_asked(a, "GET"), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    actor_says(a, "GET", NULL);
    ck_given(rig, "s:l", "a s:l");
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
      "it wants a password that we have not, or not said here" },
    { "-NOPERM SECRET\r\n", UNAVAILABLE, SHS_COUNTER_REFUSED, 1, 1,
      "the user may not GET" },
    { "-OOM SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OUT_OF_MEMORY, 0, 1,
      "it has no memory left" },
    { "-BUSY SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "it runs a script" },
    { "-ERR SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "anything else" },
    { "-MOVED 1 SECRET:1\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "the URL says that it is no cluster" },
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

START_TEST(exchange_run__tells_errors_apart)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=off");

    actor_says(a, "GET", errors[_i].reply);
    ck_assert_msg(ask(rig, "s:k", 5000) == errors[_i].outcome, "%s: %s",
                  errors[_i].why, got.reason);
    ck_assert_msg(got.is_refusal == errors[_i].is_refusal, "%s",
                  errors[_i].why);
    ck_assert_ptr_null(strstr(got.reason, "SECRET"));
    if (errors[_i].outcome == UNAVAILABLE) {
        ck_assert_msg(rig_counter(rig, errors[_i].cause) == 1, "%s",
                      errors[_i].why);
    }
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE),
                      errors[_i].outcome == UNAVAILABLE);
    actor_says(a, "GET", NULL);
    ck_given(rig, "s:l", "a s:l");
    ck_assert_msg(actor_accepted(a) == (errors[_i].may_stay_open ? 1 : 2), "%s",
                  errors[_i].why);
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__names_the_cure_where_the_server_is_of_a_cluster)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=off");

    actor_says(a, "GET", "-MOVED 1 SECRET:1\r\n");
    ck_assert_int_eq(ask(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_msg(strstr(got.reason, "write redis+cluster://"), "%s",
                  got.reason);
    actor_stop(a);
}
END_TEST

/* A password that changed, or CLIENT KILL and a new ACL: who is asked on a new
 * connection says AUTH first. */
START_TEST(exchange_run__dials_anew_once_where_a_login_was_lost)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=off");

    ck_given(rig, "s:k", "a s:k");
    actor_says_once(a, "GET", "-NOAUTH x\r\n");
    ck_given(rig, "s:l", "a s:l");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_says(a, "GET", "-NOAUTH x\r\n");
    ck_assert_int_eq(ask(rig, "s:m", 5000), UNAVAILABLE);
    ck_assert(got.is_refusal);
    ck_assert_int_eq(actor_asked(a, "GET s:m"), 2);
    actor_stop(a);
}
END_TEST

/* ... and who may not ask again leaves no such connection to the next. */
START_TEST(exchange_run__keeps_no_connection_whose_login_was_lost)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=off retry=0");

    ck_given(rig, "s:k", "a s:k");
    actor_says_once(a, "GET", "-NOAUTH x\r\n");
    ck_assert_int_eq(ask(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert(got.is_refusal);
    ck_assert_int_eq(actor_accepted(a), 1);
    ck_given(rig, "s:m", "a s:m");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__tells_of_a_refusal_once_a_minute)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=2/1h");
    int i;

    actor_says(a, "AUTH", "-WRONGPASS x\r\n");
    actor_says(a, "GET", "-NOPERM x\r\n");
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(ask(rig, "s:k", 5000), UNAVAILABLE);
        ck_assert(got.is_refusal);
        ck_assert_int_eq(got.transition,
                         i == 0 ? SHS_TRANSITION_REFUSED : SHS_TRANSITION_NONE);
    }
    ck_assert_ptr_nonnull(got.reason);
    actor_stop(a);
}
END_TEST

/* ------------------------------------------------------------ the breaker */

START_TEST(exchange_run__asks_no_more_when_the_breaker_is_open)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=3/1h retry=0");
    int i;

    ck_given(rig, "s:k", "a s:k");
    actor_says(a, "GET", actor_close);
    actor_says(a, "STRLEN", actor_close);
    for (i = 1; i <= 3; i++) {
        ck_breaker(rig, "closed");
        ck_assert_int_eq(ask(rig, "s:l", 5000), UNAVAILABLE);
        ck_assert_int_eq(got.transition,
                         i == 3 ? SHS_TRANSITION_DOWN : SHS_TRANSITION_NONE);
        ck_assert_int_eq(got.transition_reason != NULL, i == 3);
    }
    ck_breaker(rig, "open");
    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(ask(rig, "s:m", 5000), UNAVAILABLE);
        ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
        ck_assert_int_lt(took, 1000 * unit_slack_ms());
    }
    ck_assert_int_eq(actor_asked(a, "GET s:m"), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 10);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OUTAGES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 13);
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__closes_the_breaker_by_a_probe)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=1/10ms retry=0");
    apr_time_t until = rig_in_ms(10000);

    ck_given(rig, "s:k", "a s:k");
    actor_says(a, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "s:l", 5000), UNAVAILABLE);
    ck_breaker(rig, "closed"); /* it may be the key */
    ck_assert_int_eq(ask(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    actor_says(a, "GET", NULL);
    while (ask(rig, "s:m", 5000) != FOUND) {
        ck_assert_int_lt(shs_clock_now(), until);
    }
    ck_assert_int_eq(got.transition, SHS_TRANSITION_UP);
    ck_breaker(rig, "closed");
    ck_given(rig, "s:n", "a s:n");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    actor_stop(a);
}
END_TEST

/* A server that refuses us answers: that ends the outage, and its own line says
 * what is wrong. */
static const char *const refusals[] = { "-NOPERM x\r\n", "-NOAUTH x\r\n",
                                        "-WRONGPASS x\r\n" };

START_TEST(exchange_run__closes_the_breaker_by_a_refusal)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=1/10ms retry=0");
    apr_time_t until = rig_in_ms(5000);

    ck_given(rig, "s:k", "a s:k");
    actor_says(a, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(ask(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    actor_says(a, "GET", refusals[_i]);
    while (actor_asked(a, "GET s:m") == 0) {
        ck_assert_int_eq(ask(rig, "s:m", 5000), UNAVAILABLE);
        ck_assert_int_lt(shs_clock_now(), until);
    }
    ck_assert(got.is_refusal);
    ck_breaker(rig, "closed");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_UP);
    ck_assert_int_eq(ask(rig, "s:n", 5000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_REFUSED);
    ck_breaker(rig, "closed");
    actor_stop(a);
}
END_TEST

/* -------------------------------------------------------------- heavy keys */

START_TEST(exchange_run__asks_first_how_large_it_is_what_did_not_come)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=5/1h");

    actor_says(a, "GET s:heavy", _i ? actor_stall : actor_close);
    ck_assert_int_eq(ask(rig, "s:heavy", 200), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(a, "STRLEN"), 0);
    /* Too large: its value is asked for no more, and the connection stays. */
    actor_says(a, "STRLEN s:heavy", ":65537\r\n");
    ck_assert_int_eq(ask(rig, "s:heavy", 5000), MALFORMED);
    ck_assert_int_eq(ask(rig, "s:heavy", 5000), MALFORMED);
    ck_assert_int_eq(actor_asked(a, "GET s:heavy"), 1);
    ck_assert_int_eq(actor_asked(a, "STRLEN"), 2);
    ck_assert_int_eq(actor_accepted(a), 2);
    /* Another may not be asked more than before. */
    ck_given(rig, "s:k", "a s:k");
    ck_assert_int_eq(actor_asked(a, "STRLEN s:k"), 0);
    /* It has become a session: and then is one as any other. */
    actor_says(a, "STRLEN s:heavy", NULL);
    actor_says(a, "GET s:heavy", NULL);
    ck_given(rig, "s:heavy", "a s:heavy");
    ck_given(rig, "s:heavy", "a s:heavy");
    ck_assert_int_eq(actor_asked(a, "STRLEN"), 3);
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__asks_first_how_large_it_is_what_was_too_large)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    ck_assert_int_eq(ask_sized(rig, "s:heavy", 5000, 3), MALFORMED);
    actor_says(a, "STRLEN", ":9\r\n");
    ck_assert_int_eq(ask_sized(rig, "s:heavy", 5000, 3), MALFORMED);
    ck_assert_int_eq(actor_asked(a, "GET"), 1);
    actor_stop(a);
}
END_TEST

/* Four clients, or four thousand, that ask for one key. */
START_TEST(exchange_run__one_key_opens_no_breaker)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=2/1h retry=0");
    int i;

    ck_given(rig, "s:k", "a s:k");
    /* As where it can only be asked for. */
    actor_says(a, "STRLEN", "-NOPERM x\r\n");
    actor_says(a, "GET s:heavy", actor_close);
    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(ask(rig, "s:heavy", 5000), UNAVAILABLE);
        ck_breaker(rig, "closed");
    }
    ck_assert_int_eq(actor_asked(a, "GET s:heavy"), 10);
    ck_given(rig, "s:k", "a s:k");
    actor_stop(a);
}
END_TEST

/* A site with a single user, and an outage. */
START_TEST(exchange_run__one_key_opens_the_breaker_of_a_dead_server)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=3/1h retry=0");
    int i;

    ck_given(rig, "s:k", "a s:k");
    actor_says(a, "GET", actor_stall);
    actor_says(a, "STRLEN", actor_stall);
    for (i = 0; i < 3; i++) {
        ck_breaker(rig, "closed");
        ck_assert_int_eq(ask(rig, "s:k", 50), UNAVAILABLE);
    }
    ck_breaker(rig, "open");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    actor_stop(a);
}
END_TEST

/* What is said about a key, or by an administrator, is an answer. */
static const char *const answers[] = { ACTOR_NIL, "-WRONGTYPE x\r\n",
                                       "-NOPERM x\r\n" };

START_TEST(exchange_run__an_answer_opens_no_breaker)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "breaker=1/1h");
    int i;

    actor_says(a, "GET", answers[_i]);
    for (i = 0; i < 3; i++) {
        ck_assert_int_ne(ask(rig, "s:k", 5000), FOUND);
    }
    ck_assert_int_eq(ask_sized(rig, "s:k", 5000, 1) == FOUND, 0);
    ck_breaker(rig, "closed");
    ck_assert_int_eq(actor_asked(a, "GET"), 4);
    actor_stop(a);
}
END_TEST

typedef struct asker_t {
    const rig_t *rig;
    const char *key;
    int ms;
    int rounds;
    int found, strangers, late;
    apr_time_t longest;
} asker_t;

static int asking; /* how many are at it */

static void *ask_often(void *data)
{
    asker_t *asker = data;
    apr_pool_t *own;
    int i;

    apr_pool_create(&own, NULL);
    for (i = 0; i < asker->rounds; i++) {
        const char *key = apr_psprintf(own, "%s-%d", asker->key, i);
        shs_query_t query = {
            { key, strlen(key) }, SHS_SHAPE_STRING, 65536, 0
        };
        apr_time_t begun = shs_clock_now();
        shs_answer_t answer = { 0 };

        query.deadline = begun + asker->ms * (apr_time_t)1000;
        if (shs_exchange_run(&answer, &asker->rig->client, &query, own)
            == FOUND) {
            const char *value = apr_psprintf(own, "a %s", key);

            asker->found++;
            asker->strangers +=
                answer.record.string.len != strlen(value)
                || memcmp(answer.record.string.data, value, strlen(value));
        }
        begun = shs_clock_now() - begun;
        asker->longest = begun > asker->longest ? begun : asker->longest;
        apr_pool_clear(own);
    }
    apr_pool_destroy(own);
    __atomic_sub_fetch(&asking, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* A full pool says that we are many, and nothing of the server. */
START_TEST(exchange_run__a_full_pool_opens_no_breaker)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "pool=1 breaker=1/1h");
    asker_t asker = { rig, "s:slow", 20000, 1, 0, 0, 0, 0 };
    pthread_t thread;

    ck_given(rig, "s:k", "a s:k");
    actor_says_once(a, "GET", actor_wait);
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_often, &asker), 0);
    actor_await(a, "GET s:slow-0", 1);
    ck_assert_int_eq(ask(rig, "s:l", 50), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_POOL_FULL), 1);
    ck_breaker(rig, "closed");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    actor_go(a);
    pthread_join(thread, NULL);
    ck_assert_int_eq(asker.found, 1);
    actor_stop(a);
}
END_TEST

/* ------------------------------------------------------------- deadlines */

static const struct {
    const char *command;
    const char *reply;
    const char *why;
} slow[] = {
    { "AUTH", actor_stall, "says nothing to the greeting" },
    { "GET", actor_stall, "says nothing" },
    { "PTTL", actor_stall, "gives half an answer" },
    { "GET", "$100\r\nabc", "gives half a value" },
    { "GET", "-LOADING x\r\n", "is never ready" },
};

START_TEST(exchange_run__keeps_the_deadline)
{
    actor_t *a = actor_start("a");
    rig_t *rig =
        rig_create(apr_psprintf(p, "redis://:pw@127.0.0.1:%d", actor_port(a)),
                   "breaker=off", NULL);

    actor_says(a, slow[_i].command, slow[_i].reply);
    ck_assert_msg(ask(rig, "s:k", 100) == UNAVAILABLE, "%s", slow[_i].why);
    actor_says(a, slow[_i].command, NULL);
    ck_given(rig, "s:l", "a s:l");
    actor_stop(a);
}
END_TEST

START_TEST(exchange_run__asks_nobody_after_the_deadline)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    ck_assert_int_eq(ask(rig, "s:k", 0), UNAVAILABLE);
    ck_given(rig, "s:l", "a s:l");
    ck_assert_int_eq(actor_asked(a, "GET s:k"), 0);
    actor_stop(a);
}
END_TEST

/* The worst there is: what came too late, or was torn, answers the next. */
START_TEST(exchange_run__gives_no_answer_to_a_stranger)
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
    rig_t *rig = rig_on(a, "pool=3 breaker=off");
    asker_t askers[THREADS];
    pthread_t threads[THREADS];
    int found = 0;
    int i;

    asking = THREADS;
    for (i = 0; i < THREADS; i++) {
        memset(&askers[i], 0, sizeof(askers[i]));
        askers[i].rig = rig;
        askers[i].key = apr_psprintf(p, "s:%d", i);
        askers[i].ms = 60;
        askers[i].rounds = 40;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
    }
    /* One at a time, each as soon as the last one has been felt. */
    for (i = 0; __atomic_load_n(&asking, __ATOMIC_SEQ_CST) > 0; i++) {
        int before = actor_asked(a, "GET");

        actor_says_once(a, mischief[i % ROWS(mischief)].command,
                        mischief[i % ROWS(mischief)].reply);
        while (actor_asked(a, "GET") < before + 4
               && __atomic_load_n(&asking, __ATOMIC_SEQ_CST) > 0) {
            usleep(500);
        }
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(askers[i].strangers, 0);
        ck_assert_int_le(askers[i].longest,
                         (60 + unit_slack_ms()) * (apr_time_t)1000);
        found += askers[i].found;
    }
    ck_assert_msg(found > 50, "only %d were answered", found);
    actor_stop(a);
}
END_TEST

/* ---------------------------------------------------------------- identity */

#define INFO_X "$10\r\nrun_id:x\r\n\r\n"
#define INFO_Y "$10\r\nrun_id:y\r\n\r\n"

static apr_uint32_t number_of(const char *info)
{
    shs_reply_t reply = { .kind = SHS_REPLY_STRING,
                          .text = { info + 5, strlen(info) - 7 } };

    return shs_identity_read(&reply);
}

/* Nobody asks without need: a service may not know INFO. */
START_TEST(exchange_run__asks_who_answers_only_where_it_is_listened_to)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    actor_says(a, "INFO", INFO_X);
    ck_given(rig, "k", "a k");
    ck_assert_int_eq(actor_asked(a, "INFO"), 0);
    ck_assert_uint_eq(got.source, SHS_IDENTITY_UNKNOWN);
    rig->shared->heard.is_any = 1;
    ck_given(rig, "k", "a k");
    ck_assert_uint_eq(got.source, number_of(INFO_X));
    ck_given(rig, "k", "a k");
    ck_given(rig, "l", "a l");
    ck_assert_uint_eq(got.source, number_of(INFO_X));
    ck_assert_int_eq(actor_asked(a, "INFO"), 1);
    ck_assert_int_eq(actor_accepted(a), 1);
    actor_stop(a);
}
END_TEST

/* So that it is remembered as what there is no session of. */
START_TEST(exchange_run__tells_who_says_that_one_is_too_large)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    rig->shared->heard.is_any = 1;
    actor_says(a, "INFO", INFO_X);
    ck_given(rig, "k", "a k");
    ck_assert_int_eq(ask_sized(rig, "k", 5000, 2), MALFORMED);
    ck_assert_uint_eq(got.source, number_of(INFO_X));
    actor_says(a, "STRLEN k", ":3\r\n");
    ck_assert_int_eq(ask_sized(rig, "k", 5000, 2), MALFORMED);
    ck_assert_uint_eq(got.source, number_of(INFO_X));
    actor_says(a, "GET k", "-WRONGTYPE no\r\n");
    actor_says(a, "STRLEN k", "-WRONGTYPE no\r\n");
    ck_assert_int_eq(ask_sized(rig, "k", 5000, 2), MALFORMED);
    ck_assert_uint_eq(got.source, number_of(INFO_X));
    actor_stop(a);
}
END_TEST

/* Each connection may lead to another server. */
START_TEST(exchange_run__asks_each_connection)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    rig->shared->heard.is_any = 1;
    actor_says(a, "INFO", INFO_X);
    ck_given(rig, "k", "a k");
    ck_assert_uint_eq(got.source, number_of(INFO_X));
    actor_says(a, "INFO", INFO_Y);
    actor_hang_up(a);
    ck_given(rig, "k", "a k");
    ck_assert_uint_eq(got.source, number_of(INFO_Y));
    actor_stop(a);
}
END_TEST

/* The answer has come before. */
START_TEST(exchange_run__takes_the_answer_of_one_that_does_not_tell)
{
    static const char *const replies[] = { "-NOPERM no\r\n", "$0\r\n\r\n",
                                           actor_close, actor_stall };
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");
    int n;

    rig->shared->heard.is_any = 1;
    actor_says(a, "INFO", replies[_i]);
    for (n = 0; n < 3; n++) {
        ck_assert_int_eq(ask(rig, "k", _i == 3 ? 200 : 10000), FOUND);
        ck_octets_eq(got.record.string, unit_text("a k"), "whose answer?");
        ck_assert_uint_eq(got.source, SHS_IDENTITY_UNKNOWN);
    }
    ck_assert_int_eq(actor_accepted(a), _i < 2 ? 1 : 3);
    ck_assert_int_eq(actor_asked(a, "INFO"), _i < 2 ? 1 : 3);
    actor_stop(a);
}
END_TEST

/* What was listened to before, and still has a connection of ours, is asked no
 * more; what is new is, wherever it leads. */
START_TEST(exchange_run__leaves_the_server_that_was_listened_to_before)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    rig->shared->heard.is_any = 1;
    rig->shared->heard.round = 1;
    rig->shared->heard.identity = number_of(INFO_X);
    actor_says(a, "INFO", INFO_X);
    ck_given(rig, "k", "a k");
    ck_given(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 1);
    /* The listener has turned to y; a balancer leads on to x. */
    rig->shared->heard.identity = number_of(INFO_Y);
    rig->shared->heard.round = 2;
    ck_given(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    ck_given(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    /* To several, each of which is what it is. */
    rig->shared->heard.identity = 0;
    rig->shared->heard.round = 3;
    ck_given(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    actor_stop(a);
}
END_TEST

/* A new connection leads elsewhere than the one that is listened to. An old one
 * that was asked late proves nothing, and is left. */
START_TEST(exchange_run__tells_of_a_stranger_that_a_new_connection_has_found)
{
    actor_t *a = actor_start("a");
    rig_t *rig = rig_on(a, "");

    actor_says(a, "INFO", INFO_Y);
    ck_given(rig, "k", "a k");
    rig->shared->heard.is_any = 1;
    rig->shared->heard.identity = number_of(INFO_X);
    ck_given(rig, "k", "a k");
    ck_assert_uint_eq(got.source, number_of(INFO_Y));
    ck_assert_uint_eq(rig->shared->heard.stranger, 0);
    ck_given(rig, "k", "a k");
    ck_assert_int_eq(actor_accepted(a), 2);
    ck_assert_uint_eq(rig->shared->heard.stranger, number_of(INFO_Y));
    rig->shared->heard.stranger = 0;
    actor_hang_up(a);
    actor_says(a, "INFO", INFO_X);
    ck_given(rig, "k", "a k");
    ck_assert_uint_eq(rig->shared->heard.stranger, 0);
    actor_stop(a);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc,
                   exchange_run__asks_who_answers_only_where_it_is_listened_to);
    tcase_add_test(tc, exchange_run__tells_who_says_that_one_is_too_large);
    tcase_add_test(tc, exchange_run__asks_each_connection);
    tcase_add_loop_test(
        tc, exchange_run__takes_the_answer_of_one_that_does_not_tell, 0, 4);
    tcase_add_test(tc,
                   exchange_run__leaves_the_server_that_was_listened_to_before);
    tcase_add_test(
        tc, exchange_run__tells_of_a_stranger_that_a_new_connection_has_found);
    tcase_add_test(tc,
                   exchange_run__asks_a_dead_connections_question_once_more);
    tcase_add_test(tc, exchange_run__asks_no_third_time);
    tcase_add_test(tc, exchange_run__asks_once_where_retry_is_0);
    tcase_add_test(tc,
                   exchange_run__one_session_too_large_costs_one_connection);
    tcase_add_test(
        tc, exchange_run__relies_on_no_connection_older_than_a_silent_one);
    tcase_add_test(tc, exchange_run__probes_by_a_new_connection);
    tcase_add_loop_test(tc, exchange_run__waits_for_who_will_answer_soon, 0,
                        ROWS(not_ready));
    tcase_add_loop_test(tc, exchange_run__waits_no_longer_than_the_deadline, 0,
                        ROWS(not_ready));
    tcase_add_loop_test(
        tc, exchange_run__asks_nothing_that_cannot_be_answered_in_time, 0,
        ROWS(not_ready));
    tcase_add_loop_test(
        tc, exchange_run__who_was_told_to_wait_says_so_after_the_deadline, 0,
        ROWS(not_ready));
    tcase_add_loop_test(tc, exchange_run__tells_errors_apart, 0, ROWS(errors));
    tcase_add_test(
        tc, exchange_run__names_the_cure_where_the_server_is_of_a_cluster);
    tcase_add_test(tc, exchange_run__dials_anew_once_where_a_login_was_lost);
    tcase_add_test(tc, exchange_run__keeps_no_connection_whose_login_was_lost);
    tcase_add_test(tc, exchange_run__tells_of_a_refusal_once_a_minute);
    tcase_add_test(tc, exchange_run__asks_no_more_when_the_breaker_is_open);
    tcase_add_test(tc, exchange_run__closes_the_breaker_by_a_probe);
    tcase_add_loop_test(tc, exchange_run__closes_the_breaker_by_a_refusal, 0,
                        ROWS(refusals));
    tcase_add_loop_test(
        tc, exchange_run__asks_first_how_large_it_is_what_did_not_come, 0, 2);
    tcase_add_test(tc,
                   exchange_run__asks_first_how_large_it_is_what_was_too_large);
    tcase_add_test(tc, exchange_run__one_key_opens_no_breaker);
    tcase_add_test(tc,
                   exchange_run__one_key_opens_the_breaker_of_a_dead_server);
    tcase_add_loop_test(tc, exchange_run__an_answer_opens_no_breaker, 0,
                        ROWS(answers));
    tcase_add_test(tc, exchange_run__a_full_pool_opens_no_breaker);
    tcase_add_loop_test(tc, exchange_run__keeps_the_deadline, 0, ROWS(slow));
    tcase_add_test(tc, exchange_run__asks_nobody_after_the_deadline);
    tcase_add_test(tc, exchange_run__gives_no_answer_to_a_stranger);
}

int main(void)
{
    return unit_main("exchange", add);
}
