/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange, where Sentinels name the master: no answer of a master that was
 * demoted is ever taken, and Sentinels that are gone cost no session.
 */
#include "redis/exchange.h"

#include <unistd.h>

#include "actor.h"
#include "redis/trust.h"
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

/* A Sentinel s that names master x, which another, y, may follow. */
static actor_t *s, *x, *y;

static void open_stage(void)
{
    s = actor_start("s");
    x = actor_start("x");
    y = actor_start("y");
    actor_names_master(s, x, 1);
}

static void close_stage(void)
{
    actor_stop(s);
    actor_stop(x);
    actor_stop(y);
}

static rig_t *rig_on(const char *options, const rig_t *sibling)
{
    return rig_create(
        apr_psprintf(p, "redis+sentinel://127.0.0.1:%d/m", actor_port(s)),
        options, sibling);
}

static void fail_over(void)
{
    actor_names_master(s, y, 2);
}

/* Lets all that is known grow older than it is relied on. */
static void outlive_the_lease(void)
{
    rig_await(shs_clock_now() + SHS_TRUST_LEASE + 10000);
}

/* ---------------------------------------------------------------- roles */

START_TEST(exchange_run__asks_for_the_role_behind_each_question)
{
    rig_t *rig = rig_on("", NULL);

    ck_given(rig, "k", "x k");
    ck_given(rig, "l", "x l");
    ck_assert_str_eq(actor_seen(x),
                     "ROLE|GET k|PTTL k|ROLE|GET l|PTTL l|ROLE|");
    ck_assert_int_eq(actor_accepted(x), 1);
}
END_TEST

/* What a server says that is the master no more, while its value is there. */
static const struct {
    const char *command;
    const char *reply;
    const char *why;
} demoted[] = {
    { "ROLE", ACTOR_SLAVE, "it says so itself" },
    { "GET", "-READONLY x\r\n", "it writes no more" },
    { "GET", actor_close, "it ends" },
};

START_TEST(exchange_run__asks_the_new_master_in_the_same_lookup)
{
    rig_t *rig = rig_on("", NULL);

    ck_given(rig, "k", "x k");
    fail_over();
    actor_says(x, demoted[_i].command, demoted[_i].reply);
    ck_given(rig, "l", "y l");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_FAILOVERS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    /* And it is no surprise any more. */
    actor_says(x, demoted[_i].command, NULL);
    ck_given(rig, "m", "y m");
    ck_assert_int_eq(actor_asked(x, "GET m"), 0);
}
END_TEST

/* Sentinels are never given the servers' password. */
START_TEST(exchange_run__names_the_sentinels_own_password)
{
    rig_t *rig = rig_on("", NULL);

    actor_says(s, "SENTINEL",
               _i ? "-NOPERM this user has no permissions to run the"
                    " 'sentinel|master' command\r\n"
                  : "-NOAUTH Authentication required.\r\n");
    ck_assert_int_eq(ask(rig, "k", 5000), UNAVAILABLE);
    ck_assert(got.is_refusal);
    ck_assert_msg(strstr(got.reason, "sentinel-password-file="), "%s",
                  got.reason);
    ck_assert_msg(strstr(got.reason, _i ? "run the 'sentinel|master' command"
                                        : "NOAUTH Authentication required"),
                  "%s", got.reason);
}
END_TEST

/* Whatever asks first, in any child: one of them all is told, and counts. */
START_TEST(exchange_run__tells_of_a_failover_once_for_the_host)
{
    rig_t *rigs[3];
    int told = 0;
    int i;

    for (i = 0; i < 3; i++) {
        rigs[i] = rig_on("", i ? rigs[0] : NULL);
        ck_given(rigs[i], "k", "x k");
        ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    }
    fail_over();
    actor_says(x, "ROLE", ACTOR_SLAVE);
    for (i = 0; i < 9; i++) {
        ck_given(rigs[i % 3], "l", "y l");
        if (got.transition == SHS_TRANSITION_MASTER) {
            ck_assert_str_eq(got.transition_reason,
                             apr_psprintf(p, "127.0.0.1:%d, was 127.0.0.1:%d",
                                          actor_port(y), actor_port(x)));
            ++told;
        }
    }
    ck_assert_int_eq(told, 1);
    ck_assert_uint_eq(rig_counter(rigs[0], SHS_COUNTER_FAILOVERS), 1);
}
END_TEST

