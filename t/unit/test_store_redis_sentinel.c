/* SPDX-License-Identifier: Apache-2.0
 *
 * store_redis with Sentinels: no reply of a demoted master is ever accepted,
 * and no session is lost while the Sentinels are gone.
 */
#include "redis/store_redis.h"

#include "redis/topology/master_lease.h"
#include "redis/topology/refresh.h"
#include "stage.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

/* Waits until the master lease has expired. */
static void await_lease_end(void)
{
    unit_let_pass(shs_clock_now() + SHS_MASTER_LEASE_FOR + 10000);
}

/* ---------------------------------------------------------------- roles */

START_TEST(store_redis_load__sends_role_after_each_load)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    ck_loads(rig, "k", "x k");
    ck_loads(rig, "l", "x l");
    ck_assert_str_eq(actor_transcript(x),
                     "ROLE|GET k|PTTL k|ROLE|GET l|PTTL l|ROLE|");
    ck_assert_int_eq(actor_accepted(x), 1);
}
END_TEST

/* How a demoted master replies; it still has the value. */
static const struct {
    const char *command;
    const char *reply;
    const char *why;
} demoted[] = {
    { "ROLE", ACTOR_SLAVE, "its ROLE is slave" },
    { "GET", "-READONLY x\r\n", "it accepts no writes" },
    { "GET", actor_close, "it closes the connection" },
};

START_TEST(store_redis_load__finds_the_new_master_in_the_same_command)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    ck_loads(rig, "k", "x k");
    stage_fail_over();
    actor_replies(x, demoted[_i].command, demoted[_i].reply);
    ck_loads(rig, "l", "y l");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_FAILOVERS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    /* The next command goes to the new master at once. */
    actor_replies(x, demoted[_i].command, NULL);
    ck_loads(rig, "m", "y m");
    ck_assert_int_eq(actor_received(x, "GET m"), 0);
}
END_TEST

/* The servers' password is never sent to a Sentinel. */
START_TEST(store_redis_load__names_the_option_for_the_sentinels_password)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    actor_replies(s, "SENTINEL",
                  _i ? "-NOPERM this user has no permissions to run the"
                       " 'sentinel|master' command\r\n"
                     : "-NOAUTH Authentication required.\r\n");
    ck_assert_int_eq(rig_load(rig, "k", 5000), UNAVAILABLE);
    ck_assert(rig_result.is_refusal);
    ck_assert_msg(strstr(rig_result.reason, "sentinel-password-file="), "%s",
                  rig_result.reason);
    ck_assert_msg(
        strstr(rig_result.reason, _i ? "run the 'sentinel|master' command"
                                     : "NOAUTH Authentication required"),
        "%s", rig_result.reason);
}
END_TEST

/* Whichever child finds the failover first: it is reported and counted once. */
START_TEST(store_redis_load__reports_a_failover_once_for_the_host)
{
    rig_t *rigs[3];
    int reports = 0;
    int i;

    for (i = 0; i < 3; i++) {
        rigs[i] = rig_on_sentinel(s, "", i ? rigs[0] : NULL);
        ck_loads(rigs[i], "k", "x k");
        ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    }
    stage_fail_over();
    actor_replies(x, "ROLE", ACTOR_SLAVE);
    for (i = 0; i < 9; i++) {
        ck_loads(rigs[i % 3], "l", "y l");
        if (rig_result.transition == SHS_TRANSITION_MASTER) {
            ck_assert_str_eq(rig_result.transition_reason,
                             apr_psprintf(p, "127.0.0.1:%d, was 127.0.0.1:%d",
                                          actor_port(y), actor_port(x)));
            ++reports;
        }
    }
    ck_assert_int_eq(reports, 1);
    ck_assert_uint_eq(rig_counter(rigs[0], SHS_COUNTER_FAILOVERS), 1);
}
END_TEST

