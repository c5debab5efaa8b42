/* SPDX-License-Identifier: Apache-2.0
 *
 * The trace of a command. What else a command does is in test_store_redis_*.c.
 */
#include "redis/command/retry_loop.h"

#include "redis/store_redis.h"
#include "stage.h"
#include "unit.h"

/* "event: detail|event|", with the names of the stage's servers instead of
 * their addresses. */
static char events[4096];

static void add_event(void *baton, const char *event, const char *detail)
{
    const actor_t *const servers[] = { a, b, r, x, y };
    static const char *const names[] = { "a", "b", "r", "x", "y" };
    int i;

    (void)baton;
    for (i = 0; detail && i < ROWS(servers); i++) {
        const char *address =
            servers[i] ? apr_psprintf(p, "127.0.0.1:%d", actor_port(servers[i]))
                       : "-";

        if (!strncmp(detail, address, strlen(address))) {
            detail = apr_pstrcat(p, names[i], detail + strlen(address), NULL);
        }
    }
    apr_cpystrn(events,
                apr_pstrcat(p, events, event, detail ? ": " : "",
                            detail ? detail : "", "|", NULL),
                sizeof(events));
}

static shs_outcome_t load_traced(const rig_t *rig, const char *key, int ms)
{
    static const shs_trace_t trace = { add_event, NULL };
    shs_query_t query = { unit_text(key), SHS_SHAPE_STRING, 65536,
                          unit_in_ms(ms), &trace };

    events[0] = '\0';
    memset(&rig_result, 0, sizeof(rig_result));
    return shs_store_redis_load(&rig_result, &rig->client, &query, p);
}

#define ck_traced(rig, key, wanted)                                            \
    do {                                                                       \
        ck_assert_int_eq(load_traced((rig), (key), 10000), SHS_OUTCOME_FOUND); \
        ck_assert_str_eq(events, (wanted));                                    \
    } while (0)

START_TEST(retry_loop_run__traces_nothing_without_a_transition)
{
    actor_t *server = actor_start("a");
    rig_t *rig = rig_on_server(server, "", NULL);

    ck_traced(rig, "s:k", "");
    actor_stop(server);
}
END_TEST

START_TEST(retry_loop_run__traces_a_dead_connection)
{
    actor_t *server = actor_start("a");
    rig_t *rig = rig_on_server(server, "", NULL);

    ck_loads(rig, "s:k", "a s:k");
    actor_replies_once(server, "GET", actor_close);
    ck_assert_int_eq(load_traced(rig, "s:l", 10000), SHS_OUTCOME_FOUND);
    ck_assert_msg(!strncmp(events, "reconnect: ", 11), "%s", events);
    ck_assert_str_eq(strchr(events, '|'), "|");
    actor_stop(server);
}
END_TEST

START_TEST(retry_loop_run__traces_a_server_that_is_not_ready)
{
    actor_t *server = actor_start("a");
    rig_t *rig = rig_on_server(server, "", NULL);

    actor_replies_once(server, "GET", "-LOADING SECRET\r\n");
    ck_traced(rig, "s:k", "wait: it replies LOADING|");
    actor_stop(server);
}
END_TEST

START_TEST(retry_loop_run__traces_a_failure)
{
    actor_t *server = actor_start("a");
    rig_t *rig = rig_on_server(server, "breaker=1/1h", NULL);

    actor_replies(server, "GET", "-OOM SECRET\r\n");
    ck_assert_int_eq(load_traced(rig, "s:k", 10000), SHS_OUTCOME_UNAVAILABLE);
    ck_assert_str_eq(events, "fail: it replies OOM|");
    ck_assert_int_eq(load_traced(rig, "s:k", 10000), SHS_OUTCOME_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(events, "circuit breaker"));
    actor_stop(server);
}
END_TEST

START_TEST(retry_loop_run__traces_the_size_of_a_big_key)
{
    actor_t *server = actor_start("a");
    rig_t *rig = rig_on_server(server, "", NULL);

    ck_assert_int_eq(rig_load_sized(rig, "s:big", 5000, 3),
                     SHS_OUTCOME_MALFORMED);
    ck_traced(rig, "s:big", "load the size first|");
    actor_stop(server);
}
END_TEST