/* A child that is started after the failover finds what is known. */
START_TEST(exchange_run__tells_a_new_child_of_a_failover_that_it_finds_first)
{
    rig_t *rig = rig_on("", NULL);
    rig_t *late;

    ck_given(rig, "k", "x k");
    fail_over();
    actor_says(x, "ROLE", ACTOR_SLAVE);
    late = rig_on("", rig);
    ck_given(late, "l", "y l");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_MASTER);
    ck_given(rig, "l", "y l");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
}
END_TEST

START_TEST(exchange_run__takes_no_answer_of_a_slave)
{
    rig_t *rig = rig_on("", NULL);

    ck_given(rig, "k", "x k");
    actor_says(x, "ROLE", ACTOR_SLAVE);
    ck_assert_int_eq(ask(rig, "l", 300), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    actor_says(x, "ROLE", NULL);
    ck_given(rig, "m", "x m");
}
END_TEST

/* An error about the key is an answer too. */
static const char *const about_the_key[] = { "-WRONGTYPE x\r\n", ACTOR_NIL };

START_TEST(exchange_run__takes_no_word_of_a_slave_about_a_key)
{
    rig_t *rig = rig_on("", NULL);

    ck_given(rig, "k", "x k");
    actor_says(x, "GET", about_the_key[_i]);
    actor_says(x, "ROLE", ACTOR_SLAVE);
    ck_assert_int_eq(ask(rig, "l", 300), UNAVAILABLE);
}
END_TEST

/* Without ROLE nothing is known. */
START_TEST(exchange_run__takes_no_answer_of_who_hides_its_role)
{
    rig_t *rig = rig_on("breaker=off", NULL);

    ck_given(rig, "k", "x k");
    actor_says(x, "ROLE", "-NOPERM x\r\n");
    actor_says(x, "GET", about_the_key[_i]);
    ck_assert_int_eq(ask(rig, "l", 300), UNAVAILABLE);
    ck_assert(got.is_refusal);
}
END_TEST

START_TEST(exchange_run__asks_info_where_role_is_refused)
{
    rig_t *rig = rig_on("breaker=off", NULL);

    actor_says(x, "ROLE", "-ERR unknown command 'ROLE'\r\n");
    actor_says(x, "INFO", "$13\r\nrole:master\r\n\r\n");
    ck_given(rig, "k", "x k");
    ck_given(rig, "l", "x l");
    ck_assert_int_eq(actor_asked(x, "ROLE"), 1);
    actor_says(x, "INFO", "$12\r\nrole:slave\r\n\r\n");
    ck_assert_int_eq(ask(rig, "k", 300), UNAVAILABLE);
}
END_TEST

/* An ACL that is changed costs the question that meets it. */
START_TEST(exchange_run__goes_on_by_info_when_role_is_refused_later)
{
    rig_t *rig = rig_on("breaker=off", NULL);

    ck_given(rig, "k", "x k");
    actor_says(x, "ROLE", "-NOPERM x\r\n");
    actor_says(x, "INFO", "$13\r\nrole:master\r\n\r\n");
    ck_assert_int_eq(ask(rig, "k", 300), UNAVAILABLE);
    ck_assert(got.is_refusal);
    ck_given(rig, "k", "x k");
}
END_TEST

/* ---------------------------------------------------------------- trust */

/* It comes back from a pause, or empty, and calls itself master still. */
START_TEST(exchange_run__takes_no_answer_older_than_the_lease)
{
    rig_t *rig = rig_on("", NULL);

    ck_given(rig, "k", "x k");
    fail_over();
    outlive_the_lease();
    ck_given(rig, "l", "y l");
}
END_TEST

/* Sentinels were gone for a moment, long ago. */
START_TEST(exchange_run__relies_on_no_old_master_after_a_quiet_time)
{
    rig_t *rig = rig_on("connect-timeout=100ms timeout=500ms", NULL);

    ck_given(rig, "k", "x k");
    actor_says(s, "SENTINEL", "-ERR x\r\n");
    outlive_the_lease();
    ck_given(rig, "l", "x l");
    fail_over();
    /* So that x has long answered when it does. */
    actor_says(s, "SENTINEL get-master-addr-by-name", actor_slow);
    rig_await(rig_in_ms(2500));
    ck_given(rig, "m", "y m");
}
END_TEST

START_TEST(exchange_run__believes_a_new_connection_only_if_a_sentinel_does)
{
    rig_t *rig = rig_on("", NULL);

    ck_given(rig, "k", "x k");
    actor_hang_up(x);
    fail_over();
    ck_given(rig, "l", "y l");
}
END_TEST

/* One child hears of a failover; another asks a Sentinel that does not know. */
START_TEST(exchange_run__believes_the_highest_epoch_on_the_host)
{
    actor_t *late = actor_start("late");
    const char *url =
        apr_psprintf(p, "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d/m",
                     actor_port(_i ? s : late), actor_port(_i ? late : s));
    rig_t *rig = rig_on("", NULL);
    rig_t *other = rig_create(url, "", rig);
    int i;

    actor_names_master(late, x, 1);
    ck_given(other, "k", "x k");
    ck_given(rig, "k", "x k");
    fail_over();
    actor_says_once(x, "ROLE", ACTOR_SLAVE);
    ck_given(rig, "l", "y l");
    /* The old one comes back and calls itself master. */
    for (i = 0; i < 5; i++) {
        ck_given(other, "m", "y m");
        actor_hang_up(x);
        actor_hang_up(y);
    }
    actor_stop(late);
}
END_TEST

/* Those of a URL that know an older epoch than the host, and those that are
 * dead. */
static const struct {
    int lagging;
    int dead;
} laggards[] = { { 1, 1 }, { 1, 2 }, { 2, 1 } };

static rig_t *rig_of_laggards(int nth, actor_t **late, const rig_t *sibling)
{
    const char *hosts = "";
    int i;

    for (i = 0; i < laggards[nth].lagging; i++) {
        late[i] = actor_start("late");
        actor_names_master(late[i], x, 1);
        hosts = apr_psprintf(p, "%s,127.0.0.1:%d", hosts, actor_port(late[i]));
    }
    for (i = 0; i < laggards[nth].dead; i++) {
        hosts =
            apr_psprintf(p, "%s,127.0.0.1:%d", hosts, actor_refusing_port());
    }
    return rig_create(apr_psprintf(p, "redis+sentinel://%s/m", hosts + 1),
                      "breaker=off", sibling);
}

/* One that is dead may know of the failover. */
START_TEST(exchange_run__believes_no_laggards_while_another_is_dead)
{
    rig_t *rig = rig_on("", NULL);
    actor_t *late[2];
    rig_t *other;
    int i;

    fail_over();
    ck_given(rig, "k", "y k");
    other = rig_of_laggards(_i, late, rig);
    /* A server is remembered not to have told, so each run is another one. */
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(ask(other, "l", 1000), UNAVAILABLE);
        rig_await(shs_clock_now() + SHS_TOPOLOGY_AFTER_FAILURE);
    }
    ck_assert_int_eq(actor_asked(x, "GET"), 0);
    ck_assert_int_eq(atomic_load(&rig->shared->master.epoch.known), 2);
    for (i = 0; i < laggards[_i].lagging; i++) {
        ck_assert_int_gt(actor_asked(late[i], "SENTINEL"), 0);
        actor_stop(late[i]);
    }
}
END_TEST