/* A child that starts after the failover may be the first to find it. */
START_TEST(store_redis_load__reports_a_failover_that_a_new_child_finds)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);
    rig_t *late;

    ck_loads(rig, "k", "x k");
    stage_fail_over();
    actor_replies(x, "ROLE", ACTOR_SLAVE);
    late = rig_on_sentinel(s, "", rig);
    ck_loads(late, "l", "y l");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_MASTER);
    ck_loads(rig, "l", "y l");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
}
END_TEST

START_TEST(store_redis_load__rejects_the_reply_of_a_slave)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    ck_loads(rig, "k", "x k");
    actor_replies(x, "ROLE", ACTOR_SLAVE);
    ck_assert_int_eq(rig_load(rig, "l", 300), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    actor_replies(x, "ROLE", NULL);
    ck_loads(rig, "m", "x m");
}
END_TEST

/* Replies about the key; an error about the key is one of them. */
static const char *const about_the_key[] = { "-WRONGTYPE x\r\n", ACTOR_NIL };

START_TEST(store_redis_load__rejects_a_slaves_reply_about_a_key)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    ck_loads(rig, "k", "x k");
    actor_replies(x, "GET", about_the_key[_i]);
    actor_replies(x, "ROLE", ACTOR_SLAVE);
    ck_assert_int_eq(rig_load(rig, "l", 300), UNAVAILABLE);
}
END_TEST

/* Without ROLE the server may not be the master. */
START_TEST(store_redis_load__rejects_the_reply_of_a_server_that_hides_its_role)
{
    rig_t *rig = rig_on_sentinel(s, "breaker=off", NULL);

    ck_loads(rig, "k", "x k");
    actor_replies(x, "ROLE", "-NOPERM x\r\n");
    actor_replies(x, "GET", about_the_key[_i]);
    ck_assert_int_eq(rig_load(rig, "l", 300), UNAVAILABLE);
    ck_assert(rig_result.is_refusal);
}
END_TEST

START_TEST(store_redis_load__uses_info_where_role_is_refused)
{
    rig_t *rig = rig_on_sentinel(s, "breaker=off", NULL);

    actor_replies(x, "ROLE", "-ERR unknown command 'ROLE'\r\n");
    actor_replies(x, "INFO", "$13\r\nrole:master\r\n\r\n");
    ck_loads(rig, "k", "x k");
    ck_loads(rig, "l", "x l");
    ck_assert_int_eq(actor_received(x, "ROLE"), 1);
    actor_replies(x, "INFO", "$12\r\nrole:slave\r\n\r\n");
    ck_assert_int_eq(rig_load(rig, "k", 300), UNAVAILABLE);
}
END_TEST

/* A changed ACL fails the one command that meets it. */
START_TEST(store_redis_load__changes_to_info_when_role_is_refused_later)
{
    rig_t *rig = rig_on_sentinel(s, "breaker=off", NULL);

    ck_loads(rig, "k", "x k");
    actor_replies(x, "ROLE", "-NOPERM x\r\n");
    actor_replies(x, "INFO", "$13\r\nrole:master\r\n\r\n");
    ck_assert_int_eq(rig_load(rig, "k", 300), UNAVAILABLE);
    ck_assert(rig_result.is_refusal);
    ck_loads(rig, "k", "x k");
}
END_TEST

/* ---------------------------------------------------------------- lease */

/* The old master comes back from a pause, or empty, and its ROLE is still
 * master. */
START_TEST(store_redis_load__rejects_a_reply_past_the_lease)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    ck_loads(rig, "k", "x k");
    stage_fail_over();
    await_lease_end();
    ck_loads(rig, "l", "y l");
}
END_TEST

/* The Sentinels were gone for a moment, long ago. */
START_TEST(store_redis_load__rejects_the_old_master_after_a_quiet_time)
{
    rig_t *rig =
        rig_on_sentinel(s, "connect-timeout=100ms timeout=500ms", NULL);

    ck_loads(rig, "k", "x k");
    actor_replies(s, "SENTINEL", "-ERR x\r\n");
    await_lease_end();
    ck_loads(rig, "l", "x l");
    stage_fail_over();
    /* So that the reply of x comes long before the Sentinel's. */
    actor_replies(s, "SENTINEL get-master-addr-by-name", actor_slow);
    await_lease_end();
    ck_loads(rig, "m", "y m");
}
END_TEST

