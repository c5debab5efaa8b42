/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "session/json/json_text.h"

#include <apr_base64.h>
#include <jansson.h>

#include "string_edit.h"
#include "unit.h"

static const char *decode(shs_session_t **out, shs_octets_t string)
{
    shs_record_t record = { 0 };

    *out = NULL;
    record.shape = SHS_SHAPE_STRING;
    record.string = string;
    record.ttl = SHS_TTL_FOREVER;
    return shs_codec_decode(out, &shs_codec_json, &record,
                            &shs_wanted_everything, p);
}

static shs_session_t *decoded(const char *text)
{
    shs_session_t *session;
    const char *wrong = decode(&session, unit_text(text));

    ck_assert_msg(!wrong, "%s: %s", text, wrong);
    return session;
}

/* {"n":text}: the value of "n". */
static const struct {
    const char *json;
    shs_kind_t kind;
    const char *text;
    int len; /* 0: strlen(text) */
    const char *why;
} scalars[] = {
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
    { "19.99", SHS_KIND_NUMBER, "19.99", 0, "as it is stored" },
    { "1.0", SHS_KIND_NUMBER, "1.0", 0, "so, though it could be shorter" },
    { "1E5", SHS_KIND_NUMBER, "1E5", 0, "in its own form" },
    { "12345678901234567890", SHS_KIND_NUMBER, "12345678901234567890", 0,
      "past 64 bits" },
    { "\"#1\"", SHS_KIND_STRING, "#1", 0, "text that looks like a mark" },
    { "\"$\"", SHS_KIND_STRING, "$", 0, "and like the other" },
};

START_TEST(codec_json__reads_each_kind)
{
    shs_session_t *session =
        decoded(apr_psprintf(p, "{\"n\":%s}", scalars[_i].json));
    const shs_value_t *attribute = shs_session_find(session, 0, 1, "n", 1);
    apr_size_t len = scalars[_i].len ? (apr_size_t)scalars[_i].len
                                     : strlen(scalars[_i].text);

    ck_assert_msg(attribute && attribute->kind == scalars[_i].kind, "%s",
                  scalars[_i].why);
    ck_octets_eq(attribute->text, ((shs_octets_t){ scalars[_i].text, len }),
                 scalars[_i].why);
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
    const shs_value_t *attribute = shs_session_find(session, 0, 1, "n", 1);
    const char *text =
        apr_pstrmemdup(p, attribute->text.data, attribute->text.len);
    char longest[32];
    char *end;

    ck_assert_int_eq(attribute->kind, SHS_KIND_NUMBER);
    ck_assert(strtod(text, &end) == strtod(reals[_i], NULL));
    ck_assert_msg(*end == '\0', "%s", text);
    snprintf(longest, sizeof(longest), "%.17g", strtod(text, NULL));
    ck_assert_msg(strlen(text) <= strlen(longest) + 2, "%s is not short", text);
}
END_TEST

/* Integers past 64 bits are valid JSON; they keep their text. */
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

START_TEST(codec_json__reads_an_integer_past_64_bits)
{
    shs_session_t *session = decoded(
        apr_psprintf(p, "{\"a\":\"v\",\"n\":%s,\"o\":{\"i\":7},\"z\":false}",
                     large[_i].json));
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    shs_octets_t text;

    ck_assert_uint_eq(count, 5);
    ck_assert_int_eq(values[1].kind, SHS_KIND_NUMBER);
    ck_assert_msg(
        strtod(apr_pstrmemdup(p, values[1].text.data, values[1].text.len), NULL)
            == large[_i].value,
        "%s: %s", unit_show(values[1].text), large[_i].why);
    ck_octets_eq(values[0].text, OCTETS("v"), "before it");
    ck_assert(shs_json_text_get(&text, session, &values[2], p));
    ck_octets_eq(text, OCTETS("{\"i\":7}"), "a small one beside it");
    ck_octets_eq(values[4].text, OCTETS("false"), "behind it");
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
    { "{1:2}", 0, "a number for a name" },
    { "{\"n\":1\"m\":2}", 0, "no comma between" },
    { "{\"n\":1 2}", 0, "nor here" },
    { "{\"n\":1-2}", 0, "nor here" },
    { "{\"n\":-}", 0, "a sign alone" },
    { "{\"n\":\"\xff\"}", 0, "no UTF-8" },
    { "{\"n\":\"\xc0\x80\"}", 0, "an overlong NUL" },
    { "{\"n\":\"\xed\xa0\x80\"}", 0, "a surrogate in UTF-8" },
    { "{\"n\":\"\\ud800\"}", 0, "half a surrogate pair" },
    { "{\"n\":\"a\nb\"}", 0, "a raw control character" },
    { "PHP|s:6:\"SECRET\";", 0, "another format" },
    { "\xac\xed\x00\x05sr", 6, "a serialized Java object" },
};

