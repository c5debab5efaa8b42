/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_patch.h"

#include "unit.h"

#define DEPTH 64

static const char *read_patch(shs_change_t **change, shs_octets_t json)
{
    *change = shs_change_create(p);
    return shs_json_patch_read(*change, json, p);
}

static const struct {
    const char *json; /* of the member "n" */
    shs_change_kind_t kind;
    const char *value;
    int len; /* 0: strlen(value) */
    const char *why;
} members[] = {
    { "null", SHS_CHANGE_UNSET, "", 0, "null unsets" },
    { "\"v\"", SHS_CHANGE_TEXT, "v", 0, "a string is text" },
    { "\"\"", SHS_CHANGE_TEXT, "", 0, "empty text is something" },
    { "\"7\"", SHS_CHANGE_TEXT, "7", 0, "a string that looks like a number" },
    { "\"a\\u0000b\"", SHS_CHANGE_TEXT, "a\0b", 3, "a NUL is an octet" },
    { "\"\\u00e9\\n\"", SHS_CHANGE_TEXT, "\xc3\xa9\n", 0, "escapes" },
    { "7", SHS_CHANGE_JSON, "7", 0, "a number" },
    { "-1.5", SHS_CHANGE_JSON, "-1.5", 0, "a real" },
    { "true", SHS_CHANGE_JSON, "true", 0, "true" },
    { "false", SHS_CHANGE_JSON, "false", 0, "false" },
    { "[ 1, null ]", SHS_CHANGE_JSON, "[1,null]", 0, "arrays replace whole" },
    { "[]", SHS_CHANGE_JSON, "[]", 0, "an empty one too" },
    { "{ \"a\": null }", SHS_CHANGE_MERGE, "{\"a\":null}", 0,
      "an object is merged; its nulls remove" },
    { "{}", SHS_CHANGE_MERGE, "{}", 0, "an object of nothing" },
    { "9223372036854775807", SHS_CHANGE_JSON, "9223372036854775807", 0,
      "the largest integer of 64 bits" },
    { "12345678901234567890123", SHS_CHANGE_JSON, "12345678901234567890123", 0,
      "one of more" },
    { "19.99", SHS_CHANGE_JSON, "19.99", 0, "as it is written" },
    { "19.990", SHS_CHANGE_JSON, "19.99", 0, "no longer than it must be" },
    { "1.0E2", SHS_CHANGE_JSON, "100", 0, "as ECMAScript prints it" },
    { "[ 0.10, -0.0, 1e21 ]", SHS_CHANGE_JSON, "[0.1,0,1e+21]", 0,
      "so inside of an array" },
    { "{\"a\":{\"b\":1.50}}", SHS_CHANGE_MERGE, "{\"a\":{\"b\":1.5}}", 0,
      "and of an object" },
    { "\"#7\"", SHS_CHANGE_TEXT, "#7", 0, "a string with a mark before it" },
    { "\"$\"", SHS_CHANGE_TEXT, "$", 0, "or of a mark alone" },
};

START_TEST(json_patch_read__maps_each_kind_of_member)
{
    shs_octets_t json =
        unit_text(apr_psprintf(p, "{\"n\":%s}", members[_i].json));
    shs_octets_t wanted = { members[_i].value,
                            members[_i].len ? (apr_size_t)members[_i].len
                                            : strlen(members[_i].value) };
    const shs_change_entry_t *entries;
    shs_change_t *change;
    int count;

    ck_assert_pstr_eq(read_patch(&change, json), NULL);
    entries = shs_change_entries(change, &count);
    ck_assert_int_eq(count, 1);
    ck_octets_eq(entries[0].name, OCTETS("n"), members[_i].why);
    ck_assert_msg(entries[0].kind == members[_i].kind, "%s", members[_i].why);
    ck_octets_eq(entries[0].value, wanted, members[_i].why);
}
END_TEST

START_TEST(json_patch_read__adds_to_the_change)
{
    shs_change_t *change = shs_change_create(p);
    const shs_change_entry_t *entries;
    int count;

    shs_change_set(change, "before", "1");
    shs_change_set(change, "n", "1");
    ck_assert_pstr_eq(
        shs_json_patch_read(change, unit_text("{\"n\":\"2\",\"m\":\"3\"}"), p),
        NULL);
    entries = shs_change_entries(change, &count);
    ck_assert_int_eq(count, 3);
    ck_octets_eq(entries[0].value, OCTETS("1"), "what was there stays");
    ck_octets_eq(entries[1].value, OCTETS("2"), "the last one counts");
    ck_octets_eq(entries[2].name, OCTETS("m"), "another one");
}
END_TEST