START_TEST(store_redis_load__confirms_a_new_connection_with_a_sentinel)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    ck_loads(rig, "k", "x k");
    actor_disconnect(x);
    stage_fail_over();
    ck_loads(rig, "l", "y l");
}
END_TEST

/* One child knows the failover; another one's Sentinel does not. */
START_TEST(store_redis_load__accepts_only_the_highest_epoch_on_the_host)
{
    actor_t *late = actor_start("late");
    const char *url =
        apr_psprintf(p, "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d/m",
                     actor_port(_i ? s : late), actor_port(_i ? late : s));
    rig_t *rig = rig_on_sentinel(s, "", NULL);
    rig_t *other = rig_create(url, "", rig);
    int i;

    actor_set_master(late, x, 1);
    ck_loads(other, "k", "x k");
    ck_loads(rig, "k", "x k");
    stage_fail_over();
    actor_replies_once(x, "ROLE", ACTOR_SLAVE);
    ck_loads(rig, "l", "y l");
    /* The old master comes back, and its ROLE is master. */
    for (i = 0; i < 5; i++) {
        ck_loads(other, "m", "y m");
        actor_disconnect(x);
        actor_disconnect(y);
    }
    actor_stop(late);
}
END_TEST

/* How many Sentinels of the URL have a lower epoch than the host, and how many
 * are dead. */
static const struct {
    int count;
    int dead;
} lagging[] = { { 1, 1 }, { 1, 2 }, { 2, 1 } };

static rig_t *rig_of_lagging(int nth, actor_t **late, const rig_t *sibling)
{
    const char *hosts = "";
    int i;

    for (i = 0; i < lagging[nth].count; i++) {
        late[i] = actor_start("late");
        actor_set_master(late[i], x, 1);
        hosts = apr_psprintf(p, "%s,127.0.0.1:%d", hosts, actor_port(late[i]));
    }
    for (i = 0; i < lagging[nth].dead; i++) {
        hosts =
            apr_psprintf(p, "%s,127.0.0.1:%d", hosts, actor_refusing_port());
    }
    return rig_create(apr_psprintf(p, "redis+sentinel://%s/m", hosts + 1),
                      "breaker=off", sibling);
}

/* The dead Sentinel may know the failover. */
START_TEST(store_redis_load__rejects_a_lower_epoch_while_a_sentinel_is_dead)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);
    actor_t *late[2];
    rig_t *other;
    int i;

    stage_fail_over();
    ck_loads(rig, "k", "y k");
    other = rig_of_lagging(_i, late, rig);
    /* A Sentinel that failed is skipped for a while, so each round differs. */
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(rig_load(other, "l", 1000), UNAVAILABLE);
        unit_let_pass(shs_clock_now() + SHS_REFRESH_AFTER_FAILURE);
    }
    ck_assert_int_eq(actor_received(x, "GET"), 0);
    ck_assert_int_eq(atomic_load(&rig->host_state->master.epoch.known), 2);
    for (i = 0; i < lagging[_i].count; i++) {
        ck_assert_int_gt(actor_received(late[i], "SENTINEL"), 0);
        actor_stop(late[i]);
    }
}
END_TEST

/* If the dead Sentinel stays dead, half of the URL's Sentinels count after a
 * time, unless a server reports the known epoch to the host meanwhile. */