/* Where that one stays dead, half of the URL's count after a time, unless the
 * host is told the known epoch meanwhile. */
START_TEST(exchange_run__believes_half_of_sentinels_that_were_set_up_anew)
{
    rig_t *rig = rig_on("", NULL);
    shs_epoch_t *epoch = &rig->shared->master.epoch;
    int is_half = laggards[_i].lagging >= laggards[_i].dead;
    actor_t *late[2];
    rig_t *other;
    int i;

    fail_over();
    ck_given(rig, "k", "y k");
    other = rig_of_laggards(_i, late, rig);
    ck_assert_int_eq(ask(other, "l", 1000), UNAVAILABLE);
    ck_assert_msg(strstr(got.reason, "have not heard of the last failover"),
                  "%s", got.reason);
    ck_assert_int_eq(epoch->lower_at != 0, is_half);
    epoch->lower_for += SHS_EPOCH_LOWER_AFTER;
    rig_await(shs_clock_now() + SHS_TOPOLOGY_AFTER_FAILURE);
    ck_assert_int_eq(ask(other, "l", 1000), UNAVAILABLE);
    epoch->told_at -= SHS_EPOCH_LOWER_AFTER;
    rig_await(shs_clock_now() + SHS_TOPOLOGY_AFTER_FAILURE);
    if (is_half) {
        ck_given(other, "l", "x l");
        ck_assert_int_eq(atomic_load(&epoch->known), 1);
    }
    else {
        ck_assert_int_eq(ask(other, "l", 1000), UNAVAILABLE);
        ck_assert_int_eq(atomic_load(&epoch->known), 2);
    }
    for (i = 0; i < laggards[_i].lagging; i++) {
        actor_stop(late[i]);
    }
}
END_TEST

