/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include <apr_base64.h>
#include <jansson.h>

#include "unit.h"

static const char *decode(shs_session_t **out, shs_octets_t string)
{
    shs_record_t record = { 0 };

    *out = NULL;
    record.shape = SHS_SHAPE_STRING;
    record.string = string;
    record.ttl = SHS_TTL_FOREVER;
    return shs_codec_decode(out, &shs_codec_json, &record, p);
}

static shs_session_t *decoded(const char *text)
{
    shs_session_t *session;
    const char *wrong = decode(&session, unit_text(text));

    ck_assert_msg(!wrong, "%s: %s", text, wrong);
    return session;
}

/* {"n":text}: how "n" is seen. */
static const struct {
    const char *json;
    shs_kind_t kind;
    const char *text;
    int len; /* 0: strlen(text) */
    const char *why;
} values[] = {
    { "\"v\"", SHS_KIND_STRING, "v", 0, "text" },
    { "\"\"", SHS_KIND_STRING, "", 0, "empty text" },
    { "\"a\\u0000b\"", SHS_KIND_STRING, "a\0b", 3, "a NUL is an octet" },
    { "\"\\r\\n\"", SHS_KIND_STRING, "\r\n", 0, "judged by others" },
    { "\"\\u00e9\"", SHS_KIND_STRING, "\xc3\xa9", 0, "as UTF-8" },
    { "\"\\ud83d\\ude00\"", SHS_KIND_STRING, "\xf0\x9f\x98\x80", 0,
      "a surrogate pair" },
    { "\"\xea\xb9\x80\"", SHS_KIND_STRING, "\xea\xb9\x80", 0, "raw UTF-8" },
    { "\"\\\"\\\\\\/\"", SHS_KIND_STRING, "\"\\/", 0, "escapes" },
    { "true", SHS_KIND_BOOL, "true", 0, "true" },
    { "false", SHS_KIND_BOOL, "false", 0, "false" },
    { "null", SHS_KIND_NULL, "", 0, "counts as absent" },
    { "0", SHS_KIND_NUMBER, "0", 0, "zero" },
    { "-1", SHS_KIND_NUMBER, "-1", 0, "negative" },
    { "9007199254740993", SHS_KIND_NUMBER, "9007199254740993", 0,
      "one that a double would round" },
    { "9223372036854775807", SHS_KIND_NUMBER, "9223372036854775807", 0,
      "the largest" },
    { "-9223372036854775808", SHS_KIND_NUMBER, "-9223372036854775808", 0,
      "the smallest" },
    { "0.1", SHS_KIND_NUMBER, "0.1", 0, "shortest round trip, not 0.1000..." },
    { "-2.5", SHS_KIND_NUMBER, "-2.5", 0, "a real" },
    { "1234567.125", SHS_KIND_NUMBER, "1234567.125", 0, "more than %g has" },
};

START_TEST(codec_json__reads_each_kind)
{
    shs_session_t *session =
        decoded(apr_psprintf(p, "{\"n\":%s}", values[_i].json));
    const shs_node_t *node = shs_session_find(session, 0, 1, "n", 1);
    apr_size_t len =
        values[_i].len ? (apr_size_t)values[_i].len : strlen(values[_i].text);

    ck_assert_msg(node && node->kind == values[_i].kind, "%s", values[_i].why);
    ck_octets_eq(node->text, ((shs_octets_t){ values[_i].text, len }),
                 values[_i].why);
}
END_TEST

static const char *const reals[] = {
    "0.1",
    "1.5",
    "3.141592653589793",
    "1e100",
    "1e-7",
    "1.7e308",
    "5e-324",
    "-0.125",
    "123456789.123456789",
    "1.0",
    "0.30000000000000004",
};

