/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_text.h"

#include <jansson.h>

#include "unit.h"

#define NONE OCTETS("")

static shs_octets_t text_of(const shs_session_t *session, apr_size_t at)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);

    return shs_json_text_write(session, values + at, p);
}

/* ["x"] with x as its string. */
static shs_octets_t array_of(shs_octets_t string)
{
    shs_session_t *session = shs_session_create(2, p);
    apr_size_t array =
        shs_session_append(session, SHS_KIND_ARRAY, OCTETS("n"), NONE);

    shs_session_append(session, SHS_KIND_STRING, NONE, string);
    shs_session_close(session, array);
    return text_of(session, array);
}

START_TEST(json_text_write__escapes_no_more_than_needed)
{
    char octet = (char)_i;
    shs_octets_t got = array_of(unit_exact(&octet, 1));
    json_t *back;
    json_error_t error;

    if (_i >= 0x20 && _i != '"' && _i != '\\' && _i != 0x7f) {
        ck_octets_eq(got, unit_text(apr_psprintf(p, "[\"%c\"]", _i)),
                     "not escaped");
        return;
    }
    ck_assert_msg(got.len > 5 && got.data[2] == '\\', "%s", unit_show(got));
    back = json_loadb(got.data, got.len, JSON_ALLOW_NUL, &error);
    ck_assert_msg(back != NULL, "%s: %s", unit_show(got), error.text);
    ck_assert_uint_eq(json_string_length(json_array_get(back, 0)), 1);
    ck_assert_int_eq(json_string_value(json_array_get(back, 0))[0], octet);
    json_decref(back);
}
END_TEST

START_TEST(json_text_write__escapes_names_too)
{
    shs_session_t *session = shs_session_create(2, p);
    apr_size_t object =
        shs_session_append(session, SHS_KIND_OBJECT, OCTETS("n"), NONE);

    shs_session_append(session, SHS_KIND_NUMBER, OCTETS("a\"b\\"), OCTETS("1"));
    shs_session_close(session, object);
    ck_octets_eq(text_of(session, object), OCTETS("{\"a\\\"b\\\\\":1}"),
                 "a name is text of a client's too");
}
END_TEST

static const struct {
    const char *text;
    const char *why;
} kept[] = {
    { "\xc3\xa9", "two octets" },
    { "\xea\xb9\x80", "three octets" },
    { "\xf0\x9f\x98\x80", "four octets" },
    { "\xc2\x80", "the first of two octets" },
    { "\xdf\xbf", "the last of two" },
    { "\xe0\xa0\x80", "the first of three" },
    { "\xed\x9f\xbf", "the last before the surrogates" },
    { "\xee\x80\x80", "the first behind them" },
    { "\xef\xbf\xbf", "the last of three" },
    { "\xf0\x90\x80\x80", "the first of four" },
    { "\xf4\x8f\xbf\xbf", "the last of all" },
    { "a/b", "a solidus needs no escape" },
    { "</script>", "this is no HTML" },
};

START_TEST(json_text_write__does_not_change_utf_8)
{
    ck_octets_eq(array_of(unit_text(kept[_i].text)),
                 unit_text(apr_psprintf(p, "[\"%s\"]", kept[_i].text)),
                 kept[_i].why);
}
END_TEST

#define NO "\\ufffd"

/* For one such octet of a hash a browser would refuse the whole session. */
static const struct {
    const char *text;
    const char *written;
    const char *why;
} broken[] = {
    { "\xff\xfe", NO NO, "no UTF-8 at all" },
    { "a\xff\"b", "a" NO "\\\"b", "the rest is as it was, and escaped" },
    { "\x80", NO, "the middle of a character" },
    { "\xc3", NO, "the text ends too early" },
    { "\xea\xb9", NO NO, "the same, of three" },
    { "\xf0\x9f\x98", NO NO NO, "the same, of four" },
    { "\xea\xb9z", NO NO "z", "what follows is not swallowed" },
    { "\xf0\x9f\x98\"", NO NO NO "\\\"", "nor is what must be escaped" },
    { "\xc3\"", NO "\\\"", "nor here" },
    { "\xc0\xaf", NO NO, "a solidus in two octets" },
    { "\xe0\x9f\xbf", NO NO NO, "two octets in three" },
    { "\xf0\x8f\xbf\xbf", NO NO NO NO, "three octets in four" },
    { "\xed\xa0\x80", NO NO NO, "a surrogate" },
    { "\xf4\x90\x80\x80", NO NO NO NO, "past the last of all" },
    { "\xf5\x80\x80\x80", NO NO NO NO, "no first octet" },
};