/* Behind the only address there may be several, as by a balancer. */
START_TEST(exchange_run__believes_no_laggard_at_the_only_address)
{
    rig_t *rig = rig_on("", NULL);

    fail_over();
    ck_given(rig, "k", "y k");
    actor_names_master(s, x, 1);
    outlive_the_lease();
    ck_given(rig, "l", "y l");
    outlive_the_lease();
    ck_given(rig, "m", "y m");
    ck_assert_int_eq(atomic_load(&rig->shared->master.epoch.known), 2);
}
END_TEST

/* A master that fails then may have a successor: the reason says why none is
 * known. */
START_TEST(exchange_run__says_that_the_sentinels_lag_behind)
{
    rig_t *rig = rig_on("breaker=1/1h", NULL);

    actor_names_master(s, x, 2);
    ck_given(rig, "k", "x k");
    actor_names_master(s, y, 1);
    actor_says(x, "GET", actor_close);
    outlive_the_lease();
    ck_assert_int_eq(ask(rig, "k", 2000), UNAVAILABLE);
    ck_assert_msg(strstr(got.reason, "have not heard of the last failover"),
                  "%s", got.reason);
    /* A second key, so that it is no fault of the first. */
    ck_assert_int_eq(ask(rig, "l", 2000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    ck_assert_str_eq(got.transition_reason, got.reason);
}
END_TEST

/* The first lookup of a child asks them once. */
START_TEST(exchange_run__believes_sentinels_that_were_all_set_up_anew)
{
    actor_t *b = actor_start("b");
    actor_t *c = actor_start("c");
    rig_t *rig = rig_on("", NULL);
    rig_t *other = rig_create(
        apr_psprintf(
            p, "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/m",
            actor_port(s), actor_port(b), actor_port(c)),
        "", rig);

    fail_over();
    ck_given(rig, "k", "y k");
    actor_names_master(s, x, 1);
    actor_names_master(b, x, 1);
    actor_names_master(c, x, 1);
    ck_given(other, "l", "x l");
    ck_assert_int_eq(atomic_load(&rig->shared->master.epoch.known), 1);
    actor_stop(b);
    actor_stop(c);
}
END_TEST

/* ------------------------------------------------- Sentinels that are gone */

static const struct {
    const char *reply;
    const char *why;
} gone[] = {
    { "-ERR x\r\n", "an error" },
    { actor_close, "dead" },
    { actor_stall, "hang" },
};

/* How long it may take where nobody needs to be waited for: more than one
 * Sentinel is given in haste, and far less than the deadline. */
#define AT_ONCE     (400 * 1000 + 800 * (apr_time_t)(unit_slack_ms()))
#define DEADLINE_MS 4000

START_TEST(exchange_run__needs_no_sentinel_while_the_master_answers)
{
    rig_t *rig = rig_on("connect-timeout=400ms timeout=4s", NULL);
    int slow = 0;
    int i;

    ck_given(rig, "k", "x k");
    actor_says(s, "SENTINEL", gone[_i].reply);
    outlive_the_lease();
    for (i = 0; i < 8; i++) {
        /* The first may have to find out that they hang. */
        slow += ask(rig, "l", DEADLINE_MS) != FOUND || took > AT_ONCE;
    }
    ck_assert_msg(slow <= 2, "%d of 8 lookups waited for a Sentinel: %s", slow,
                  gone[_i].why);
    /* One stall of a busy machine is none of ours. */
    ck_assert_int_le(slow, gone[_i].reply == actor_stall ? 2 : 1);
}
END_TEST

/* A connection was cut, as by a timeout of Redis: its successor is new. */
START_TEST(exchange_run__needs_no_sentinel_for_a_new_connection)
{
    rig_t *rig = rig_on("connect-timeout=400ms timeout=4s", NULL);
    int slow = 0;
    int i;

    ck_given(rig, "k", "x k");
    actor_says(s, "SENTINEL", gone[_i].reply);
    outlive_the_lease();
    actor_hang_up(x);
    for (i = 0; i < 8; i++) {
        /* The first may have to find out that they hang. */
        slow += ask(rig, "l", DEADLINE_MS) != FOUND || took > AT_ONCE;
    }
    ck_assert_msg(slow <= 2, "%d of 8 lookups waited for a Sentinel: %s", slow,
                  gone[_i].why);
    ck_assert(gone[_i].reply == actor_stall || slow == 0);
}
END_TEST

START_TEST(exchange_run__says_that_no_sentinel_names_the_master)
{
    rig_t *rig = rig_on("breaker=2/1h", NULL);
    int i;

    actor_says(s, "SENTINEL", "-ERR SECRET\r\n");
    for (i = 0; i < 2; i++) {
        ck_assert_int_eq(ask(rig, "k", 300), UNAVAILABLE);
        ck_assert_ptr_nonnull(strstr(got.reason, "Sentinel"));
        ck_assert_ptr_null(strstr(got.reason, "SECRET"));
        /* The first question of all: a mistake in the configuration. */
        ck_assert_int_eq(got.transition,
                         i == 0 ? SHS_TRANSITION_DOWN : SHS_TRANSITION_NONE);
    }
    ck_assert_int_eq(ask(rig, "k", 300), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
}
END_TEST

/* Children are forked all the time; they have yet to ask for the master, and
 * the others know it. */
START_TEST(exchange_run__a_new_child_brings_no_probe_forward)
{
    rig_t *rig = rig_on("breaker=1/1h retry=0", NULL);
    int i;

    ck_given(rig, "k", "x k");
    actor_says(x, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "k", 1000), UNAVAILABLE);
    ck_assert_int_eq(ask(rig, "l", 1000), UNAVAILABLE);
    for (i = 0; i < 3; i++) {
        rig_t *newborn = rig_on("breaker=1/1h retry=0", rig);

        ck_assert_int_eq(ask(newborn, "m", 1000), UNAVAILABLE);
        ck_assert_int_eq(ask(rig, "m", 1000), UNAVAILABLE);
    }
    ck_assert_int_eq(actor_asked(x, "GET m"), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 6);
}
END_TEST

START_TEST(exchange_run__a_sentinels_refusal_is_the_administrators)
{
    rig_t *rig = rig_on("", NULL);

    actor_says(s, "SENTINEL", "-NOAUTH x\r\n");
    ck_assert_int_eq(ask(rig, "k", 300), UNAVAILABLE);
    ck_assert(got.is_refusal);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_REFUSED);
}
END_TEST

START_TEST(exchange_run__dials_a_sentinel_anew_where_a_login_was_lost)
{
    rig_t *rig = rig_on("", NULL);

    ck_given(rig, "k", "x k");
    ck_assert_int_eq(actor_accepted(s), 1);
    actor_says_once(s, "SENTINEL", "-NOAUTH x\r\n");
    ck_assert_int_eq(shs_topology_renew(rig->client.topology, shs_clock_now(),
                                        rig_in_ms(5000)),
                     1);
    ck_assert_int_eq(actor_accepted(s), 2);
    actor_says(s, "SENTINEL", "-NOAUTH x\r\n");
    ck_assert_int_eq(shs_topology_renew(rig->client.topology, shs_clock_now(),
                                        rig_in_ms(300)),
                     0);
    ck_given(rig, "l", "x l");
}
END_TEST

/* ------------------------------------------------------ a child that ends */

/* Of three Sentinels that hang, each asked first in haste, an eighth of its
 * time, how many were asked when the child ends. */
static const struct {
    const char *options;
    int asked;
    int one_ask_ms;
    const char *why;
} endings[] = {
    { "connect-timeout=100ms timeout=700ms", 1, 800, "others are not asked" },
    { "connect-timeout=100ms timeout=2200ms", 4, 2300, "one takes its time" },
};

static int count_asked(actor_t *const sentinels[3])
{
    int asked = 0;
    int i;

    for (i = 0; i < 3; i++) {
        asked += actor_asked(sentinels[i], "SENTINEL get-master-addr-by-name");
    }
    return asked;
}

/* The configuration, which a renewal reads, goes with the child. */
START_TEST(topology__has_no_renewal_left_when_its_child_has_ended)
{
    actor_t *const sentinels[3] = { s, x, y };
    rig_t *rig =
        rig_create(apr_psprintf(p,
                                "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d"
                                ",127.0.0.1:%d/m",
                                actor_port(s), actor_port(x), actor_port(y)),
                   endings[_i].options, NULL);
    apr_time_t begun, until = rig_in_ms(20000);
    shs_topology_t *topology;
    const char *reason = NULL;
    apr_pool_t *pchild;
    shs_route_t route;
    int asked, i;

    apr_pool_create(&pchild, p);
    topology =
        shs_topology_create(rig->endpoint, rig->nodes, rig->shared, pchild);
    ck_assert_ptr_nonnull(topology);
    for (i = 0; i < 3; i++) {
        actor_says(sentinels[i], "SENTINEL", actor_stall);
    }
    shs_topology_suspect(topology);
    while ((asked = count_asked(sentinels)) < endings[_i].asked) {
        ck_assert_int_lt(shs_clock_now(), until);
        usleep(1000);
    }
    begun = shs_clock_now();
    apr_pool_destroy(pchild);
    begun = shs_clock_now() - begun;
    /* TIMEOUT, if a renewal were still running. */
    ck_assert_int_eq(
        shs_topology_find(&route, topology, 0, shs_clock_now(), &reason, p),
        SHS_CONN_FAILED);
    ck_assert_msg(reason && *reason, "no reason");
    ck_assert_int_le(begun, (endings[_i].one_ask_ms + unit_slack_ms())
                                * (apr_time_t)1000);
    /* One more may have been asked just before it ended. */
    ck_assert_msg(count_asked(sentinels) <= asked + 1, "%s: %d",
                  endings[_i].why, count_asked(sentinels));
}
END_TEST

/* A firewall has lost what it knew of all of them. */
START_TEST(exchange_run__relies_on_no_connection_older_than_a_silent_one)
{
    rig_t *rig = rig_on("retry=0", NULL);
    rig_t *sibling = rig_on("retry=0", rig);
    shs_outcome_t first;
    int dialled;

    rig_fill_pool(rig, 0, 4);
    rig_fill_pool(sibling, 0, 3);
    dialled = actor_accepted(x);
    ck_assert_int_eq(dialled, 7);
    actor_says_once(x, "GET", actor_stall);
    first = ask(rig, "k1", 200);
    ck_assert_int_eq(first, UNAVAILABLE);
    ck_given(rig, "k2", "x k2");
    ck_assert_int_eq(actor_accepted(x), dialled + 1);
    ck_given(sibling, "k3", "x k3");
    ck_assert_int_eq(actor_accepted(x), dialled + 2);
    /* These have answered since. */
    ck_given(rig, "k4", "x k4");
    ck_given(sibling, "k5", "x k5");
    ck_assert_int_eq(actor_accepted(x), dialled + 2);
}
END_TEST

/* -------------------------------------------------------------- replicas */

START_TEST(exchange_run__asks_a_replica_when_the_master_is_gone)
{
    actor_t *r = actor_start("r");
    rig_t *rig =
        rig_on("read-from=replica-on-failure breaker=2/1h retry=0", NULL);
    int i;

    actor_names_replica(s, r);
    actor_says(r, "ROLE", ACTOR_SLAVE);
    ck_given(rig, "k", "x k");
    actor_says(x, "GET", actor_close);
    actor_says(x, "STRLEN", actor_close);
    for (i = 1; i <= 4; i++) {
        ck_given(rig, "l", "r l");
        ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REPLICA_READS),
                          (apr_uint64_t)i);
    }
    /* The breaker has opened meanwhile. */
    ck_assert_int_eq(actor_asked(x, "GET l"), 1);
    ck_assert_int_eq(actor_asked(x, "STRLEN l"), 1);
    ck_assert_int_eq(actor_asked(r, "READONLY"), 0);
    actor_stop(r);
}
END_TEST