START_TEST(codec_json__refuses_a_value_that_is_no_object)
{
    shs_session_t *session;
    shs_octets_t text =
        malformed[_i].len
            ? unit_exact(malformed[_i].text, (apr_size_t)malformed[_i].len)
            : unit_text(malformed[_i].text);
    const char *wrong = decode(&session, text);

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", unit_show(text),
                  malformed[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the reason repeats: %s", wrong);
}
END_TEST

/* A reason is logged, so it must contain no part of the value, wherever the
 * value is malformed. */
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

START_TEST(codec_json__keeps_the_order_and_the_last_value_of_a_name)
{
    shs_session_t *session =
        decoded(" {\n \"z\" : 1,\t\"a\":2, \"m\":{\"x\":[]}, \"z\":3 }\r\n");
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    const shs_value_t *z = shs_session_find(session, 0, count, "z", 1);

    ck_assert_ptr_nonnull(z);
    ck_octets_eq(z->text, OCTETS("3"), "the last of two equal names");
    ck_assert_uint_eq(shs_session_count(session), 3);
    ck_octets_eq(values[0].name, OCTETS("z"), "order of the document");
    ck_assert_ptr_nonnull(shs_session_find(session, 0, count, "a", 1));
    ck_assert_ptr_nonnull(shs_session_find(session, 0, count, "m", 1));
}
END_TEST

START_TEST(codec_json__makes_the_values_of_the_example)
{
    shs_session_t *session =
        decoded("{\"user\":{\"id\":7,\"roles\":[\"a\",\"b\"]},\"ok\":true}");
    static const apr_size_t ends[] = { 5, 2, 5, 4, 5, 6 };
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    int i;

    ck_assert_uint_eq(count, 6);
    for (i = 0; i < 6; i++) {
        ck_assert_uint_eq(values[i].end, ends[i]);
    }
    ck_assert_uint_eq(shs_session_count(session), 2);
}
END_TEST

START_TEST(codec_json__reads_an_empty_object_as_an_empty_session)
{
    ck_assert_uint_eq(shs_session_count(decoded("{}")), 0);
    ck_assert_int_eq(shs_session_expiry(decoded("{}")), 0);
}
END_TEST

START_TEST(codec_json__outlives_the_parser)
{
    shs_session_t *session = decoded("{\"name\":\"a longer value\"}");
    const shs_value_t *attribute;
    int i;

    for (i = 0; i < 100; i++) {
        decoded("{\"eman\":\"eulav regnol a\"}");
    }
    attribute = shs_session_find(session, 0, 1, "name", 4);
    ck_assert_ptr_nonnull(attribute);
    ck_octets_eq(attribute->text, OCTETS("a longer value"), "not freed");
}
END_TEST

/* Sessions that real applications wrote; each must decode to what the
 * application itself reads. */
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
            const shs_value_t *values = shs_session_values(session, &count);
            const shs_value_t *attribute =
                shs_session_find(session, 0, count, name, strlen(name));
            shs_octets_t text;
            json_t *back;

            ck_assert_msg(attribute && values, "capture %d has no %s", (int)i,
                          name);
            if (!shs_json_text_get(&text, session, attribute, p)) {
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

static const struct {
    const char *json;
    apr_time_t created_at;
    apr_interval_time_t idle;
    const char *successor; /* NULL: it was not rotated */
    const char *why;
} lives[] = {
    { "{\"n\":1}", 0, 0, NULL, "it says nothing" },
    { "{\"@created\":1700000000123,\"n\":1,\"@max\":1800}", 1700000000123000,
      1800000000, NULL, "numbers" },
    { "{\"@created\":\"1700000000123\",\"n\":1,\"@max\":\"1800\"}",
      1700000000123000, 1800000000, NULL, "numbers in text" },
    { "{\"@created\":1700000000123.0,\"n\":1,\"@max\":1.8e3}", 1700000000123000,
      1800000000, NULL, "reals" },
    { "{\"@created\":1700000000123,\"n\":12345678901234567890}",
      1700000000123000, 0, NULL, "beside a large number" },
    { "{\"@rotated\":\"session:next\",\"n\":1}", 0, 0, "session:next",
      "the key of its successor" },
    { "{\"n\":1,\"@rotated\":\"\"}", 0, 0, "", "no client may follow" },
    { "{\"n\":{\"@created\":1,\"@max\":1,\"@rotated\":\"k\"}}", 0, 0, NULL,
      "an attribute's members are the application's" },
    { "{\"@created\":{},\"@max\":[1800],\"n\":1}", 0, 0, NULL,
      "structures say nothing" },
    { "{\"@created\":null,\"@max\":true,\"n\":1}", 0, 0, NULL,
      "nor do other kinds" },
};

START_TEST(codec_json__reads_the_metadata)
{
    shs_session_t *session = decoded(lives[_i].json);
    const shs_metadata_t *metadata = shs_session_get_metadata(session);
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);

    ck_assert_msg(metadata->created_at == lives[_i].created_at, "%s",
                  lives[_i].why);
    ck_assert_msg(metadata->idle == lives[_i].idle, "%s", lives[_i].why);
    ck_assert_msg(!!metadata->is_rotated == (lives[_i].successor != NULL), "%s",
                  lives[_i].why);
    if (lives[_i].successor) {
        ck_octets_eq(metadata->successor, unit_text(lives[_i].successor),
                     lives[_i].why);
    }
    ck_assert_uint_eq(shs_session_count(session), 1);
    ck_octets_eq(values[0].name, OCTETS("n"),
                 "reserved ones are no attributes");
}
END_TEST

/* ------------------------------------------------------------------- edit */

/* Changes "n" in the stored value. */
static const struct {
    const char *old; /* NULL: there is none yet */
    shs_change_kind_t kind;
    const char *value;
    const char *edited;
    const char *why;
} edits[] = {
    { "{\"a\":1,\"n\":\"v\",\"b\":[true,null]}", SHS_CHANGE_TEXT, "w",
      "{\"a\":1,\"n\":\"w\",\"b\":[true,null]}", "text, in its place" },
    { "{\"a\":1}", SHS_CHANGE_TEXT, "7", "{\"a\":1,\"n\":\"7\"}",
      "text that looks like a number is text" },
    { "{\"a\":1}", SHS_CHANGE_TEXT, "", "{\"a\":1,\"n\":\"\"}",
      "empty text is something" },
    { "{}", SHS_CHANGE_TEXT, "\"\\\n\xc3\xa9",
      "{\"n\":\"\\\"\\\\\\n\xc3\xa9\"}", "escaped where it must be" },
    { "{\"n\":\"v\"}", SHS_CHANGE_JSON, "7", "{\"n\":7}", "a number" },
    { "{\"n\":\"v\"}", SHS_CHANGE_JSON, "true", "{\"n\":true}", "a bool" },
    { "{\"n\":\"v\"}", SHS_CHANGE_JSON, "[1,{\"x\":null}]",
      "{\"n\":[1,{\"x\":null}]}", "an array replaces whole" },
    { "{\"n\":{\"x\":1}}", SHS_CHANGE_JSON, "{\"y\":2}", "{\"n\":{\"y\":2}}",
      "an object that is not to be merged" },
    { "{\"a\":1,\"n\":{\"x\":1}}", SHS_CHANGE_UNSET, "", "{\"a\":1}",
      "it goes" },
    { "{\"a\":1}", SHS_CHANGE_UNSET, "", "{\"a\":1}", "it was not there" },
    { "{\"n\":{\"x\":1},\"a\":1}", SHS_CHANGE_MERGE, "{\"y\":{\"z\":2}}",
      "{\"n\":{\"x\":1,\"y\":{\"z\":2}},\"a\":1}", "merged" },
    { "{\"n\":{\"x\":1}}", SHS_CHANGE_MERGE, "{\"x\":null}", "{\"n\":{}}",
      "a member goes, the attribute stays" },
    { "{\"n\":[1]}", SHS_CHANGE_MERGE, "{\"x\":1}", "{\"n\":{\"x\":1}}",
      "an array counts as an empty object" },
    { "{\"n\":\"{\\\"x\\\":1}\"}", SHS_CHANGE_MERGE, "{\"y\":1}",
      "{\"n\":{\"y\":1}}", "so does text, even if it looks like one" },
    { "{\"a\":1}", SHS_CHANGE_MERGE, "{\"x\":1,\"y\":null}",
      "{\"a\":1,\"n\":{\"x\":1}}", "so does nothing" },
    { NULL, SHS_CHANGE_TEXT, "v", "{\"n\":\"v\"}", "a session of nothing" },
    { NULL, SHS_CHANGE_MERGE, "{\"x\":1}", "{\"n\":{\"x\":1}}",
      "merged into nothing" },
    { NULL, SHS_CHANGE_UNSET, "", "{}", "nothing of nothing" },
    { " { \"a\" : [ 1 , 2 ] } ", SHS_CHANGE_UNSET, "", "{\"a\":[1,2]}",
      "compact" },
    { "{\"@created\":1,\"cookie\":{\"originalMaxAge\":null}}", SHS_CHANGE_TEXT,
      "v", "{\"@created\":1,\"cookie\":{\"originalMaxAge\":null},\"n\":\"v\"}",
      "what others rely on is kept as it is, nulls too" },
    { "{\"i\":9007199254740993,\"l\":-9223372036854775808}", SHS_CHANGE_UNSET,
      "", "{\"i\":9007199254740993,\"l\":-9223372036854775808}",
      "integers of 64 bits are kept exactly" },
    { "{\"a\":\"x\\u0000y\"}", SHS_CHANGE_UNSET, "", "{\"a\":\"x\\u0000y\"}",
      "a NUL in a text is kept" },
    { "{\"p\":19.99,\"q\":[1.10,1E5,-0.0],\"l\":12345678901234567890}",
      SHS_CHANGE_TEXT, "v",
      "{\"p\":19.99,\"q\":[1.10,1E5,-0.0],\"l\":12345678901234567890,"
      "\"n\":\"v\"}",
      "numbers that are not changed keep their text" },
    { "{\"n\":{\"p\":19.990,\"q\":{\"l\":-9223372036854775809}}}",
      SHS_CHANGE_MERGE, "{\"x\":1.5}",
      "{\"n\":{\"p\":19.990,\"q\":{\"l\":-9223372036854775809},\"x\":1.5}}",
      "nor do those beside what is merged" },
    { "{\"#\":\"#1\",\"$\":\"$\"}", SHS_CHANGE_TEXT, "#2",
      "{\"#\":\"#1\",\"$\":\"$\",\"n\":\"#2\"}",
      "strings that look like marked ones" },
};

START_TEST(codec_json_edit__changes_one_member_only)
{
    ck_edited(
        &shs_codec_json, edits[_i].old,
        string_change(edits[_i].kind, OCTETS("n"), unit_text(edits[_i].value)),
        edits[_i].edited, edits[_i].why);
}
END_TEST

START_TEST(codec_json_edit__applies_all_entries)
{
    shs_change_t *change = shs_change_create(p);

    shs_change_add(change, SHS_CHANGE_JSON, OCTETS("@created"), OCTETS("12"));
    shs_change_add(change, SHS_CHANGE_UNSET, OCTETS("a"), OCTETS(""));
    shs_change_set(change, "z", "1");
    shs_change_add(change, SHS_CHANGE_MERGE, OCTETS("m"), OCTETS("{\"y\":2}"));
    ck_edited(&shs_codec_json, "{\"a\":1,\"m\":{\"x\":1}}", change,
              "{\"m\":{\"x\":1,\"y\":2},\"@created\":12,\"z\":\"1\"}",
              "one after the other");
    ck_edited(&shs_codec_json, "{\"a\":1}", shs_change_create(p), "{\"a\":1}",
              "or none");
}
END_TEST

/* Stores recognize a rotated session by this prefix, which no attribute can
 * make. */
START_TEST(codec_json_edit__writes_the_rotation_first)
{
    shs_change_t *change =
        string_change(SHS_CHANGE_TEXT, OCTETS("@rotated"), OCTETS("k"));
    shs_octets_t rotated = shs_codec_rotated(&shs_codec_json);
    shs_octets_t got;

    ck_edited(&shs_codec_json, "{\"a\":1,\"b\":2}", change,
              "{\"@rotated\":\"k\",\"a\":1,\"b\":2}", "before what was there");
    ck_edited(&shs_codec_json, "{\"a\":1,\"@rotated\":\"\"}", change,
              "{\"@rotated\":\"k\",\"a\":1}", "also if it says so elsewhere");
    ck_edited(&shs_codec_json, NULL, change, "{\"@rotated\":\"k\"}",
              "or alone");
    ck_octets_eq(rotated, OCTETS("{\"@rotated\":"), "how it begins then");
    ck_assert_pstr_eq(string_edit(&got, &shs_codec_json,
                                  "{\"cart\":{\"@rotated\":1}}",
                                  string_change(SHS_CHANGE_JSON, OCTETS("a"),
                                                OCTETS("{\"@rotated\":1}")),
                                  SHS_CODEC_WHOLE),
                      NULL);
    ck_assert(memcmp(got.data, rotated.data, rotated.len) != 0);
}
END_TEST

START_TEST(codec_json_edit__holds_a_nul_in_a_text)
{
    ck_edited(&shs_codec_json, "{}",
              string_change(SHS_CHANGE_TEXT, OCTETS("n"), OCTETS("a\0b")),
              "{\"n\":\"a\\u0000b\"}", "an octet as any other");
}
END_TEST

/* A real that is not changed keeps its text. */
START_TEST(codec_json_edit__keeps_reals)
{
    shs_octets_t got;
    shs_session_t *session;
    const shs_value_t *attribute;
    char *end;

    ck_assert_pstr_eq(
        string_edit(&got, &shs_codec_json,
                    apr_psprintf(p, "{\"n\":%s}", reals[_i]),
                    string_change(SHS_CHANGE_TEXT, OCTETS("m"), OCTETS("v")),
                    SHS_CODEC_CHANGES),
        NULL);
    ck_assert_pstr_eq(decode(&session, got), NULL);
    attribute = shs_session_find(session, 0, 2, "n", 1);
    ck_assert(
        strtod(apr_pstrmemdup(p, attribute->text.data, attribute->text.len),
               &end)
        == strtod(reals[_i], NULL));
}
END_TEST

/* A member's value of so many levels of arrays. */
static const char *levels(int count)
{
    char *text = apr_pcalloc(p, 2 * (apr_size_t)count + 1);

    memset(text, '[', (apr_size_t)count);
    memset(text + count, ']', (apr_size_t)count);
    return text;
}

START_TEST(codec_json_edit__refuses_a_value_too_deep_to_decode)
{
    shs_octets_t got;
    shs_change_t *change = string_change(
        SHS_CHANGE_JSON, OCTETS("n"), unit_text(levels(SHS_SESSION_MAX_DEPTH)));
    const char *wrong =
        string_edit(&got, &shs_codec_json, "{}", change, SHS_CODEC_CHANGES);

    ck_assert(wrong && *wrong);
    change = string_change(SHS_CHANGE_JSON, OCTETS("n"),
                           unit_text(levels(SHS_SESSION_MAX_DEPTH - 1)));
    ck_assert_pstr_eq(
        string_edit(&got, &shs_codec_json, "{}", change, SHS_CODEC_CHANGES),
        NULL);
}
END_TEST

static const struct {
    const char *old;
    shs_change_kind_t kind;
    const char *name;
    const char *value;
    const char *why;
} impossible[] = {
    { "{}", SHS_CHANGE_TEXT, "n", "SECRET\xff", "a text that is no UTF-8" },
    { "{}", SHS_CHANGE_TEXT, "n\xff", "SECRET", "a name that is none" },
    { "{}", SHS_CHANGE_JSON, "n\xff", "1", "the same, of JSON" },
    { "{}", SHS_CHANGE_MERGE, "n\xff", "{\"x\":1}", "the same, of a merge" },
    { "{}", SHS_CHANGE_JSON, "n", "SECRET", "what is no JSON" },
    { "{}", SHS_CHANGE_JSON, "n", "1 2", "something behind" },
    { "{}", SHS_CHANGE_JSON, "n", "", "nothing" },
    { "{}", SHS_CHANGE_MERGE, "n", "SECRET", "a patch that is no JSON" },
};

START_TEST(codec_json_edit__refuses_what_json_cannot_hold)
{
    shs_octets_t got;
    const char *wrong = string_edit(
        &got, &shs_codec_json, impossible[_i].old,
        string_change(impossible[_i].kind, unit_text(impossible[_i].name),
                      unit_text(impossible[_i].value)),
        SHS_CODEC_CHANGES);

    ck_assert_msg(wrong && *wrong, "it was taken: %s", impossible[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the reason repeats: %s", wrong);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_json__reads_each_kind, 0, ROWS(scalars));
    tcase_add_loop_test(tc,
                        codec_json__writes_a_real_that_reads_back_as_the_same,
                        0, ROWS(reals));
    tcase_add_loop_test(tc, codec_json__reads_an_integer_past_64_bits, 0,
                        ROWS(large));
    tcase_add_loop_test(tc, codec_json__refuses_a_value_that_is_no_object, 0,
                        ROWS(malformed));
    tcase_add_test(tc, codec_json__never_repeats_the_value_in_the_reason);
    tcase_add_test(tc, codec_json__takes_64_levels_and_not_65);
    tcase_add_test(tc, codec_json__survives_a_hundred_thousand_levels);
    tcase_add_test(tc,
                   codec_json__keeps_the_order_and_the_last_value_of_a_name);
    tcase_add_test(tc, codec_json__makes_the_values_of_the_example);
    tcase_add_test(tc, codec_json__reads_an_empty_object_as_an_empty_session);
    tcase_add_test(tc, codec_json__outlives_the_parser);
    tcase_add_test(
        tc, codec_json__reads_captured_sessions_as_their_applications_do);
    tcase_add_loop_test(tc, codec_json__reads_the_metadata, 0, ROWS(lives));
    tcase_add_loop_test(tc, codec_json_edit__changes_one_member_only, 0,
                        ROWS(edits));
    tcase_add_test(tc, codec_json_edit__applies_all_entries);
    tcase_add_test(tc, codec_json_edit__writes_the_rotation_first);
    tcase_add_test(tc, codec_json_edit__holds_a_nul_in_a_text);
    tcase_add_loop_test(tc, codec_json_edit__keeps_reals, 0, ROWS(reals));
    tcase_add_test(tc, codec_json_edit__refuses_a_value_too_deep_to_decode);
    tcase_add_loop_test(tc, codec_json_edit__refuses_what_json_cannot_hold, 0,
                        ROWS(impossible));
}

int main(void)
{
    return unit_main("codec_json", add);
}