START_TEST(store_redis_load__accepts_a_lower_epoch_of_half_of_the_sentinels)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);
    shs_epoch_t *epoch = &rig->host_state->master.epoch;
    int is_half = lagging[_i].count >= lagging[_i].dead;
    actor_t *late[2];
    rig_t *other;
    int i;

    stage_fail_over();
    ck_loads(rig, "k", "y k");
    other = rig_of_lagging(_i, late, rig);
    ck_assert_int_eq(rig_load(other, "l", 1000), UNAVAILABLE);
    ck_assert_msg(strstr(rig_result.reason, "last failover"), "%s",
                  rig_result.reason);
    ck_assert_int_eq(epoch->lower_at != 0, is_half);
    epoch->lower_for += SHS_EPOCH_LOWER_AFTER;
    unit_let_pass(shs_clock_now() + SHS_REFRESH_AFTER_FAILURE);
    ck_assert_int_eq(rig_load(other, "l", 1000), UNAVAILABLE);
    epoch->reported_at -= SHS_EPOCH_LOWER_AFTER;
    unit_let_pass(shs_clock_now() + SHS_REFRESH_AFTER_FAILURE);
    if (is_half) {
        ck_loads(other, "l", "x l");
        ck_assert_int_eq(atomic_load(&epoch->known), 1);
    }
    else {
        ck_assert_int_eq(rig_load(other, "l", 1000), UNAVAILABLE);
        ck_assert_int_eq(atomic_load(&epoch->known), 2);
    }
    for (i = 0; i < lagging[_i].count; i++) {
        actor_stop(late[i]);
    }
}
END_TEST

/* There may be several Sentinels behind the only address, as with a load
 * balancer. */
START_TEST(store_redis_load__rejects_a_lower_epoch_at_the_only_address)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    stage_fail_over();
    ck_loads(rig, "k", "y k");
    actor_set_master(s, x, 1);
    await_lease_end();
    ck_loads(rig, "l", "y l");
    await_lease_end();
    ck_loads(rig, "m", "y m");
    ck_assert_int_eq(atomic_load(&rig->host_state->master.epoch.known), 2);
}
END_TEST

/* A master that fails then may have a successor: the reason says why none is
 * known. */