START_TEST(json_patch_read__reads_an_empty_object_as_no_change)
{
    shs_change_t *change;
    int count;

    ck_assert_pstr_eq(read_patch(&change, unit_text(" {} ")), NULL);
    shs_change_entries(change, &count);
    ck_assert_int_eq(count, 0);
}
END_TEST

static const struct {
    const char *json;
    const char *why;
} malformed[] = {
    { "", "nothing" },
    { "null", "RFC 7396 would make a session of it" },
    { "[1]", "no object" },
    { "\"SECRET\"", "no object" },
    { "7", "no object" },
    { "{\"n\":\"SECRET", "cut off" },
    { "{\"n\":1}SECRET", "something behind" },
    { "{n:1}", "no JSON" },
    { "{\"n\":1,}", "a comma too many" },
    { "{\"n\":1,\"n\":2}", "which of the two is meant?" },
    { "{\"n\":{\"m\":1,\"m\":2}}", "the same further down" },
    { "{\"n\":\"\xff\"}", "no UTF-8" },
    { "{\"a\\u0000b\":1}", "a NUL in a name" },
    { "{7:1}", "a number for a name" },
    { "{ -1.5 \t: 1}", "the same, apart" },
    { "{\"n\":1 2}", "two numbers" },
    { "{\"n\":1-2}", "two that touch" },
    { "{\"n\":01}", "a leading zero" },
    { "{\"n\":1.}", "no digit behind the point" },
    { "{\"n\":.5}", "none before it" },
    { "{\"n\":1e+}", "no exponent" },
    { "{\"n\":-}", "a sign alone" },
    { "{\"n\":+1}", "a plus" },
    { "{\"n\":7x}", "a letter behind" },
    { "{\"n\":-1e999}", "infinity, negative" },
    { "{\"n\":1e999}", "infinity" },
};