START_TEST(codec_json__writes_a_real_that_reads_back_as_the_same)
{
    shs_session_t *session = decoded(apr_psprintf(p, "{\"n\":%s}", reals[_i]));
    const shs_node_t *node = shs_session_find(session, 0, 1, "n", 1);
    const char *text = apr_pstrmemdup(p, node->text.data, node->text.len);
    char longest[32];
    char *end;

    ck_assert_int_eq(node->kind, SHS_KIND_NUMBER);
    ck_assert(strtod(text, &end) == strtod(reals[_i], NULL));
    ck_assert_msg(*end == '\0', "%s", text);
    snprintf(longest, sizeof(longest), "%.17g", strtod(text, NULL));
    ck_assert_msg(strlen(text) <= strlen(longest) + 2, "%s is not short", text);
}
END_TEST

/* Integers past 64 bits are valid JSON; JavaScript reads them as doubles. */
static const struct {
    const char *json;
    double value;
    const char *why;
} large[] = {
    { "9223372036854775808", 9223372036854775808.0, "by one" },
    { "-9223372036854775809", -9223372036854775808.0, "by one, negative" },
    { "18446744073709551616", 18446744073709551616.0, "0 in 64 bits" },
    { "12345678901234567890", 12345678901234567890.0, "twenty digits" },
    { "100000000000000000000", 1e20, "as JavaScript writes 1e20" },
};

START_TEST(codec_json__reads_an_integer_past_64_bits_as_a_double)
{
    shs_session_t *session = decoded(
        apr_psprintf(p, "{\"a\":\"v\",\"n\":%s,\"o\":{\"i\":7},\"z\":false}",
                     large[_i].json));
    apr_size_t count;
    const shs_node_t *nodes = shs_session_nodes(session, &count);
    shs_octets_t text;

    ck_assert_uint_eq(count, 5);
    ck_assert_int_eq(nodes[1].kind, SHS_KIND_NUMBER);
    ck_assert_msg(
        strtod(apr_pstrmemdup(p, nodes[1].text.data, nodes[1].text.len), NULL)
            == large[_i].value,
        "%s: %s", unit_show(nodes[1].text), large[_i].why);
    ck_octets_eq(nodes[0].text, OCTETS("v"), "before it");
    ck_assert(shs_session_text(&text, session, &nodes[2], p));
    ck_octets_eq(text, OCTETS("{\"i\":7}"), "a small one beside it");
    ck_octets_eq(nodes[4].text, OCTETS("false"), "behind it");
}
END_TEST

static const struct {
    const char *text;
    int len; /* 0: strlen(text) */
    const char *why;
} malformed[] = {
    { "", 0, "nothing" },
    { " ", 0, "white space" },
    { "[1]", 0, "the top must be an object" },
    { "\"SECRET\"", 0, "the top must be an object" },
    { "7", 0, "the top must be an object" },
    { "true", 0, "the top must be an object" },
    { "null", 0, "the top must be an object" },
    { "{", 0, "cut off" },
    { "{\"SECRET\":", 0, "cut off" },
    { "{\"SECRET\":\"SECRET", 0, "cut off in a string" },
    { "{\"n\":1}SECRET", 0, "something behind" },
    { "{\"n\":1}{}", 0, "another object behind" },
    { "{\"n\":1}\0", 8, "a NUL behind" },
    { "{\"n\":\"a\0b\"}", 11, "a raw NUL inside a string" },
    { "{\"n\":1,}", 0, "a comma too many" },
    { "{n:1}", 0, "a name without quotes" },
    { "{'n':1}", 0, "single quotes" },
    { "{\"n\":NaN}", 0, "not a number" },
    { "{\"n\":Infinity}", 0, "not a number" },
    { "{\"n\":1e999}", 0, "larger than a double" },
    { "{\"n\":1e400}", 0, "larger than a double" },
    { "{\"n\":100000000000000000000,\"m\":1e400}", 0, "the second is" },
    { "{\"n\":01}", 0, "a leading zero" },
    { "{\"n\":\"\xff\"}", 0, "no UTF-8" },
    { "{\"n\":\"\xc0\x80\"}", 0, "an overlong NUL" },
    { "{\"n\":\"\xed\xa0\x80\"}", 0, "a surrogate in UTF-8" },
    { "{\"n\":\"\\ud800\"}", 0, "half a surrogate pair" },
    { "{\"n\":\"a\nb\"}", 0, "a raw control character" },
    { "PHP|s:6:\"SECRET\";", 0, "another format" },
    { "\xac\xed\x00\x05sr", 6, "a serialized Java object" },
};

