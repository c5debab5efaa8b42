/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/reply.h"

#include "unit.h"

#define STRING SHS_SHAPE_STRING
#define FIELDS SHS_SHAPE_FIELDS

/* A read of two fields, "ab" and "c". */
#define NAMED (-1)

static shs_query_t query_of(int shape)
{
    static const shs_octets_t names[] = { { "ab", 2 }, { "c", 1 } };
    shs_query_t query;

    memset(&query, 0, sizeof(query));
    query.shape = shape == NAMED ? FIELDS : (shs_shape_t)shape;
    query.names = shape == NAMED ? names : NULL;
    query.name_count = shape == NAMED ? 2 : 0;
    return query;
}

/* The replies in that text, as the wire has them; NULL for one that is not
 * there. */
static void parse(shs_reply_t **replies, int count, const char *text)
{
    const shs_resp_limits_t limits = { 65536, 64 };
    shs_resp_t *resp = shs_resp_create();
    int i;

    ck_assert_ptr_nonnull(resp);
    shs_resp_begin(resp, limits, p);
    ck_assert_int_eq(shs_resp_feed(resp, text, strlen(text)), SHS_RESP_MORE);
    for (i = 0; i < count; i++) {
        if (shs_resp_next(&replies[i], resp) != SHS_RESP_REPLY) {
            ck_assert_int_gt(i, 0);
            replies[i] = NULL;
        }
    }
    shs_resp_destroy(resp);
}

static const struct {
    const char *text;
    const char *code;
    int has;
    const char *why;
} codes[] = {
    { "-NOAUTH Authentication required.\r\n", "NOAUTH", 1, "the first word" },
    { "-NOAUTHX x\r\n", "NOAUTH", 0, "a longer word" },
    { "-NOAUT x\r\n", "NOAUTH", 0, "a shorter word" },
    { "-ERR NOAUTH x\r\n", "NOAUTH", 0, "not the first word" },
    { "+NOAUTH x\r\n", "NOAUTH", 0, "a status" },
    { "$8\r\nNOAUTH x\r\n", "NOAUTH", 0, "a value" },
};

START_TEST(reply_has_code__compares_the_first_word_of_an_error)
{
    shs_reply_t *reply;

    parse(&reply, 1, codes[_i].text);
    ck_assert_msg(!!shs_reply_has_code(reply, codes[_i].code) == codes[_i].has,
                  "%s", codes[_i].why);
}
END_TEST

static const struct {
    const char *text;
    int is_refusal;
} refusals[] = {
    { "-NOAUTH SECRET\r\n", 1 },   { "-WRONGPASS SECRET\r\n", 1 },
    { "-NOPERM SECRET\r\n", 1 },   { "-LOADING SECRET\r\n", 0 },
    { "-ERR SECRET\r\n", 0 },      { "-WRONGTYPE SECRET\r\n", 0 },
    { "-READONLY SECRET\r\n", 0 },
};

START_TEST(reply_is_refusal__is_true_for_permissions_and_passwords)
{
    shs_reply_t *reply;
    const char *words;

    parse(&reply, 1, refusals[_i].text);
    ck_assert_msg(!!shs_reply_is_refusal(reply) == refusals[_i].is_refusal,
                  "%s", refusals[_i].text);
    words = shs_reply_describe_error(reply, p);
    ck_assert_msg(*words && !strstr(words, "SECRET"), "%s", words);
}
END_TEST