START_TEST(json_patch_read__refuses_with_a_reason)
{
    shs_change_t *change;
    const char *wrong = read_patch(&change, unit_text(malformed[_i].json));

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", malformed[_i].json,
                  malformed[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the reason repeats: %s", wrong);
}
END_TEST

/* So many levels of arrays or objects, including the outer object. */
static const char *nested(int levels, int is_array)
{
    char *text = apr_pcalloc(p, (apr_size_t)levels * 6 + 16);
    char *at = text;
    int i;

    at += apr_snprintf(at, 16, "{\"n\":");
    for (i = 1; i < levels; i++) {
        at += apr_snprintf(at, 16, "%s", is_array ? "[" : "{\"a\":");
    }
    *at++ = '1';
    for (i = 1; i < levels; i++) {
        *at++ = is_array ? ']' : '}';
    }
    *at = '}';
    return text;
}

/* A patch that makes a session which cannot be decoded would end the
 * session. */
START_TEST(json_patch_read__refuses_more_levels_than_a_session_may_have)
{
    shs_change_t *change;
    const char *wrong;

    wrong = read_patch(&change, unit_text(nested(DEPTH, _i)));
    ck_assert_msg(!wrong, "%s", wrong);
    wrong = read_patch(&change, unit_text(nested(DEPTH + 1, _i)));
    ck_assert_msg(wrong && *wrong, "too deep, and taken");
}
END_TEST

/* The examples of RFC 7396, appendix A, with an object as patch; then our
 * own. */
static const struct {
    const char *old;
    const char *patch;
    const char *merged;
    const char *why;
} merges[] = {
    { "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}", "replaced" },
    { "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}", "added" },
    { "{\"a\":\"b\"}", "{\"a\":null}", "{}", "removed" },
    { "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}",
      "removed beside another" },
    { "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}",
      "an array replaced" },
    { "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}", "by an array" },
    { "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
      "{\"a\":{\"b\":\"d\"}}", "inside, and what is not there removed" },
    { "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}",
      "arrays are not merged" },
    { "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}",
      "what is no object counts as an empty one" },
    { "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}",
      "a null that was there stays" },
    { "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}",
      "no nulls in what is new" },
    { "", "{\"a\":1}", "{\"a\":1}", "nothing was there" },
    { "SECRET", "{\"a\":1}", "{\"a\":1}", "no JSON was there" },
    { "7", "{\"a\":1}", "{\"a\":1}", "a number was there" },
    { "12345678901234567890", "{\"a\":1}", "{\"a\":1}",
      "a large number was there" },
    { "12345678901234567890 is a text", "{\"a\":1}", "{\"a\":1}",
      "a text that begins with one was there" },
    { "{\"a\":1", "{\"b\":2}", "{\"b\":2}", "half of one was there" },
    { "{\"a\":{\"b\":1}}", "{\"a\":{\"c\":2}}", "{\"a\":{\"b\":1,\"c\":2}}",
      "what is inside stays" },
    { "{\"a\":5}", "{\"a\":{\"b\":null,\"c\":2}}", "{\"a\":{\"c\":2}}",
      "a scalar becomes an object" },
    { "{\"a\":\"x\\u0000y\"}", "{\"b\":\"\\u0000\"}",
      "{\"a\":\"x\\u0000y\",\"b\":\"\\u0000\"}", "a NUL is an octet" },
    { "{ \"a\" : 1 }", "{}", "{\"a\":1}", "compact" },
    { "{\"a\":1}", "{\"\":2}", "{\"a\":1,\"\":2}", "an empty name" },
    { "{\"p\":19.99,\"z\":1.0,\"e\":1E2,\"i\":12345678901234567890}",
      "{\"n\":1}",
      "{\"p\":19.99,\"z\":1.0,\"e\":1E2,\"i\":12345678901234567890,\"n\":1}",
      "numbers keep their text" },
    { "{\"a\":{\"p\":0.10,\"q\":[1.50]}}", "{\"a\":{\"n\":1}}",
      "{\"a\":{\"p\":0.10,\"q\":[1.50],\"n\":1}}", "further down, too" },
    { "{\"#a\":\"#1\",\"$\":\"$\"}", "{\"#a\":\"$2\"}",
      "{\"#a\":\"$2\",\"$\":\"$\"}", "strings that look like marked ones" },
    { "{\"a\":[null]}", "{\"b\":[null]}", "{\"a\":[null],\"b\":[null]}",
      "nulls in arrays are values" },
};

START_TEST(json_patch_merge__follows_rfc_7396)
{
    shs_octets_t got = { NULL, 0 };
    const char *wrong = shs_json_patch_merge(&got, unit_text(merges[_i].old),
                                             unit_text(merges[_i].patch), p);

    ck_assert_msg(!wrong, "%s: %s", merges[_i].why, wrong);
    ck_octets_eq(got, unit_text(merges[_i].merged), merges[_i].why);
    /* A repeated merge has the same result. */
    ck_assert_pstr_eq(
        shs_json_patch_merge(&got, got, unit_text(merges[_i].patch), p), NULL);
    ck_octets_eq(got, unit_text(merges[_i].merged), "done twice");
}
END_TEST

START_TEST(json_patch_merge__refuses_a_patch_that_is_no_json)
{
    shs_octets_t got = { NULL, 0 };
    const char *wrong =
        shs_json_patch_merge(&got, unit_text("{}"), unit_text("{SECRET"), p);

    ck_assert(wrong && *wrong);
    ck_assert_ptr_null(strstr(wrong, "SECRET"));
}
END_TEST

/* A number that no double can hold is refused, since other programs would read
 * infinity. Taking the object for no JSON would lose all of it. */
static const char *const large[] = {
    "{\"a\":1e999,\"name\":\"SECRET\"}",
    "{\"a\":{\"b\":[-1e999]}}",
};

START_TEST(json_patch_merge__refuses_an_object_with_a_large_number)
{
    shs_octets_t got = { NULL, 0 };
    const char *wrong = shs_json_patch_merge(&got, unit_text(large[_i]),
                                             unit_text("{\"n\":1}"), p);

    ck_assert_msg(wrong && *wrong, "it became \"%s\"", unit_show(got));
    ck_assert_ptr_null(strstr(wrong, "SECRET"));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, json_patch_read__maps_each_kind_of_member, 0,
                        ROWS(members));
    tcase_add_test(tc, json_patch_read__adds_to_the_change);
    tcase_add_test(tc, json_patch_read__reads_an_empty_object_as_no_change);
    tcase_add_loop_test(tc, json_patch_read__refuses_with_a_reason, 0,
                        ROWS(malformed));
    tcase_add_loop_test(
        tc, json_patch_read__refuses_more_levels_than_a_session_may_have, 0, 2);
    tcase_add_loop_test(tc, json_patch_merge__follows_rfc_7396, 0,
                        ROWS(merges));
    tcase_add_test(tc, json_patch_merge__refuses_a_patch_that_is_no_json);
    tcase_add_loop_test(tc,
                        json_patch_merge__refuses_an_object_with_a_large_number,
                        0, ROWS(large));
}

int main(void)
{
    return unit_main("json_patch", add);
}
