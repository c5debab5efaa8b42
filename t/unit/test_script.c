/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/script.h"

#include "unit.h"
#include "wire.h"

#define STRING SHS_SHAPE_STRING
#define FIELDS SHS_SHAPE_FIELDS

#define MAX_ARGUMENTS 32

/* Splits a command into its arguments. */
static int split(shs_octets_t *arguments, shs_octets_t command)
{
    const char *end = command.data + command.len;
    const char *at = command.data + 1;
    int count = atoi(at);
    int i;

    ck_assert_int_eq(command.data[0], '*');
    ck_assert_int_le(count, MAX_ARGUMENTS);
    at = strchr(at, '\n') + 1;
    for (i = 0; i < count; i++) {
        ck_assert_int_eq(*at, '$');
        arguments[i].len = (apr_size_t)atoi(at + 1);
        arguments[i].data = strchr(at, '\n') + 1;
        at = arguments[i].data + arguments[i].len + 2;
    }
    ck_assert_ptr_eq(at, end);
    return count;
}

/* The sessions of these tests. */
static const shs_record_field_t was_fields[] = {
    { { "@created", 8 }, { "1", 1 } },
    { { "a", 1 }, { "", 0 } },
};
static const shs_record_t was_of_fields = {
    FIELDS, { NULL, 0 }, was_fields, 2, -1
};
static const shs_record_t was_of_string = { STRING, { "old", 3 }, NULL, 0, -1 };
static const shs_record_field_t fields[] = {
    { { "n", 1 }, { "v", 1 } },
    { { "m", 1 }, { "", 0 } },
};
static const shs_octets_t names[] = { { "gone", 4 }, { "too", 3 } };
static const shs_record_field_t expected[] = {
    { { "n", 1 }, { "", 0 } },
    { { "x", 1 }, { NULL, 0 } },
};

static shs_write_t write_of(shs_write_kind_t kind, shs_shape_t shape)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.kind = kind;
    write.at.key = OCTETS("s:k");
    write.at.shape = shape;
    write.at.max_octets = 65536;
    write.ttl = 1800000000;
    write.due = 1700000000;
    write.accessed_at_ms = 1700000000123;
    write.keeps = 1;
    if (shape == STRING) {
        write.rotated = OCTETS("MARK");
        write.was = &was_of_string;
        write.edit.string = OCTETS("new");
        return write;
    }
    write.was = &was_of_fields;
    write.edit.fields = fields;
    write.edit.count = 2;
    if (kind == SHS_WRITE_CHANGE) {
        write.edit.names = names;
        write.edit.name_count = 2;
        write.edit.expected = expected;
        write.edit.expected_count = 2;
    }
    return write;
}

static const struct {
    shs_write_kind_t kind;
    shs_shape_t shape;
    const char *arguments; /* after the key, each with "|" after it */
    const char *why;
} builds[] = {
    { SHS_WRITE_CREATE, STRING, "1800000|new|", "ttl and value" },
    { SHS_WRITE_CREATE, FIELDS, "1800000|n|v|m||", "ttl and fields" },
    { SHS_WRITE_CHANGE, STRING, "|old|new|", "the ttl stays" },
    { SHS_WRITE_CHANGE, FIELDS,
      "65536|4096|1700000000123|2|2|n|v|m||n|=||x|!||gone|too|",
      "limits, @accessed, counts, fields to set, expect and remove" },
    { SHS_WRITE_TOUCH, STRING, "1800000|1700000|MARK|",
      "ttl, due, and the beginning of a rotated session" },
    { SHS_WRITE_TOUCH, FIELDS, "1800000|1700000|1700000000123|",
      "the same, and @accessed" },
    { SHS_WRITE_FORWARD, STRING, "1800000|old|new|",
      "the longest ttl, the old and the new value" },
    { SHS_WRITE_FORWARD, FIELDS, "1800000|1|v|@created|1|a||",
      "ttl, keep, the successor, and all old fields" },
    { SHS_WRITE_REMOVE, STRING, "0|MARK|", "not one that was rotated" },
    { SHS_WRITE_REMOVE, FIELDS, "0|", "the same" },
};

static const char *built(const shs_write_t *write, const char **script)
{
    shs_octets_t arguments[MAX_ARGUMENTS];
    int count = split(arguments, shs_script_build(write, p));
    const char *shown = "";
    int i;

    ck_assert_int_ge(count, 4);
    ck_octets_eq(arguments[0], OCTETS("EVAL"), "any server since 2.6 has it");
    ck_octets_eq(arguments[2], OCTETS("1"), "one key, as a cluster wants it");
    ck_octets_eq(arguments[3], OCTETS("s:k"), "the key");
    for (i = 4; i < count; i++) {
        shown = apr_pstrcat(p, shown, unit_show(arguments[i]), "|", NULL);
    }
    *script = apr_pstrmemdup(p, arguments[1].data, arguments[1].len);
    return shown;
}

START_TEST(script_build__passes_the_arguments_of_the_script)
{
    shs_write_t write = write_of(builds[_i].kind, builds[_i].shape);
    const char *script;
    const char *got = built(&write, &script);

    ck_assert_msg(!strcmp(got, builds[_i].arguments), "%s: %s", got,
                  builds[_i].why);
    ck_assert_ptr_nonnull(strstr(script, "KEYS[1]"));
    ck_assert_ptr_null(strstr(script, "KEYS[2]"));
}
END_TEST

