/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes to foreign sessions with a store_redis: one command outside a Cluster,
 * steps in a Cluster. There the session is at server a, and what belongs to it
 * at b.
 */
#include "redis/steps.h"

#include "redis/store_redis.h"
#include "stage.h"
#include "unit.h"

#define DONE        SHS_WROTE_DONE
#define GONE        SHS_WROTE_GONE
#define UNAVAILABLE SHS_WROTE_UNAVAILABLE

static const shs_record_field_t expected[] = { { { "f", 1 }, { NULL, 0 } } };
static const shs_member_t members[] = { { { "{b}set", 6 }, { "m", 1 }, 0 },
                                        { { "{b}zset", 7 }, { "n", 1 }, 1 } };

static char traced[1024];

static void trace(void *baton, const char *event, const char *detail)
{
    (void)baton;
    if (!strncmp(event, "leave", 5)) {
        strncat(traced, event, sizeof(traced) - strlen(traced) - 1);
        strncat(traced, detail ? ":" : "?", 2);
    }
}

static const shs_trace_t tracer = { trace, NULL };

static shs_write_t write_of(shs_write_kind_t kind)
{
    static shs_foreign_t foreign;
    shs_write_t write;

    traced[0] = '\0';
    memset(&foreign, 0, sizeof(foreign));
    foreign.expected = expected;
    foreign.expected_count = 1;
    foreign.companion = OCTETS("{b}c");
    foreign.companion_ttl = 60000000;
    foreign.members = members;
    foreign.member_count = 2;
    memset(&write, 0, sizeof(write));
    write.kind = kind;
    write.at.key = OCTETS("{a}k");
    write.at.shape = SHS_SHAPE_FIELDS;
    write.at.max_octets = 65536;
    write.at.trace = &tracer;
    write.ttl = 90000000;
    write.due = 80000000;
    write.foreign = &foreign;
    return write;
}

static shs_wrote_t perform(const rig_t *rig, shs_write_kind_t kind)
{
    shs_write_t write = write_of(kind);

    return rig_write(rig, &write, 10000);
}

/* The keys and arguments of each EVAL that a server got: "{a}k,1,2;". */
static const char *evals(actor_t *actor)
{
    char *rest = apr_pstrdup(p, actor_transcript(actor));
    const char *shown = "";
    char *command, *state;

    for (command = apr_strtok(rest, "|", &state); command;
         command = apr_strtok(NULL, "|", &state)) {
        char *end = strrchr(command, '\n');

        if (end) {
            shown = apr_pstrcat(p, shown, end + 1, ";", NULL);
        }
    }
    return shown;
}

#define OF_TOUCH  " 90000 80000 0 1 0 f ? ;"
#define OF_REMOVE " 0 0 1 0 f ? ;"

static const struct {
    shs_write_kind_t kind;
    const char *sent;
} whole[] = {
    { SHS_WRITE_TOUCH, " 2 {a}k {b}c 90000 80000 60000 1 0 f ? ;" },
    { SHS_WRITE_REMOVE,
      " 4 {a}k {b}c {b}set {b}zset 0 1 1 0 f ?  SREM m ZREM n;" },
};

START_TEST(store_redis_write__sends_all_keys_of_a_foreign_session_together)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);

    ck_assert_int_eq(perform(rig, whole[_i].kind), DONE);
    ck_assert_str_eq(evals(one), whole[_i].sent);
    ck_assert_int_eq(actor_received(one, "EVAL"), 1);
    actor_stop(one);
}
END_TEST

/* -1: the session is another one by now, and no other writer is to be waited
 * for. */
static const struct {
    const char *reply;
    shs_wrote_t wrote;
} readings[] = {
    { ":1\r\n", DONE },
    { ":0\r\n", GONE },
    { ":-1\r\n", GONE },
    { "-WRONGTYPE x\r\n", SHS_WROTE_MALFORMED },
    { "-OOM x\r\n", UNAVAILABLE },
    { ":2\r\n", UNAVAILABLE },
};

START_TEST(store_redis_write__has_no_conflict_over_a_foreign_session)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "retry=0", NULL);

    actor_replies(one, "EVAL", readings[_i].reply);
    ck_assert_int_eq(perform(rig, SHS_WRITE_TOUCH), readings[_i].wrote);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_CONFLICTS), 0);
    actor_stop(one);
}
END_TEST

/* A server without memory still touches sessions. */
START_TEST(store_redis_write__does_not_prove_by_a_foreign_session_that_it_can)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);

    actor_replies_once(one, "EVAL", "-OOM x\r\n");
    ck_assert_int_eq(perform(rig, SHS_WRITE_TOUCH), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_UNWRITABLE);
    ck_assert_int_eq(perform(rig, SHS_WRITE_TOUCH), DONE);
    ck_assert_int_eq(perform(rig, SHS_WRITE_REMOVE), DONE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    actor_stop(one);
}
END_TEST

/* ---------------------------------------------------------------- a Cluster */

START_TEST(steps_run__touches_the_companion_before_the_session)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "", NULL);
    ck_assert_int_eq(perform(rig, SHS_WRITE_TOUCH), DONE);
    ck_assert_str_eq(evals(b), " 1 {b}c 60000 60000 0 0 0;");
    ck_assert_str_eq(evals(a), " 1 {a}k" OF_TOUCH);
    stage_stop_cluster();
}
END_TEST

static const struct {
    const char *reply;
    shs_wrote_t wrote;
} failures[] = {
    { ":0\r\n", GONE },
    { "-OOM x\r\n", UNAVAILABLE },
};

START_TEST(steps_run__touches_no_session_without_its_companion)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "", NULL);
    actor_replies(b, "EVAL", failures[_i].reply);
    ck_assert_int_eq(perform(rig, SHS_WRITE_TOUCH), failures[_i].wrote);
    ck_assert_str_eq(evals(a), "");
    stage_stop_cluster();
}
END_TEST

