/* SPDX-License-Identifier: Apache-2.0
 *
 * store_redis with reads of some fields of a hash. A read of "ab" and "c" is
 * meant throughout.
 */
#include "redis/store_redis.h"

#include "stage.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define ABSENT      SHS_OUTCOME_ABSENT
#define MALFORMED   SHS_OUTCOME_MALFORMED
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

#define V   "*2\r\n$-1\r\n$1\r\nv\r\n"
#define NIL "*2\r\n$-1\r\n$-1\r\n"

static const shs_octets_t names[] = { { "ab", 2 }, { "c", 1 } };

static shs_query_t query_of(const char *key)
{
    shs_query_t query = { unit_text(key), SHS_SHAPE_FIELDS, 65536, 0 };

    query.names = names;
    query.name_count = 2;
    return query;
}

static shs_outcome_t load(const rig_t *rig, shs_query_t query)
{
    memset(&rig_result, 0, sizeof(rig_result));
    query.deadline = unit_in_ms(5000);
    return shs_store_redis_load(&rig_result, &rig->client, &query, p);
}

static const char *fields(void)
{
    const char *shown = "";
    apr_size_t i;

    for (i = 0; i < rig_result.record.count; i++) {
        const shs_record_field_t *field = &rig_result.record.fields[i];

        shown = apr_pstrcat(p, shown, unit_show(field->name), "=",
                            unit_show(field->value), ";", NULL);
    }
    return shown;
}

#define ck_fields(rig, key, fields_)                         \
    do {                                                     \
        shs_outcome_t outcome_ = load((rig), query_of(key)); \
        ck_assert_msg(outcome_ == FOUND, "%d: %s", outcome_, \
                      rig_result.reason);                    \
        ck_assert_str_eq(fields(), (fields_));               \
    } while (0)

/* ------------------------------------------------------------- one server */

static const struct {
    const char *value;
    const char *pttl;
    shs_outcome_t outcome;
    const char *fields;
    const char *why;
} outcomes[] = {
    { V, ":7\r\n", FOUND, "c=v;", "one of them" },
    { "*2\r\n$0\r\n\r\n$2\r\n\r\n\r\n", ":7\r\n", FOUND, "ab=;c=\\x0d\\x0a;",
      "any octets" },
    { NIL, ":7\r\n", ABSENT, "", "none of them" },
    { NIL, ":-2\r\n", ABSENT, "", "no key" },
    { V, ":-2\r\n", ABSENT, "c=v;", "gone meanwhile" },
    { "-WRONGTYPE x\r\n", ":7\r\n", MALFORMED, "", "no hash" },
    { "*1\r\n$1\r\nv\r\n", ":7\r\n", UNAVAILABLE, "", "out of step" },
    { "*2\r\n$2\r\nab\r\n$1\r\nv\r\n", ":7\r\n", FOUND, "ab=ab;c=v;",
      "like a field and its value" },
};

START_TEST(store_redis_load__reads_only_the_fields_that_were_asked_for)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);

    actor_replies(one, "HMGET", outcomes[_i].value);
    actor_replies(one, "PTTL", outcomes[_i].pttl);
    ck_assert_msg(load(rig, query_of("s:k")) == outcomes[_i].outcome, "%s: %s",
                  rig_result.reason, outcomes[_i].why);
    ck_assert_str_eq(fields(), outcomes[_i].fields);
    ck_assert_msg(
        !strncmp(actor_transcript(one), "HMGET s:k ab c|PTTL s:k|", 24), "%s",
        actor_transcript(one));
    ck_assert(outcomes[_i].outcome == FOUND || rig_result.reason);
    actor_stop(one);
}
END_TEST

/* The limit is for the fields that were asked for: names and values. */
START_TEST(store_redis_load__limits_the_fields_that_were_asked_for)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);
    shs_query_t query = query_of("s:k");

    actor_replies(one, "HMGET", "*2\r\n$3\r\n123\r\n$4\r\n1234\r\n");
    query.max_octets = 10;
    ck_assert_int_eq(load(rig, query), FOUND);
    query.max_octets = 9;
    ck_assert_int_eq(load(rig, query), MALFORMED);
    ck_assert_int_eq(actor_accepted(one), 1);
    actor_stop(one);
}
END_TEST

/* ---------------------------------------------------------------- big keys */