/* A server caches every script that it has ever received. */
START_TEST(script_build__uses_one_script_for_each_kind)
{
    shs_write_t write = write_of(builds[_i].kind, builds[_i].shape);
    const char *script, *other;

    built(&write, &script);
    write.ttl = 1;
    write.due = 2;
    write.keeps = 0;
    write.accessed_at_ms = 3;
    write.at.max_octets = 4;
    write.edit.string = OCTETS("other");
    write.edit.name_count = 0;
    write.edit.expected_count = 0;
    write.edit.count = builds[_i].shape == FIELDS ? 1 : 0;
    built(&write, &other);
    ck_assert_str_eq(script, other);
}
END_TEST

START_TEST(script_build__uses_different_scripts_for_different_kinds)
{
    const char *scripts[ROWS(builds)];
    int i, k;

    for (i = 0; i < ROWS(builds); i++) {
        shs_write_t write = write_of(builds[i].kind, builds[i].shape);

        built(&write, &scripts[i]);
    }
    for (i = 0; i < ROWS(builds); i++) {
        for (k = 0; k < i; k++) {
            /* A string is swapped for another, whatever it means. */
            int may_be_same = builds[i].shape == STRING
                              && builds[i].kind == SHS_WRITE_FORWARD
                              && builds[k].kind == SHS_WRITE_CHANGE
                              && builds[k].shape == STRING;

            ck_assert_msg((strcmp(scripts[i], scripts[k]) == 0) == may_be_same,
                          "%d and %d", i, k);
        }
    }
}
END_TEST

static const struct {
    apr_interval_time_t ttl;
    const char *ms;
    const char *why;
} ttls[] = {
    { 0, "0", "it ends now" },
    { 1, "1", "a microsecond is not nothing, which would end it" },
    { 999, "1", "nor are 999" },
    { 1000, "1", "a millisecond" },
    { 1001, "2", "rounded up" },
    { APR_INT64_C(34560000) * 1000000, "34560000000", "400 days" },
};

START_TEST(script_build__rounds_a_ttl_up_to_milliseconds)
{
    shs_write_t write = write_of(SHS_WRITE_FORWARD, STRING);
    const char *script;

    write.ttl = ttls[_i].ttl;
    ck_assert_msg(!strcmp(built(&write, &script),
                          apr_pstrcat(p, ttls[_i].ms, "|old|new|", NULL)),
                  "%s", ttls[_i].why);
}
END_TEST

START_TEST(script_build__passes_that_no_field_stays)
{
    shs_write_t write = write_of(SHS_WRITE_FORWARD, FIELDS);
    const char *script;

    write.keeps = 0;
    ck_assert_str_eq(built(&write, &script), "1800000|0|v|@created|1|a||");
}
END_TEST

START_TEST(script_build__carries_any_octets)
{
    shs_write_t write = write_of(SHS_WRITE_CHANGE, STRING);
    shs_record_t was = was_of_string;
    const char *script;

    was.string = unit_exact("\0\r\n'\\", 5);
    write.was = &was;
    write.edit.string = unit_exact("]]\xff", 3);
    ck_assert_str_eq(built(&write, &script), "|\\x00\\x0d\\x0a'\\|]]\\xff|");
}
END_TEST

static const struct {
    const char *reply;
    int is_expected;
    const char *why;
} replies[] = {
    { ":1\r\n", 1, "done" },
    { ":0\r\n", 1, "gone" },
    { ":-1\r\n", 1, "a conflict" },
    { ":-2\r\n", 1, "too large" },
    { "-WRONGTYPE x\r\n", 1, "an error" },
    { ":2\r\n", 0, "no script gives it" },
    { ":-3\r\n", 0, "no script gives it" },
    { ":5000\r\n", 0, "PTTL's" },
    { "+OK\r\n", 0, "SET's" },
    { "$1\r\n1\r\n", 0, "GET's" },
    { "$-1\r\n", 0, "GET's of nothing" },
    { "*1\r\n:1\r\n", 0, "an array" },
};

START_TEST(script_is_expected__accepts_only_replies_of_the_scripts)
{
    ck_assert_msg(!!shs_script_is_expected(wire_reply(replies[_i].reply))
                      == replies[_i].is_expected,
                  "%s", replies[_i].why);
}
END_TEST

static const struct {
    const char *reply;
    shs_wrote_t wrote;
} readings[] = {
    { ":1\r\n", SHS_WROTE_DONE },
    { ":0\r\n", SHS_WROTE_GONE },
    { ":-1\r\n", SHS_WROTE_CONFLICT },
    { ":-2\r\n", SHS_WROTE_TOO_LARGE },
};

START_TEST(script_read__distinguishes_the_outcomes)
{
    shs_write_t write = write_of(SHS_WRITE_REMOVE, STRING);
    const char *reason = NULL;

    ck_assert_int_eq(
        shs_script_read(&reason, wire_reply(readings[_i].reply), &write),
        readings[_i].wrote);
    ck_assert_int_eq(reason == NULL, readings[_i].wrote == SHS_WROTE_DONE);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, script_build__passes_the_arguments_of_the_script, 0,
                        ROWS(builds));
    tcase_add_loop_test(tc, script_build__uses_one_script_for_each_kind, 0,
                        ROWS(builds));
    tcase_add_test(tc,
                   script_build__uses_different_scripts_for_different_kinds);
    tcase_add_loop_test(tc, script_build__rounds_a_ttl_up_to_milliseconds, 0,
                        ROWS(ttls));
    tcase_add_test(tc, script_build__passes_that_no_field_stays);
    tcase_add_test(tc, script_build__carries_any_octets);
    tcase_add_loop_test(tc,
                        script_is_expected__accepts_only_replies_of_the_scripts,
                        0, ROWS(replies));
    tcase_add_loop_test(tc, script_read__distinguishes_the_outcomes, 0,
                        ROWS(readings));
}

int main(void)
{
    return unit_main("script", add);
}