START_TEST(store_redis_load__reports_a_lower_epoch_when_the_master_fails)
{
    rig_t *rig = rig_on_sentinel(s, "breaker=1/1h", NULL);

    actor_set_master(s, x, 2);
    ck_loads(rig, "k", "x k");
    actor_set_master(s, y, 1);
    actor_replies(x, "GET", actor_close);
    await_lease_end();
    ck_assert_int_eq(rig_load(rig, "k", 2000), UNAVAILABLE);
    ck_assert_msg(strstr(rig_result.reason, "last failover"), "%s",
                  rig_result.reason);
    /* A second key, so that the first one is not the cause. */
    ck_assert_int_eq(rig_load(rig, "l", 2000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    ck_assert_str_eq(rig_result.transition_reason, rig_result.reason);
}
END_TEST

/* The first command of a child queries each Sentinel once. */
START_TEST(store_redis_load__accepts_a_lower_epoch_of_all_sentinels)
{
    actor_t *second = actor_start("b");
    actor_t *third = actor_start("c");
    rig_t *rig = rig_on_sentinel(s, "", NULL);
    rig_t *other = rig_create(
        apr_psprintf(
            p, "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/m",
            actor_port(s), actor_port(second), actor_port(third)),
        "", rig);

    stage_fail_over();
    ck_loads(rig, "k", "y k");
    actor_set_master(s, x, 1);
    actor_set_master(second, x, 1);
    actor_set_master(third, x, 1);
    ck_loads(other, "l", "x l");
    ck_assert_int_eq(atomic_load(&rig->host_state->master.epoch.known), 1);
    actor_stop(second);
    actor_stop(third);
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

/* How long a command may take that waits for no Sentinel: longer than the first
 * pass gives each Sentinel, and far shorter than the deadline. */
#define AT_ONCE     (400 * 1000 + 800 * (apr_time_t)(unit_slack_ms()))
#define DEADLINE_MS 4000

START_TEST(store_redis_load__needs_no_sentinel_while_the_master_replies)
{
    rig_t *rig = rig_on_sentinel(s, "connect-timeout=400ms timeout=4s", NULL);
    int slow = 0;
    int i;

    ck_loads(rig, "k", "x k");
    actor_replies(s, "SENTINEL", gone[_i].reply);
    await_lease_end();
    for (i = 0; i < 8; i++) {
        /* The first one may have to find out that they hang. */
        slow += rig_load(rig, "l", DEADLINE_MS) != FOUND || rig_took > AT_ONCE;
    }
    ck_assert_msg(slow <= 2, "%d of 8 lookups waited for a Sentinel: %s", slow,
                  gone[_i].why);
    /* One stall may be that of a busy machine. */
    ck_assert_int_le(slow, gone[_i].reply == actor_stall ? 2 : 1);
}
END_TEST

/* Redis closed the connection, after its timeout: the next one is new. */
START_TEST(store_redis_load__needs_no_sentinel_for_a_new_connection)
{
    rig_t *rig = rig_on_sentinel(s, "connect-timeout=400ms timeout=4s", NULL);
    int slow = 0;
    int i;

    ck_loads(rig, "k", "x k");
    actor_replies(s, "SENTINEL", gone[_i].reply);
    await_lease_end();
    actor_disconnect(x);
    for (i = 0; i < 8; i++) {
        /* The first one may have to find out that they hang. */
        slow += rig_load(rig, "l", DEADLINE_MS) != FOUND || rig_took > AT_ONCE;
    }
    ck_assert_msg(slow <= 2, "%d of 8 lookups waited for a Sentinel: %s", slow,
                  gone[_i].why);
    ck_assert(gone[_i].reply == actor_stall || slow == 0);
}
END_TEST

START_TEST(store_redis_load__reports_that_no_sentinel_names_a_master)
{
    rig_t *rig = rig_on_sentinel(s, "breaker=2/1h", NULL);
    int i;

    actor_replies(s, "SENTINEL", "-ERR SECRET\r\n");
    for (i = 0; i < 2; i++) {
        ck_assert_int_eq(rig_load(rig, "k", 300), UNAVAILABLE);
        ck_assert_ptr_nonnull(strstr(rig_result.reason, "Sentinel"));
        ck_assert_ptr_null(strstr(rig_result.reason, "SECRET"));
        /* The very first command: a mistake in the configuration. */
        ck_assert_int_eq(rig_result.transition,
                         i == 0 ? SHS_TRANSITION_DOWN : SHS_TRANSITION_NONE);
    }
    ck_assert_int_eq(rig_load(rig, "k", 300), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
}
END_TEST

/* httpd starts children all the time. A new child does not know the master yet,
 * the others do. */
START_TEST(store_redis_load__does_not_probe_earlier_for_a_new_child)
{
    rig_t *rig = rig_on_sentinel(s, "breaker=1/1h retry=0", NULL);
    int i;

    ck_loads(rig, "k", "x k");
    actor_replies(x, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "k", 1000), UNAVAILABLE);
    ck_assert_int_eq(rig_load(rig, "l", 1000), UNAVAILABLE);
    for (i = 0; i < 3; i++) {
        rig_t *newborn = rig_on_sentinel(s, "breaker=1/1h retry=0", rig);

        ck_assert_int_eq(rig_load(newborn, "m", 1000), UNAVAILABLE);
        ck_assert_int_eq(rig_load(rig, "m", 1000), UNAVAILABLE);
    }
    ck_assert_int_eq(actor_received(x, "GET m"), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 6);
}
END_TEST

START_TEST(store_redis_load__reports_the_refusal_of_a_sentinel)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    actor_replies(s, "SENTINEL", "-NOAUTH x\r\n");
    ck_assert_int_eq(rig_load(rig, "k", 300), UNAVAILABLE);
    ck_assert(rig_result.is_refusal);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_REFUSED);
}
END_TEST

START_TEST(store_redis_load__reconnects_to_a_sentinel_after_a_lost_login)
{
    rig_t *rig = rig_on_sentinel(s, "", NULL);

    ck_loads(rig, "k", "x k");
    ck_assert_int_eq(actor_accepted(s), 1);
    actor_replies_once(s, "SENTINEL", "-NOAUTH x\r\n");
    ck_assert_int_eq(shs_topology_refresh(rig->client.topology, shs_clock_now(),
                                          unit_in_ms(5000)),
                     1);
    ck_assert_int_eq(actor_accepted(s), 2);
    actor_replies(s, "SENTINEL", "-NOAUTH x\r\n");
    ck_assert_int_eq(shs_topology_refresh(rig->client.topology, shs_clock_now(),
                                          unit_in_ms(300)),
                     0);
    ck_loads(rig, "l", "x l");
}
END_TEST

/* ------------------------------------------------------ a child that ends */

/* Three Sentinels hang. The first round gives each an eighth of its time. How
 * many queries were sent when the child ends. */
static const struct {
    const char *options;
    int asked;
    int one_query_ms;
    const char *why;
} endings[] = {
    { "connect-timeout=100ms timeout=700ms", 1, 800,
      "the others are not queried" },
    { "connect-timeout=100ms timeout=2200ms", 4, 2300,
      "the first one takes its time" },
};

static int count_queries(actor_t *const sentinels[3])
{
    int asked = 0;
    int i;

    for (i = 0; i < 3; i++) {
        asked +=
            actor_received(sentinels[i], "SENTINEL get-master-addr-by-name");
    }
    return asked;
}

/* A refresh reads the configuration, which goes with the child. */
START_TEST(topology_create__ends_its_refresh_with_the_child)
{
    actor_t *const sentinels[3] = { s, x, y };
    rig_t *rig =
        rig_create(apr_psprintf(p,
                                "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d"
                                ",127.0.0.1:%d/m",
                                actor_port(s), actor_port(x), actor_port(y)),
                   endings[_i].options, NULL);
    apr_time_t begun;
    shs_topology_t *topology;
    const char *reason = NULL;
    apr_pool_t *pchild;
    shs_route_t route;
    int asked, i;

    apr_pool_create(&pchild, p);
    topology =
        shs_topology_create(rig->endpoint, rig->nodes, rig->host_state, pchild);
    ck_assert_ptr_nonnull(topology);
    for (i = 0; i < 3; i++) {
        actor_replies(sentinels[i], "SENTINEL", actor_stall);
    }
    shs_topology_suspect(topology);
    unit_await((asked = count_queries(sentinels)) >= endings[_i].asked,
               "only %d queries", asked);
    begun = shs_clock_now();
    apr_pool_destroy(pchild);
    begun = shs_clock_now() - begun;
    /* It would be TIMEOUT if a refresh were still running. */
    ck_assert_int_eq(
        shs_topology_find(&route, topology, 0, shs_clock_now(), &reason, p),
        SHS_CONN_FAILED);
    ck_assert_msg(reason && *reason, "no reason");
    ck_assert_int_le(begun, (endings[_i].one_query_ms + unit_slack_ms())
                                * (apr_time_t)1000);
    /* One more query may have been sent just before the end. */
    ck_assert_msg(count_queries(sentinels) <= asked + 1, "%s: %d",
                  endings[_i].why, count_queries(sentinels));
}
END_TEST

/* A firewall has dropped the state of all connections. */
START_TEST(store_redis_load__closes_connections_older_than_one_without_a_reply)
{
    rig_t *rig = rig_on_sentinel(s, "retry=0", NULL);
    rig_t *sibling = rig_on_sentinel(s, "retry=0", rig);
    shs_outcome_t first;
    int dialled;

    rig_fill_pool(rig, 0, 4);
    rig_fill_pool(sibling, 0, 3);
    dialled = actor_accepted(x);
    ck_assert_int_eq(dialled, 7);
    actor_replies_once(x, "GET", actor_stall);
    first = rig_load(rig, "k1", 200);
    ck_assert_int_eq(first, UNAVAILABLE);
    ck_loads(rig, "k2", "x k2");
    ck_assert_int_eq(actor_accepted(x), dialled + 1);
    ck_loads(sibling, "k3", "x k3");
    ck_assert_int_eq(actor_accepted(x), dialled + 2);
    /* These connections have had a reply since. */
    ck_loads(rig, "k4", "x k4");
    ck_loads(sibling, "k5", "x k5");
    ck_assert_int_eq(actor_accepted(x), dialled + 2);
}
END_TEST

/* -------------------------------------------------------------- replicas */

START_TEST(store_redis_load__reads_from_a_replica_when_the_master_is_gone)
{
    actor_t *replica = actor_start("r");
    rig_t *rig = rig_on_sentinel(
        s, "read-from=replica-on-failure breaker=2/1h retry=0", NULL);
    int i;

    actor_set_replica(s, replica);
    actor_replies(replica, "ROLE", ACTOR_SLAVE);
    ck_loads(rig, "k", "x k");
    actor_replies(x, "GET", actor_close);
    actor_replies(x, "STRLEN", actor_close);
    for (i = 1; i <= 4; i++) {
        ck_loads(rig, "l", "r l");
        ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REPLICA_READS),
                          (apr_uint64_t)i);
    }
    /* The breaker has opened meanwhile. */
    ck_assert_int_eq(actor_received(x, "GET l"), 1);
    ck_assert_int_eq(actor_received(x, "STRLEN l"), 1);
    ck_assert_int_eq(actor_received(replica, "READONLY"), 0);
    actor_stop(replica);
}
END_TEST