START_TEST(steps_run__has_the_result_of_the_session_that_it_touches)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "", NULL);
    actor_replies(a, "EVAL", failures[_i].reply);
    ck_assert_int_eq(perform(rig, SHS_WRITE_TOUCH), failures[_i].wrote);
    ck_assert_int_eq(actor_received(b, "EVAL"), 1);
    stage_stop_cluster();
}
END_TEST

#define REST " 1 {b}c 0 0 0 0; 1 {b}set SREM m; 1 {b}zset ZREM n;"

/* What a step of the end says, and what then becomes of the others. */
static const struct {
    const char *session;   /* the reply of a */
    const char *companion; /* that of b to its first EVAL; NULL: done */
    shs_wrote_t wrote;
    const char *rest; /* what b got */
    const char *traced;
    const char *why;
} ends[] = {
    { ":1\r\n", NULL, DONE, REST, "", "all of it" },
    { ":1\r\n", ":0\r\n", DONE, REST, "", "there was no companion" },
    { ":0\r\n", NULL, GONE, REST, "", "what remains of a session" },
    { ":-1\r\n", NULL, GONE, "", "", "it is another session" },
    { "-WRONGTYPE x\r\n", NULL, SHS_WROTE_MALFORMED, "", "", "no session" },
    { "-OOM x\r\n", NULL, UNAVAILABLE, "", "", "it may not have ended" },
    { ":1\r\n", "-OOM x\r\n", DONE, REST,
      "leave the companion:", "the session has ended all the same" },
};

START_TEST(steps_run__ends_the_session_before_what_belongs_to_it)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "", NULL);
    actor_replies(a, "EVAL", ends[_i].session);
    if (ends[_i].companion) {
        actor_replies_once(b, "EVAL", ends[_i].companion);
    }
    ck_assert_msg(perform(rig, SHS_WRITE_REMOVE) == ends[_i].wrote, "%s",
                  ends[_i].why);
    ck_assert_str_eq(evals(a), " 1 {a}k" OF_REMOVE);
    ck_assert_msg(!strcmp(evals(b), ends[_i].rest), "%s: %s", evals(b),
                  ends[_i].why);
    ck_assert_str_eq(traced, ends[_i].traced);
    stage_stop_cluster();
}
END_TEST

/* The failure of a later step does not hide that the server is down. */
START_TEST(steps_run__reports_a_transition_of_any_step)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "breaker=1/1h retry=0", NULL);
    actor_replies(b, "EVAL", actor_close);
    ck_assert_int_eq(perform(rig, SHS_WRITE_REMOVE), DONE);
    ck_assert_ptr_null(rig_result.reason);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    ck_assert_ptr_nonnull(rig_result.transition_reason);
    ck_assert_str_eq(traced,
                     "leave the companion:leave a member:leave a member:");
    stage_stop_cluster();
}
END_TEST

/* The time that is left belongs to the request. */
START_TEST(steps_run__leaves_the_rest_if_time_is_short)
{
    shs_write_t write = write_of(SHS_WRITE_REMOVE);
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "timeout=40s", NULL);
    ck_assert_int_eq(rig_write(rig, &write, 9000), DONE);
    ck_assert_str_eq(evals(b), "");
    ck_assert_str_eq(traced,
                     "leave the companion:leave a member:leave a member:");
    stage_stop_cluster();
}
END_TEST

/* Without anything in other slots it is one step. */
START_TEST(steps_are_needed__only_for_further_keys_in_a_cluster)
{
    shs_foreign_t foreign;
    shs_write_t write = write_of(SHS_WRITE_REMOVE);
    actor_t *one = actor_start("a");
    rig_t *single = rig_on_server(one, "", NULL);
    rig_t *cluster;

    stage_start_cluster();
    cluster = rig_on_cluster(a, "", NULL);
    foreign = *write.foreign;
    ck_assert(shs_steps_are_needed(&cluster->client, &write));
    ck_assert(!shs_steps_are_needed(&single->client, &write));
    write.foreign = &foreign;
    foreign.member_count = 0;
    ck_assert(shs_steps_are_needed(&cluster->client, &write));
    foreign.companion.len = 0;
    ck_assert(!shs_steps_are_needed(&cluster->client, &write));
    foreign.member_count = 1;
    ck_assert(shs_steps_are_needed(&cluster->client, &write));
    write.foreign = NULL;
    ck_assert(!shs_steps_are_needed(&cluster->client, &write));
    stage_stop_cluster();
    actor_stop(one);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, store_redis_write__sends_all_keys_of_a_foreign_session_together, 0,
        ROWS(whole));
    tcase_add_loop_test(
        tc, store_redis_write__has_no_conflict_over_a_foreign_session, 0,
        ROWS(readings));
    tcase_add_test(
        tc, store_redis_write__does_not_prove_by_a_foreign_session_that_it_can);
    tcase_add_test(tc, steps_run__touches_the_companion_before_the_session);
    tcase_add_loop_test(tc, steps_run__touches_no_session_without_its_companion,
                        0, ROWS(failures));
    tcase_add_loop_test(
        tc, steps_run__has_the_result_of_the_session_that_it_touches, 0,
        ROWS(failures));
    tcase_add_loop_test(tc,
                        steps_run__ends_the_session_before_what_belongs_to_it,
                        0, ROWS(ends));
    tcase_add_test(tc, steps_run__reports_a_transition_of_any_step);
    tcase_add_test(tc, steps_run__leaves_the_rest_if_time_is_short);
    tcase_add_test(tc, steps_are_needed__only_for_further_keys_in_a_cluster);
}

int main(void)
{
    return unit_main("steps", add);
}