START_TEST(json_text_write__replaces_octets_that_are_no_utf_8)
{
    shs_octets_t got = array_of(unit_text(broken[_i].text));
    json_t *back = json_loadb(got.data, got.len, 0, NULL);

    ck_octets_eq(got,
                 unit_text(apr_psprintf(p, "[\"%s\"]", broken[_i].written)),
                 broken[_i].why);
    ck_assert_ptr_nonnull(back);
    json_decref(back);
}
END_TEST

START_TEST(json_text_write__writes_every_kind_and_empty_structures)
{
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t top = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("t"), NONE);
    apr_size_t inner;

    shs_session_append(s, SHS_KIND_STRING, OCTETS("s"), OCTETS("v"));
    shs_session_append(s, SHS_KIND_NUMBER, OCTETS("n"), OCTETS("-1.5e3"));
    shs_session_append(s, SHS_KIND_BOOL, OCTETS("b"), OCTETS("false"));
    shs_session_append(s, SHS_KIND_NULL, OCTETS("z"), NONE);
    inner = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("a"), NONE);
    shs_session_close(s, inner);
    inner = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("o"), NONE);
    shs_session_close(s, inner);
    shs_session_append(s, SHS_KIND_STRING, NONE, NONE);
    shs_session_close(s, top);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("next"), OCTETS("no"));
    ck_octets_eq(text_of(s, top),
                 OCTETS("{\"s\":\"v\",\"n\":-1.5e3,\"b\":false,\"z\":null,"
                        "\"a\":[],\"o\":{},\"\":\"\"}"),
                 "in stored order, without white space");
    ck_octets_eq(text_of(s, inner), OCTETS("{}"), "without its name");
}
END_TEST

START_TEST(json_text_write__separates_siblings_of_structures)
{
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t top = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("t"), NONE);
    int i;

    for (i = 0; i < 3; i++) {
        apr_size_t inner = shs_session_append(s, SHS_KIND_ARRAY, NONE, NONE);

        shs_session_append(s, SHS_KIND_NUMBER, NONE, OCTETS("1"));
        shs_session_append(s, SHS_KIND_NULL, NONE, NONE);
        shs_session_close(s, inner);
    }
    shs_session_close(s, top);
    ck_octets_eq(text_of(s, top), OCTETS("[[1,null],[1,null],[1,null]]"),
                 "commas between, none behind");
}
END_TEST

START_TEST(json_text_write__writes_the_deepest_structure)
{
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t opened[SHS_SESSION_MAX_DEPTH];
    shs_octets_t got;
    int i;

    for (i = 0; i < SHS_SESSION_MAX_DEPTH; i++) {
        opened[i] = shs_session_append(s, SHS_KIND_ARRAY, NONE, NONE);
    }
    while (i-- > 0) {
        shs_session_close(s, opened[i]);
    }
    got = text_of(s, 0);
    ck_assert_uint_eq(got.len, 2 * SHS_SESSION_MAX_DEPTH);
    for (i = 0; i < SHS_SESSION_MAX_DEPTH; i++) {
        ck_assert_int_eq(got.data[i], '[');
        ck_assert_int_eq(got.data[got.len - 1 - (apr_size_t)i], ']');
    }
}
END_TEST

START_TEST(json_text_write__holds_a_value_of_64_KiB_of_controls)
{
    const apr_size_t len = 65536;
    char *octets = apr_palloc(p, len);
    shs_octets_t got;
    apr_size_t i;

    memset(octets, 1, len);
    got = array_of((shs_octets_t){ octets, len });
    ck_assert_uint_eq(got.len, len * 6 + 4);
    for (i = 0; i < got.len; i++) {
        ck_assert(got.data[i] >= 0x20);
    }
}
END_TEST

START_TEST(json_text_write_session__is_one_object_of_every_kind)
{
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t top, inner;

    shs_session_append(s, SHS_KIND_STRING, OCTETS("s\""), OCTETS("v\n"));
    shs_session_append(s, SHS_KIND_NUMBER, OCTETS("n"), OCTETS("-1.5e3"));
    shs_session_append(s, SHS_KIND_BOOL, OCTETS("b"), OCTETS("false"));
    shs_session_append(s, SHS_KIND_NULL, OCTETS("z"), NONE);
    top = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("o"), NONE);
    inner = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("a"), NONE);
    shs_session_append(s, SHS_KIND_NUMBER, NONE, OCTETS("1"));
    shs_session_close(s, inner);
    shs_session_close(s, top);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("last"), NONE);
    ck_octets_eq(shs_json_text_write_session(s, p),
                 OCTETS("{\"s\\\"\":\"v\\n\",\"n\":-1.5e3,\"b\":false,"
                        "\"z\":null,\"o\":{\"a\":[1]},\"last\":\"\"}"),
                 "in stored order, without white space");
}
END_TEST