static const struct {
    int shape; /* or NAMED */
    const char *text;
    int is_expected;
    const char *why;
} pairs[] = {
    { STRING, "$1\r\nv\r\n:5\r\n", 1, "a value" },
    { STRING, "$-1\r\n:-2\r\n", 1, "nothing" },
    { STRING, "-WRONGTYPE x\r\n:5\r\n", 1, "an error" },
    { STRING, "$1\r\nv\r\n-ERR x\r\n", 1, "an error" },
    { FIELDS, "*2\r\n$1\r\na\r\n$1\r\nb\r\n:-1\r\n", 1, "fields" },
    { FIELDS, "*0\r\n:-2\r\n", 1, "nothing" },
    { STRING, "*0\r\n:5\r\n", 0, "fields where a value should be" },
    { FIELDS, "$1\r\nv\r\n:5\r\n", 0, "a value where fields should be" },
    { STRING, "+OK\r\n:5\r\n", 0, "a status" },
    { STRING, ":5\r\n:5\r\n", 0, "the reply to another command" },
    { STRING, "$1\r\nv\r\n$1\r\nv\r\n", 0, "two values: out of step" },
    { STRING, "$1\r\nv\r\n$-1\r\n", 0, "PTTL gives a number" },
    { STRING, "$1\r\nv\r\n:-3\r\n", 0, "PTTL gives no -3" },
    { FIELDS, "*1\r\n$1\r\na\r\n:5\r\n", 0, "a name without a value" },
    { FIELDS, "*2\r\n$1\r\na\r\n:1\r\n:5\r\n", 0, "a value that is a number" },
    { FIELDS, "*2\r\n*0\r\n$1\r\na\r\n:5\r\n", 0, "a name that is an array" },
    { STRING, "$1\r\nv\r\n", 1, "a value without PTTL" },
    { STRING, "$-1\r\n", 1, "nothing without PTTL" },
    { STRING, "-WRONGTYPE x\r\n", 1, "an error without PTTL" },
    { STRING, ":5\r\n", 0, "the reply to another command, without PTTL" },
    { FIELDS, "*0\r\n", 1, "no fields without PTTL" },
    { FIELDS, "$1\r\nv\r\n", 0, "a value without PTTL" },
    { NAMED, "*2\r\n$1\r\na\r\n$-1\r\n:5\r\n", 1, "one of two fields" },
    { NAMED, "*2\r\n$-1\r\n$-1\r\n:-2\r\n", 1, "none" },
    { NAMED, "*2\r\n$0\r\n\r\n$1\r\nb\r\n", 1, "both, without PTTL" },
    { NAMED, "-WRONGTYPE x\r\n:5\r\n", 1, "an error" },
    { NAMED, "*1\r\n$1\r\na\r\n:5\r\n", 0, "a value too few" },
    { NAMED, "*3\r\n$1\r\na\r\n$-1\r\n$-1\r\n:5\r\n", 0, "one too many" },
    { NAMED, "*0\r\n:5\r\n", 0, "the reply to HGETALL" },
    { NAMED, "*2\r\n:1\r\n$-1\r\n:5\r\n", 0, "a number" },
    { NAMED, "*2\r\n*0\r\n$-1\r\n:5\r\n", 0, "an array" },
    { NAMED, "$-1\r\n:5\r\n", 0, "the reply to GET" },
    { FIELDS, "*2\r\n$1\r\na\r\n$-1\r\n:5\r\n", 0, "the reply to HMGET" },
};

START_TEST(reply_is_expected__detects_replies_out_of_step)
{
    shs_query_t query = query_of(pairs[_i].shape);
    shs_reply_t *replies[2];

    parse(replies, 2, pairs[_i].text);
    ck_assert_msg(!!shs_reply_is_expected(replies, &query)
                      == pairs[_i].is_expected,
                  "%s", pairs[_i].why);
}
END_TEST