START_TEST(store_redis_load__is_unavailable_if_a_replica_has_no_such_session)
{
    actor_t *replica = actor_start("r");
    rig_t *rig =
        rig_on_sentinel(s, "read-from=replica-on-failure retry=0", NULL);

    actor_set_replica(s, replica);
    actor_replies(replica, "GET", ACTOR_NIL);
    ck_loads(rig, "k", "x k");
    actor_replies(x, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "l", 1000), UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(rig_result.reason, "replica"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 1);
    actor_stop(replica);
}
END_TEST

START_TEST(store_redis_load__reads_from_no_replica_by_default)
{
    actor_t *replica = actor_start("r");
    rig_t *rig = rig_on_sentinel(s, "retry=0", NULL);

    actor_set_replica(s, replica);
    ck_loads(rig, "k", "x k");
    actor_replies(x, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "l", 1000), UNAVAILABLE);
    ck_assert_int_eq(actor_accepted(replica), 0);
    actor_stop(replica);
}
END_TEST

/* The master is gone, together with the Sentinel beside it. */
START_TEST(store_redis_load__leaves_time_for_a_replica)
{
    actor_t *replica = actor_start("r");
    rig_t *rig = rig_on_sentinel(
        s, "read-from=replica-on-failure retry=0 timeout=1s", NULL);

    actor_set_replica(s, replica);
    ck_loads(rig, "k", "x k");
    actor_replies(s, "SENTINEL", actor_stall);
    actor_replies(x, "GET", actor_close);
    ck_assert_int_eq(rig_load(rig, "l", 1000), FOUND);
    ck_octets_eq(rig_result.record.string, OCTETS("r l"),
                 "which server's value?");
    actor_stop(replica);
}
END_TEST