START_TEST(json_text_write_session__writes_an_empty_object_without_values)
{
    ck_octets_eq(shs_json_text_write_session(shs_session_create(0, p), p),
                 OCTETS("{}"), "no values");
}
END_TEST

/* -------------------------------------------------------------------- get */

/* The example in session.h. */
static shs_session_t *example(apr_size_t expected)
{
    shs_session_t *session = shs_session_create(expected, p);
    apr_size_t user;
    apr_size_t roles;

    user = shs_session_append(session, SHS_KIND_OBJECT, OCTETS("user"), NONE);
    shs_session_append(session, SHS_KIND_NUMBER, OCTETS("id"), OCTETS("7"));
    roles = shs_session_append(session, SHS_KIND_ARRAY, OCTETS("roles"), NONE);
    shs_session_append(session, SHS_KIND_STRING, NONE, OCTETS("a"));
    shs_session_append(session, SHS_KIND_STRING, NONE, OCTETS("b"));
    shs_session_close(session, roles);
    shs_session_close(session, user);
    shs_session_append(session, SHS_KIND_BOOL, OCTETS("ok"), OCTETS("true"));
    return session;
}

START_TEST(json_text_get__borrows_a_scalar)
{
    static const shs_kind_t kinds[] = { SHS_KIND_STRING, SHS_KIND_NUMBER,
                                        SHS_KIND_BOOL };
    shs_octets_t stored = unit_exact("a\0\r\n\xff", 5);
    shs_session_t *session = shs_session_create(1, p);
    shs_octets_t text;
    apr_size_t count;
    apr_size_t at = shs_session_append(session, kinds[_i], OCTETS("n"), stored);

    ck_assert(shs_json_text_get(&text, session,
                                shs_session_values(session, &count) + at, p));
    ck_assert_ptr_eq(text.data, stored.data);
    ck_assert_uint_eq(text.len, 5);
}
END_TEST

START_TEST(json_text_get__returns_0_for_null)
{
    shs_session_t *session = shs_session_create(1, p);
    shs_octets_t text;
    apr_size_t count;

    shs_session_append(session, SHS_KIND_NULL, OCTETS("n"), NONE);
    ck_assert(!shs_json_text_get(&text, session,
                                 shs_session_values(session, &count), p));
}
END_TEST

START_TEST(json_text_get__writes_a_structure_as_compact_json)
{
    shs_session_t *session = example(8);
    shs_octets_t text;
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);

    ck_assert(shs_json_text_get(&text, session, values, p));
    ck_octets_eq(text, OCTETS("{\"id\":7,\"roles\":[\"a\",\"b\"]}"), "object");
    ck_assert(shs_json_text_get(&text, session, values + 2, p));
    ck_octets_eq(text, OCTETS("[\"a\",\"b\"]"), "a member of it");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, json_text_get__borrows_a_scalar, 0, 3);
    tcase_add_test(tc, json_text_get__returns_0_for_null);
    tcase_add_test(tc, json_text_get__writes_a_structure_as_compact_json);
    tcase_add_loop_test(tc, json_text_write__escapes_no_more_than_needed, 0,
                        0x80);
    tcase_add_test(tc, json_text_write__escapes_names_too);
    tcase_add_loop_test(tc, json_text_write__does_not_change_utf_8, 0,
                        ROWS(kept));
    tcase_add_loop_test(tc, json_text_write__replaces_octets_that_are_no_utf_8,
                        0, ROWS(broken));
    tcase_add_test(tc, json_text_write__writes_every_kind_and_empty_structures);
    tcase_add_test(tc, json_text_write__separates_siblings_of_structures);
    tcase_add_test(tc, json_text_write__writes_the_deepest_structure);
    tcase_add_test(tc, json_text_write__holds_a_value_of_64_KiB_of_controls);
    tcase_add_test(tc, json_text_write_session__is_one_object_of_every_kind);
    tcase_add_test(
        tc, json_text_write_session__writes_an_empty_object_without_values);
}

int main(void)
{
    return unit_main("json_text", add);
}