static const struct {
    int shape;
    const char *text;
    shs_outcome_t outcome;
    apr_interval_time_t ttl;
    const char *why;
} outcomes[] = {
    { STRING, "$1\r\nv\r\n:5\r\n", SHS_OUTCOME_FOUND, 5000, "milliseconds" },
    { STRING, "$1\r\nv\r\n:-1\r\n", SHS_OUTCOME_FOUND, SHS_TTL_FOREVER,
      "no expiry" },
    { STRING, "$1\r\nv\r\n:9223372036854775807\r\n", SHS_OUTCOME_FOUND,
      SHS_TTL_FOREVER, "more than can be counted" },
    { STRING, "$1\r\nv\r\n:-2\r\n", SHS_OUTCOME_ABSENT, 0,
      "gone between the two" },
    { STRING, "$-1\r\n:5\r\n", SHS_OUTCOME_ABSENT, 0, "not there" },
    { FIELDS, "*0\r\n:-2\r\n", SHS_OUTCOME_ABSENT, 0, "not there" },
    { FIELDS, "*2\r\n$1\r\na\r\n$1\r\nb\r\n:7\r\n", SHS_OUTCOME_FOUND, 7000,
      "fields" },
    { STRING, "-WRONGTYPE x\r\n:5\r\n", SHS_OUTCOME_MALFORMED, 0,
      "about the key" },
    { STRING, "-LOADING x\r\n:5\r\n", SHS_OUTCOME_UNAVAILABLE, 0,
      "about the server" },
    { STRING, "$1\r\nv\r\n-LOADING x\r\n", SHS_OUTCOME_UNAVAILABLE, 0,
      "one reply of two is not enough" },
    { STRING, "$1\r\nv\r\n", SHS_OUTCOME_FOUND, SHS_TTL_UNKNOWN,
      "a value without PTTL" },
    { STRING, "$0\r\n\r\n", SHS_OUTCOME_FOUND, SHS_TTL_UNKNOWN,
      "an empty text is a value" },
    { STRING, "$-1\r\n", SHS_OUTCOME_ABSENT, 0, "not there, without PTTL" },
    { FIELDS, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", SHS_OUTCOME_FOUND,
      SHS_TTL_UNKNOWN, "fields without PTTL" },
    { FIELDS, "*0\r\n", SHS_OUTCOME_ABSENT, 0, "no hash is empty" },
    { FIELDS, "-WRONGTYPE x\r\n", SHS_OUTCOME_MALFORMED, 0,
      "about the key, without PTTL" },
    { FIELDS, "-LOADING x\r\n", SHS_OUTCOME_UNAVAILABLE, 0,
      "about the server, without PTTL" },
    { NAMED, "*2\r\n$1\r\na\r\n$-1\r\n:7\r\n", SHS_OUTCOME_FOUND, 7000,
      "the fields that exist" },
    { NAMED, "*2\r\n$-1\r\n$-1\r\n:7\r\n", SHS_OUTCOME_ABSENT, 0,
      "none of the fields" },
    { NAMED, "*2\r\n$-1\r\n$0\r\n\r\n", SHS_OUTCOME_FOUND, SHS_TTL_UNKNOWN,
      "an empty field exists" },
    { NAMED, "*2\r\n$1\r\na\r\n$-1\r\n:-2\r\n", SHS_OUTCOME_ABSENT, 0,
      "gone between the two" },
    { NAMED, "-WRONGTYPE x\r\n:5\r\n", SHS_OUTCOME_MALFORMED, 0, "no hash" },
    { NAMED, "*2\r\n$1\r\na\r\n$-1\r\n-LOADING x\r\n", SHS_OUTCOME_UNAVAILABLE,
      0, "one reply of two is not enough" },
};

START_TEST(reply_read__makes_one_outcome_of_the_replies)
{
    shs_reply_t *replies[2];
    shs_query_t query = query_of(outcomes[_i].shape);
    shs_result_t result = { 0 };

    parse(replies, 2, outcomes[_i].text);
    ck_assert_msg(shs_reply_read(&result, replies, &query, p)
                      == outcomes[_i].outcome,
                  "%s", outcomes[_i].why);
    if (outcomes[_i].outcome == SHS_OUTCOME_FOUND) {
        ck_assert_int_eq(result.record.ttl, outcomes[_i].ttl);
        ck_assert_int_eq(result.record.shape, query.shape);
    }
    else {
        ck_assert_msg(result.reason && *result.reason, "%s", outcomes[_i].why);
    }
}
END_TEST

/* "ab" exists in the first row, "c" in the second, both in the third. */
START_TEST(reply_read__gives_each_value_its_name)
{
    static const struct {
        const char *text;
        const char *fields;
    } rows[] = {
        { "*2\r\n$1\r\nv\r\n$-1\r\n", "ab=v;" },
        { "*2\r\n$-1\r\n$1\r\nw\r\n", "c=w;" },
        { "*2\r\n$0\r\n\r\n$1\r\nw\r\n", "ab=;c=w;" },
    };
    shs_query_t query = query_of(NAMED);
    shs_result_t result = { 0 };
    shs_reply_t *replies[2];
    const char *got = "";
    apr_size_t i;

    parse(replies, 2, rows[_i].text);
    ck_assert_int_eq(shs_reply_read(&result, replies, &query, p),
                     SHS_OUTCOME_FOUND);
    for (i = 0; i < result.record.count; i++) {
        got = apr_pstrcat(p, got, unit_show(result.record.fields[i].name), "=",
                          unit_show(result.record.fields[i].value), ";", NULL);
    }
    ck_assert_str_eq(got, rows[_i].fields);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, reply_has_code__compares_the_first_word_of_an_error,
                        0, ROWS(codes));
    tcase_add_loop_test(tc,
                        reply_is_refusal__is_true_for_permissions_and_passwords,
                        0, ROWS(refusals));
    tcase_add_loop_test(tc, reply_is_expected__detects_replies_out_of_step, 0,
                        ROWS(pairs));
    tcase_add_loop_test(tc, reply_read__makes_one_outcome_of_the_replies, 0,
                        ROWS(outcomes));
    tcase_add_loop_test(tc, reply_read__gives_each_value_its_name, 0, 3);
}

int main(void)
{
    return unit_main("reply", add);
}