START_TEST(retry_loop_run__traces_redirections)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "", NULL);
    actor_replies_once(a, "GET", actor_redirect_error("ASK", slot_of_a, b));
    ck_traced(rig, "{a}1", "follow ASK: b|");
    actor_replies(a, "GET", actor_redirect_error("MOVED", slot_of_a, b));
    ck_traced(rig, "{a}2", "follow MOVED: b|");
    stage_stop_cluster();
}
END_TEST

START_TEST(retry_loop_run__traces_a_refresh_and_the_new_master)
{
    rig_t *rig;

    stage_start_sentinel();
    rig = rig_on_sentinel(s, "", NULL);
    ck_loads(rig, "k", "x k");
    stage_fail_over();
    actor_replies(x, "ROLE", ACTOR_SLAVE);
    ck_traced(rig, "l",
              "refresh the topology: x: it is no longer the master|"
              "go to another master: y|");
    stage_stop_sentinel();
}
END_TEST

/* While the command pauses, another server becomes the master. */
START_TEST(retry_loop_run__traces_another_master_after_a_pause)
{
    rig_t *rig;
    const char *last;

    stage_start_sentinel();
    rig = rig_on_sentinel(s, "", NULL);
    ck_loads(rig, "k", "x k");
    actor_replies(x, "GET", "-LOADING SECRET\r\n");
    stage_fail_over();
    ck_assert_int_eq(load_traced(rig, "l", 10000), SHS_OUTCOME_FOUND);
    ck_assert_msg(!strncmp(events, "wait: x: it replies LOADING|", 28), "%s",
                  events);
    last = strstr(events, "|go to another master: ");
    ck_assert_msg(last != NULL, "%s", events);
    ck_assert_str_eq(last, "|go to another master: y|");
    stage_stop_sentinel();
}
END_TEST

START_TEST(retry_loop_run__traces_a_rejected_reply_and_the_new_master)
{
    rig_t *rig;

    stage_start_sentinel();
    rig = rig_on_sentinel(s, "", NULL);
    ck_loads(rig, "k", "x k");
    actor_disconnect(x);
    stage_fail_over();
    ck_traced(rig, "l",
              "reject the reply of the old master: x|"
              "go to another master: y|");
    stage_stop_sentinel();
}
END_TEST

/* The first has moved to b; the second is still where it was. */
START_TEST(retry_loop_run__traces_a_redirection_without_an_address)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "", NULL);
    ck_loads(rig, "{a}1", "a {a}1");
    actor_replies_once(a, "GET",
                       apr_psprintf(p, "-MOVED %d ?:6379\r\n", slot_of_a));
    if (_i == 0) {
        stage_set_slots(b, a);
    }
    ck_traced(rig, "{a}2",
              apr_pstrcat(p,
                          "refresh the topology: a redirection without an"
                          " address|",
                          _i == 0 ? "go to another master: b|"
                                  : "try the same master again: a|",
                          NULL));
    stage_stop_cluster();
}
END_TEST

START_TEST(retry_loop_run__traces_a_replica)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "retry=0 read-from=replica-on-failure", NULL);
    ck_loads(rig, "{a}1", "a {a}1");
    actor_replies(a, "GET", actor_close);
    ck_assert_int_eq(load_traced(rig, "{a}2", 3000), SHS_OUTCOME_FOUND);
    ck_assert_msg(!strncmp(events, "refresh the topology: a: ", 25), "%s",
                  events);
    ck_assert_str_eq(strchr(events, '|'), "|read from a replica: r|");
    stage_stop_cluster();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, retry_loop_run__traces_nothing_without_a_transition);
    tcase_add_test(tc, retry_loop_run__traces_a_dead_connection);
    tcase_add_test(tc, retry_loop_run__traces_a_server_that_is_not_ready);
    tcase_add_test(tc, retry_loop_run__traces_a_failure);
    tcase_add_test(tc, retry_loop_run__traces_the_size_of_a_big_key);
    tcase_add_test(tc, retry_loop_run__traces_redirections);
    tcase_add_test(tc, retry_loop_run__traces_a_refresh_and_the_new_master);
    tcase_add_test(tc, retry_loop_run__traces_another_master_after_a_pause);
    tcase_add_test(tc,
                   retry_loop_run__traces_a_rejected_reply_and_the_new_master);
    tcase_add_loop_test(
        tc, retry_loop_run__traces_a_redirection_without_an_address, 0, 2);
    tcase_add_test(tc, retry_loop_run__traces_a_replica);
}

int main(void)
{
    return unit_main("retry_loop", add);
}