START_TEST(store_redis_load__loads_the_sizes_first_after_too_large_fields)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);
    shs_query_t query = query_of("s:k");

    query.max_octets = 10;
    actor_replies(one, "HMGET", "*2\r\n$3\r\n123\r\n$9\r\n123456789\r\n");
    actor_replies(one, "HSTRLEN s:k ab", ":3\r\n");
    actor_replies(one, "HSTRLEN s:k c", ":9\r\n");
    ck_assert_int_eq(load(rig, query), MALFORMED);
    ck_assert_int_eq(actor_received(one, "HSTRLEN"), 0);
    ck_assert_int_eq(load(rig, query), MALFORMED);
    ck_assert_int_eq(actor_received(one, "HSTRLEN"), 2);
    ck_assert_int_eq(actor_received(one, "HMGET"), 1);
    actor_replies(one, "HSTRLEN s:k c", ":4\r\n");
    actor_replies(one, "HMGET", "*2\r\n$3\r\n123\r\n$4\r\n1234\r\n");
    ck_assert_int_eq(load(rig, query), FOUND);
    ck_assert_int_eq(load(rig, query), FOUND);
    ck_assert_int_eq(actor_received(one, "HSTRLEN"), 4);
    ck_assert_int_eq(actor_received(one, "HLEN"), 0);
    actor_stop(one);
}
END_TEST

/* The hash is too large, but these fields are not; and the other way round. */
START_TEST(store_redis_load__a_large_hash_may_have_small_fields)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);
    shs_query_t whole = query_of("s:k");
    int i;

    whole.names = NULL;
    whole.name_count = 0;
    whole.max_octets = 1;
    actor_replies(one, "HMGET", V);
    actor_replies(one, "HLEN", ":5000\r\n");
    actor_replies(one, "MEMORY", ":5000000\r\n");
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(load(rig, whole), MALFORMED);
        ck_fields(rig, "s:k", "c=v;");
    }
    ck_assert_int_eq(actor_received(one, "HSTRLEN"), 0);
    ck_assert_int_eq(actor_received(one, "HGETALL"), 1);
    ck_assert_int_eq(actor_received(one, "HLEN"), 2);
    actor_stop(one);
}
END_TEST

/* For the circuit breaker it is one key, whatever is read of it. */
START_TEST(store_redis_load__does_not_open_the_breaker_for_two_parts_of_a_key)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=2/1h retry=0", NULL);
    shs_query_t whole = query_of("s:k");
    int i;

    whole.names = NULL;
    whole.name_count = 0;
    actor_replies(one, "HMGET", actor_close);
    actor_replies(one, "HGETALL", actor_close);
    actor_replies(one, "HSTRLEN", "-NOPERM x\r\n");
    actor_replies(one, "HLEN", "-NOPERM x\r\n");
    actor_replies(one, "MEMORY", "-NOPERM x\r\n");
    for (i = 0; i < 5; i++) {
        ck_assert_int_eq(load(rig, whole), UNAVAILABLE);
        ck_assert_int_eq(load(rig, query_of("s:k")), UNAVAILABLE);
        ck_breaker(rig, "closed");
    }
    actor_stop(one);
}
END_TEST

/* --------------------------------------------------------- several servers */

START_TEST(store_redis_load__reads_fields_from_the_member_that_ask_names)
{
    rig_t *rig;

    stage_start_cluster();
    rig = rig_on_cluster(a, "", NULL);
    actor_replies(a, "HMGET", actor_redirect_error("ASK", slot_of_a, b));
    actor_replies(b, "HMGET", V);
    ck_fields(rig, "{a}1", "c=v;");
    ck_assert_str_eq(actor_transcript(b),
                     "ASKING|HMGET {a}1 ab c|ASKING|PTTL {a}1|");
    stage_stop_cluster();
}
END_TEST

START_TEST(store_redis_load__reads_fields_only_from_a_master)
{
    rig_t *rig;

    stage_start_sentinel();
    rig = rig_on_sentinel(s, "", NULL);
    actor_replies(x, "HMGET", V);
    actor_replies(y, "HMGET", "*2\r\n$1\r\ny\r\n$-1\r\n");
    ck_fields(rig, "k", "c=v;");
    actor_replies(x, "ROLE", ACTOR_SLAVE);
    stage_fail_over();
    ck_fields(rig, "k", "ab=y;");
    stage_stop_sentinel();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, store_redis_load__reads_only_the_fields_that_were_asked_for, 0,
        ROWS(outcomes));
    tcase_add_test(tc, store_redis_load__limits_the_fields_that_were_asked_for);
    tcase_add_test(
        tc, store_redis_load__loads_the_sizes_first_after_too_large_fields);
    tcase_add_test(tc, store_redis_load__a_large_hash_may_have_small_fields);
    tcase_add_test(
        tc, store_redis_load__does_not_open_the_breaker_for_two_parts_of_a_key);
    tcase_add_test(
        tc, store_redis_load__reads_fields_from_the_member_that_ask_names);
    tcase_add_test(tc, store_redis_load__reads_fields_only_from_a_master);
}

int main(void)
{
    return unit_main("store_redis_fields", add);
}