START_TEST(exchange_run__believes_no_replica_that_knows_no_session)
{
    actor_t *r = actor_start("r");
    rig_t *rig = rig_on("read-from=replica-on-failure retry=0", NULL);

    actor_names_replica(s, r);
    actor_says(r, "GET", ACTOR_NIL);
    ck_given(rig, "k", "x k");
    actor_says(x, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "l", 1000), UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(got.reason, "replica"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 1);
    actor_stop(r);
}
END_TEST

START_TEST(exchange_run__asks_no_replica_unless_it_may)
{
    actor_t *r = actor_start("r");
    rig_t *rig = rig_on("retry=0", NULL);

    actor_names_replica(s, r);
    ck_given(rig, "k", "x k");
    actor_says(x, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "l", 1000), UNAVAILABLE);
    ck_assert_int_eq(actor_accepted(r), 0);
    actor_stop(r);
}
END_TEST

/* The master's rack is gone, and the Sentinel in it. */
START_TEST(exchange_run__leaves_time_for_a_replica)
{
    actor_t *r = actor_start("r");
    rig_t *rig =
        rig_on("read-from=replica-on-failure retry=0 timeout=1s", NULL);

    actor_names_replica(s, r);
    ck_given(rig, "k", "x k");
    actor_says(s, "SENTINEL", actor_stall);
    actor_says(x, "GET", actor_close);
    ck_assert_int_eq(ask(rig, "l", 1000), FOUND);
    ck_octets_eq(got.record.string, OCTETS("r l"), "whose answer?");
    actor_stop(r);
}
END_TEST