START_TEST(codec_json__calls_malformed_what_is_no_object)
{
    shs_session_t *session;
    shs_octets_t text =
        malformed[_i].len
            ? unit_exact(malformed[_i].text, (apr_size_t)malformed[_i].len)
            : unit_text(malformed[_i].text);
    const char *wrong = decode(&session, text);

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", unit_show(text),
                  malformed[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the reason tells: %s", wrong);
}
END_TEST

/* A reason is for the log: whatever the value is and wherever it breaks, none
 * of it may be in there. */
START_TEST(codec_json__never_repeats_the_value_in_the_reason)
{
    static const char text[] =
        "{\"SECRETa\":\"SECRETb\",\"c\":[SECRETd],\"e\":tSECRET}";
    apr_size_t len;

    for (len = 0; len < sizeof(text) - 1; len++) {
        shs_session_t *session;
        const char *wrong = decode(&session, unit_exact(text, len));

        ck_assert_ptr_nonnull(wrong);
        ck_assert_msg(!strstr(wrong, "SECRET"), "%s", wrong);
    }
}
END_TEST

static shs_octets_t nested(int depth, const char *open, const char *close)
{
    char *text =
        apr_pcalloc(p, (apr_size_t)depth * (strlen(open) + strlen(close)) + 2);
    char *at = text;
    int i;

    for (i = 0; i < depth; i++, at += strlen(open)) {
        strcpy(at, open);
    }
    strcpy(at, "1");
    at++;
    for (i = 0; i < depth; i++, at += strlen(close)) {
        strcpy(at, close);
    }
    return unit_text(text);
}

START_TEST(codec_json__takes_64_levels_and_not_65)
{
    shs_session_t *session;

    ck_assert_pstr_eq(
        decode(&session, nested(SHS_SESSION_MAX_DEPTH, "{\"a\":", "}")), NULL);
    ck_assert_ptr_nonnull(
        decode(&session, nested(SHS_SESSION_MAX_DEPTH + 1, "{\"a\":", "}")));
}
END_TEST

START_TEST(codec_json__survives_a_hundred_thousand_levels)
{
    shs_session_t *session;

    ck_assert_ptr_nonnull(decode(&session, nested(100000, "{\"a\":", "}")));
    ck_assert_ptr_nonnull(decode(&session, nested(100000, "[", "]")));
    ck_assert_ptr_nonnull(decode(&session, nested(100000, "[", "")));
}
END_TEST

START_TEST(codec_json__keeps_the_order_and_counts_the_last_of_two)
{
    shs_session_t *session =
        decoded(" {\n \"z\" : 1,\t\"a\":2, \"m\":{\"x\":[]}, \"z\":3 }\r\n");
    apr_size_t count;
    const shs_node_t *nodes = shs_session_nodes(session, &count);
    const shs_node_t *z = shs_session_find(session, 0, count, "z", 1);

    ck_assert_ptr_nonnull(z);
    ck_octets_eq(z->text, OCTETS("3"), "the last of two equal names");
    ck_assert_uint_eq(shs_session_count(session), 3);
    ck_octets_eq(nodes[0].name, OCTETS("z"), "order of the document");
    ck_assert_ptr_nonnull(shs_session_find(session, 0, count, "a", 1));
    ck_assert_ptr_nonnull(shs_session_find(session, 0, count, "m", 1));
}
END_TEST

START_TEST(codec_json__makes_the_nodes_of_the_example)
{
    shs_session_t *session =
        decoded("{\"user\":{\"id\":7,\"roles\":[\"a\",\"b\"]},\"ok\":true}");
    static const apr_size_t ends[] = { 5, 2, 5, 4, 5, 6 };
    apr_size_t count;
    const shs_node_t *nodes = shs_session_nodes(session, &count);
    int i;

    ck_assert_uint_eq(count, 6);
    for (i = 0; i < 6; i++) {
        ck_assert_uint_eq(nodes[i].end, ends[i]);
    }
    ck_assert_uint_eq(shs_session_count(session), 2);
}
END_TEST

START_TEST(codec_json__an_empty_object_is_a_session_without_attributes)
{
    ck_assert_uint_eq(shs_session_count(decoded("{}")), 0);
    ck_assert_int_eq(shs_session_expiry(decoded("{}")), 0);
}
END_TEST

START_TEST(codec_json__outlives_the_parser_that_read_it)
{
    shs_session_t *session = decoded("{\"name\":\"a longer value\"}");
    const shs_node_t *node;
    int i;

    for (i = 0; i < 100; i++) {
        decoded("{\"eman\":\"eulav regnol a\"}");
    }
    node = shs_session_find(session, 0, 1, "name", 4);
    ck_assert_ptr_nonnull(node);
    ck_octets_eq(node->text, OCTETS("a longer value"), "not freed");
}
END_TEST

/* Reads the sessions that running applications wrote; each must be seen as
 * the application itself sees it. */
START_TEST(codec_json__reads_captured_sessions_as_their_applications_do)
{
    json_error_t error;
    const char *srcdir = getenv("srcdir");
    const char *file = apr_pstrcat(p, srcdir ? srcdir : ".",
                                   "/t/fixtures/sessions.json", NULL);
    json_t *captures = json_load_file(file, 0, &error);
    json_t *capture;
    size_t i;

    ck_assert_msg(json_array_size(captures) > 0, "%s: %s", file, error.text);
    json_array_foreach(captures, i, capture)
    {
        const char *base64 =
            json_string_value(json_object_get(capture, "value_base64"));
        char *value = apr_palloc(p, (apr_size_t)apr_base64_decode_len(base64));
        int len = apr_base64_decode(value, base64);
        shs_session_t *session;
        const char *wrong =
            decode(&session, unit_exact(value, (apr_size_t)len));
        json_t *member;
        const char *name;

        ck_assert_msg(!wrong, "capture %d: %s", (int)i, wrong);
        json_object_foreach(json_object_get(capture, "decoded"), name, member)
        {
            apr_size_t count;
            const shs_node_t *nodes = shs_session_nodes(session, &count);
            const shs_node_t *node =
                shs_session_find(session, 0, count, name, strlen(name));
            shs_octets_t text;
            json_t *back;

            ck_assert_msg(node && nodes, "capture %d has no %s", (int)i, name);
            if (!shs_session_text(&text, session, node, p)) {
                ck_assert(json_is_null(member));
                continue;
            }
            back = json_is_string(member) ? json_stringn(text.data, text.len)
                                          : json_loadb(text.data, text.len,
                                                       JSON_DECODE_ANY, &error);
            ck_assert_msg(json_equal(back, member), "capture %d: %s is %s",
                          (int)i, name, unit_show(text));
            json_decref(back);
        }
    }
    json_decref(captures);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_json__reads_each_kind, 0, ROWS(values));
    tcase_add_loop_test(tc,
                        codec_json__writes_a_real_that_reads_back_as_the_same,
                        0, ROWS(reals));
    tcase_add_loop_test(tc,
                        codec_json__reads_an_integer_past_64_bits_as_a_double,
                        0, ROWS(large));
    tcase_add_loop_test(tc, codec_json__calls_malformed_what_is_no_object, 0,
                        ROWS(malformed));
    tcase_add_test(tc, codec_json__never_repeats_the_value_in_the_reason);
    tcase_add_test(tc, codec_json__takes_64_levels_and_not_65);
    tcase_add_test(tc, codec_json__survives_a_hundred_thousand_levels);
    tcase_add_test(tc, codec_json__keeps_the_order_and_counts_the_last_of_two);
    tcase_add_test(tc, codec_json__makes_the_nodes_of_the_example);
    tcase_add_test(tc,
                   codec_json__an_empty_object_is_a_session_without_attributes);
    tcase_add_test(tc, codec_json__outlives_the_parser_that_read_it);
    tcase_add_test(
        tc, codec_json__reads_captured_sessions_as_their_applications_do);
}

int main(void)
{
    return unit_main("codec_json", add);
}