/* A replica that recovers must not hide the master's outage. */
START_TEST(store_redis_load__reports_the_masters_outage_whatever_a_replica_does)
{
    actor_t *replica = actor_start("r");
    rig_t *rig = rig_on_sentinel(
        s, "read-from=replica-on-failure breaker=1/1ms retry=0", NULL);
    shs_breaker_t *replicas =
        shs_host_state_shard_breaker(rig->host_state, 0x10001);

    actor_set_replica(s, replica);
    ck_loads(rig, "k", "x k");
    /* The replica was down, and an earlier command reported it. */
    shs_breaker_note(replicas, &rig->endpoint->breaker, SHS_BREAKER_PASS,
                     SHS_BREAKER_FAILED, 2, 0, shs_clock_now());
    actor_replies(x, "GET", actor_close);
    ck_loads(rig, "k", "r k");
    ck_loads(rig, "l", "r l");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    actor_stop(replica);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, stage_start_sentinel, stage_stop_sentinel);
    tcase_add_test(tc, store_redis_load__sends_role_after_each_load);
    tcase_add_loop_test(
        tc, store_redis_load__finds_the_new_master_in_the_same_command, 0,
        ROWS(demoted));
    tcase_add_loop_test(
        tc, store_redis_load__names_the_option_for_the_sentinels_password, 0,
        2);
    tcase_add_test(tc, store_redis_load__reports_a_failover_once_for_the_host);
    tcase_add_test(tc,
                   store_redis_load__reports_a_failover_that_a_new_child_finds);
    tcase_add_test(tc, store_redis_load__rejects_the_reply_of_a_slave);
    tcase_add_loop_test(tc,
                        store_redis_load__rejects_a_slaves_reply_about_a_key, 0,
                        ROWS(about_the_key));
    tcase_add_test(tc, store_redis_load__uses_info_where_role_is_refused);
    tcase_add_test(
        tc, store_redis_load__changes_to_info_when_role_is_refused_later);
    tcase_add_loop_test(
        tc, store_redis_load__rejects_the_reply_of_a_server_that_hides_its_role,
        0, ROWS(about_the_key));
    tcase_add_test(tc, store_redis_load__rejects_a_reply_past_the_lease);
    tcase_add_test(tc,
                   store_redis_load__rejects_the_old_master_after_a_quiet_time);
    tcase_add_test(tc,
                   store_redis_load__confirms_a_new_connection_with_a_sentinel);
    tcase_add_loop_test(
        tc, store_redis_load__accepts_only_the_highest_epoch_on_the_host, 0, 2);
    tcase_add_loop_test(
        tc, store_redis_load__rejects_a_lower_epoch_while_a_sentinel_is_dead, 0,
        ROWS(lagging));
    tcase_add_loop_test(
        tc, store_redis_load__accepts_a_lower_epoch_of_half_of_the_sentinels, 0,
        ROWS(lagging));
    tcase_add_test(tc,
                   store_redis_load__rejects_a_lower_epoch_at_the_only_address);
    tcase_add_test(
        tc, store_redis_load__reports_a_lower_epoch_when_the_master_fails);
    tcase_add_test(tc,
                   store_redis_load__accepts_a_lower_epoch_of_all_sentinels);
    tcase_add_loop_test(
        tc, store_redis_load__needs_no_sentinel_while_the_master_replies, 0,
        ROWS(gone));
    tcase_add_loop_test(
        tc, store_redis_load__needs_no_sentinel_for_a_new_connection, 0,
        ROWS(gone));
    tcase_add_test(tc,
                   store_redis_load__reports_that_no_sentinel_names_a_master);
    tcase_add_test(tc,
                   store_redis_load__does_not_probe_earlier_for_a_new_child);
    tcase_add_test(tc, store_redis_load__reports_the_refusal_of_a_sentinel);
    tcase_add_test(
        tc, store_redis_load__reconnects_to_a_sentinel_after_a_lost_login);
    tcase_add_loop_test(tc, topology_create__ends_its_refresh_with_the_child, 0,
                        ROWS(endings));
    tcase_add_test(
        tc,
        store_redis_load__closes_connections_older_than_one_without_a_reply);
    tcase_add_test(
        tc, store_redis_load__reads_from_a_replica_when_the_master_is_gone);
    tcase_add_test(
        tc, store_redis_load__is_unavailable_if_a_replica_has_no_such_session);
    tcase_add_test(tc, store_redis_load__reads_from_no_replica_by_default);
    tcase_add_test(tc, store_redis_load__leaves_time_for_a_replica);
    tcase_add_test(
        tc,
        store_redis_load__reports_the_masters_outage_whatever_a_replica_does);
}

int main(void)
{
    return unit_main("store_redis_sentinel", add);
}