/* A replica that recovers must not hide that the master has just gone. */
START_TEST(exchange_run__tells_of_the_master_whatever_the_replica_does)
{
    actor_t *r = actor_start("r");
    rig_t *rig =
        rig_on("read-from=replica-on-failure breaker=1/1ms retry=0", NULL);
    shs_breaker_t *replicas = shs_shared_breaker_of(rig->shared, 0x10001);

    actor_names_replica(s, r);
    ck_given(rig, "k", "x k");
    /* It was down, as some lookup before was told. */
    shs_breaker_note(replicas, &rig->endpoint->breaker, SHS_BREAKER_PASS,
                     SHS_BREAKER_FAILED, 2, 0, shs_clock_now());
    actor_says(x, "GET", actor_close);
    ck_given(rig, "k", "r k");
    ck_given(rig, "l", "r l");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    actor_stop(r);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_test(tc, exchange_run__asks_for_the_role_behind_each_question);
    tcase_add_loop_test(tc,
                        exchange_run__asks_the_new_master_in_the_same_lookup, 0,
                        ROWS(demoted));
    tcase_add_loop_test(tc, exchange_run__names_the_sentinels_own_password, 0,
                        2);
    tcase_add_test(tc, exchange_run__tells_of_a_failover_once_for_the_host);
    tcase_add_test(
        tc, exchange_run__tells_a_new_child_of_a_failover_that_it_finds_first);
    tcase_add_test(tc, exchange_run__takes_no_answer_of_a_slave);
    tcase_add_loop_test(tc, exchange_run__takes_no_word_of_a_slave_about_a_key,
                        0, ROWS(about_the_key));
    tcase_add_test(tc, exchange_run__asks_info_where_role_is_refused);
    tcase_add_test(tc,
                   exchange_run__goes_on_by_info_when_role_is_refused_later);
    tcase_add_loop_test(tc, exchange_run__takes_no_answer_of_who_hides_its_role,
                        0, ROWS(about_the_key));
    tcase_add_test(tc, exchange_run__takes_no_answer_older_than_the_lease);
    tcase_add_test(tc,
                   exchange_run__relies_on_no_old_master_after_a_quiet_time);
    tcase_add_test(
        tc, exchange_run__believes_a_new_connection_only_if_a_sentinel_does);
    tcase_add_loop_test(
        tc, exchange_run__believes_the_highest_epoch_on_the_host, 0, 2);
    tcase_add_loop_test(
        tc, exchange_run__believes_no_laggards_while_another_is_dead, 0,
        ROWS(laggards));
    tcase_add_loop_test(
        tc, exchange_run__believes_half_of_sentinels_that_were_set_up_anew, 0,
        ROWS(laggards));
    tcase_add_test(tc, exchange_run__believes_no_laggard_at_the_only_address);
    tcase_add_test(tc, exchange_run__says_that_the_sentinels_lag_behind);
    tcase_add_test(tc,
                   exchange_run__believes_sentinels_that_were_all_set_up_anew);
    tcase_add_loop_test(
        tc, exchange_run__needs_no_sentinel_while_the_master_answers, 0,
        ROWS(gone));
    tcase_add_loop_test(tc,
                        exchange_run__needs_no_sentinel_for_a_new_connection, 0,
                        ROWS(gone));
    tcase_add_test(tc, exchange_run__says_that_no_sentinel_names_the_master);
    tcase_add_test(tc, exchange_run__a_new_child_brings_no_probe_forward);
    tcase_add_test(tc, exchange_run__a_sentinels_refusal_is_the_administrators);
    tcase_add_test(tc,
                   exchange_run__dials_a_sentinel_anew_where_a_login_was_lost);
    tcase_add_loop_test(tc,
                        topology__has_no_renewal_left_when_its_child_has_ended,
                        0, ROWS(endings));
    tcase_add_test(
        tc, exchange_run__relies_on_no_connection_older_than_a_silent_one);
    tcase_add_test(tc, exchange_run__asks_a_replica_when_the_master_is_gone);
    tcase_add_test(tc, exchange_run__believes_no_replica_that_knows_no_session);
    tcase_add_test(tc, exchange_run__asks_no_replica_unless_it_may);
    tcase_add_test(tc, exchange_run__leaves_time_for_a_replica);
    tcase_add_test(tc,
                   exchange_run__tells_of_the_master_whatever_the_replica_does);
}

int main(void)
{
    return unit_main("exchange_sentinel", add);
}
