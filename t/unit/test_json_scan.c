/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_scan.h"

#include "session/json/json_text.h"
#include "session/json/json_twins.h"

#include "unit.h"

static const char *scan(shs_octets_t *out, shs_octets_t text)
{
    shs_session_t *session = shs_session_create(0, p);
    const char *wrong = shs_json_scan_text(session, OCTETS("v"), text, p);
    const shs_value_t *values;
    apr_size_t count;

    values = shs_session_values(session, &count);
    ck_assert(wrong ? count == 0 : values[0].end == count);
    if (!wrong) {
        *out = shs_json_text_write(session, &values[0], p);
    }
    return wrong;
}

#define SAME NULL

static const struct {
    const char *text;
    const char *read; /* written again; SAME: as it was */
    const char *why;
} texts[] = {
    { "{\"userId\":\"alice\",\"n\":[1,{\"a\":null}],\"ok\":true}", SAME,
      "a session" },
    { "{}", SAME, "nothing" },
    { "[]", SAME, "nothing, of an array" },
    { "7", SAME, "a number alone" },
    { "\"\"", SAME, "an empty string" },
    { "null", SAME, "null" },
    { " \t{\r\n\"a\" : [ 1 ,2 ] , \"b\" :false } ", "{\"a\":[1,2],\"b\":false}",
      "space everywhere" },
    { "[1,-0,1.50,1e2,-1.0E+5,12345678901234567890]", SAME,
      "numbers keep their text" },
    { "{\"\":{\"\":{}}}", SAME, "empty names" },
    { "{\"a\":{\"b\":1},\"c\":{\"b\":2},\"b\":3}", SAME,
      "one name in three objects" },
    { "\"\xea\xb9\x80 \xf0\x9f\x98\x80 \xc3\xa9\"", SAME, "UTF-8" },
    { "\"\x7f\"", "\"\\u007f\"", "DEL" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"",
      "each escape" },
    { "\"\\uae40\\u00e9\\u0041\\u0000\"",
      "\"\xea\xb9\x80\xc3\xa9"
      "A\\u0000\"",
      "escapes of all lengths" },
    { "\"\\uD83D\\uDE00\"", "\"\xf0\x9f\x98\x80\"", "a surrogate pair" },
    { "\"a\\ud83dx\"", "\"a\xef\xbf\xbdx\"", "a high surrogate alone" },
    { "\"\\ude00\"", "\"\xef\xbf\xbd\"", "a low surrogate alone" },
    { "\"\\ud83d\\ud83d\\ude00\"", "\"\xef\xbf\xbd\xf0\x9f\x98\x80\"",
      "a half before a pair" },
    { "\"\\ud83d\\u0041\"",
      "\"\xef\xbf\xbd"
      "A\"",
      "a half before a letter" },
    { "\"\\ud83d\\n\"", "\"\xef\xbf\xbd\\n\"", "a half before an escape" },
    { "\"1234567\\u00e9\"", "\"1234567\xc3\xa9\"",
      "an escape behind seven octets" },
    { "\"12345678\\u00e912345678\\n\"",
      "\"12345678\xc3\xa9"
      "12345678\\n\"",
      "behind eight" },
    { "{\"a\\u0062\":1}", "{\"ab\":1}", "an escape in a name" },
    { "{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}", "a name twice" },
    { "{\"a\":1,\"\\u0061\":2}", "{\"a\":2}", "twice, one of them escaped" },
    { "{\"a\":[1,{\"x\":1}],\"b\":{\"c\":[2]},\"a\":[3,[4]],\"d\":{\"e\":5}}",
      "{\"b\":{\"c\":[2]},\"a\":[3,[4]],\"d\":{\"e\":5}}",
      "twice, structures, and structures behind" },
    { "[1,{\"o\":{\"a\":1,\"a\":2,\"a\":{\"b\":1,\"b\":2}},\"o\":{\"z\":[]}}]",
      "[1,{\"o\":{\"z\":[]}}]", "twice in what is there twice" },
};

START_TEST(json_scan_text__reads_json)
{
    const char *wanted = texts[_i].read ? texts[_i].read : texts[_i].text;
    shs_octets_t got;

    ck_assert_pstr_eq(scan(&got, unit_text(texts[_i].text)), NULL);
    ck_octets_eq(got, unit_text(wanted), texts[_i].why);
}
END_TEST

static const struct {
    const char *text;
    int at; /* where it says that it is wrong */
    const char *why;
} refused[] = {
    { "", 0, "nothing" },
    { " ", 1, "only space" },
    { "{", 1, "not closed" },
    { "[1", 2, "not closed, with a member" },
    { "\"a", 2, "a string that is not closed" },
    { "\"12345678", 9, "the same, longer" },
    { "\"\\", 1, "an escape that is not complete" },
    { "\"\\u00e", 1, "hexadecimal digits that are not" },
    { "\"\\u00g0\"", 1, "no hexadecimal digit" },
    { "\"\\x41\"", 1, "no such escape" },
    { "{\"a\"}", 4, "no colon" },
    { "{\"a\":}", 5, "no value" },
    { "{1:2}", 1, "a number for a name" },
    { "{'a':2}", 1, "other quotation marks" },
    { "[1,]", 3, "a comma at the end" },
    { "[1 2]", 3, "no comma" },
    { "{\"a\":1,}", 7, "a comma at the end of an object" },
    { "[1}", 2, "closed as an object" },
    { "[] []", 3, "two" },
    { "tru", 0, "a part of a word" },
    { "nul1", 0, "no word" },
    { "01", 0, "no number" },
    { "1.", 0, "a number that is not complete" },
    { "+1", 0, "a sign" },
    { "NaN", 0, "no number at all" },
    { "[1e400]", 1, "a number that no double holds" },
    { "\"a\tb\"", 2, "a control character" },
    { "\"1234567\tb\"", 8, "a control character further on" },
    { "\"\xff\"", 1, "no UTF-8" },
    { "\"\xc0\x80\"", 1, "an overlong NUL" },
    { "\"\xe0\x80\x80\"", 1, "an overlong form of three" },
    { "\"\xf0\x80\x80\x80\"", 1, "an overlong form of four" },
    { "\"\xed\xa0\x80\"", 1, "a surrogate in UTF-8" },
    { "\"\xf4\x90\x80\x80\"", 1, "past U+10FFFF" },
    { "\"\xea\xb9\"", 1, "a character that is not complete" },
    { "\"\xea\xb9", 1, "the same at the end" },
};

START_TEST(json_scan_text__says_where_text_is_no_json)
{
    shs_octets_t got;
    const char *wrong = scan(&got, unit_text(refused[_i].text));

    ck_assert_msg(wrong != NULL, "it was read: %s", refused[_i].why);
    ck_assert_msg(strstr(wrong, apr_psprintf(p, "octet %d)", refused[_i].at))
                      != NULL,
                  "%s: %s", refused[_i].why, wrong);
}
END_TEST

static shs_octets_t levels(int count)
{
    char *text = apr_pcalloc(p, 2 * (apr_size_t)count + 1);

    memset(text, '[', (apr_size_t)count);
    memset(text + count, ']', (apr_size_t)count);
    return unit_text(text);
}

START_TEST(json_scan_text__takes_63_levels_in_an_attribute_and_not_64)
{
    shs_octets_t got;

    ck_assert_pstr_eq(scan(&got, levels(SHS_SESSION_MAX_DEPTH - 1)), NULL);
    ck_assert_ptr_nonnull(strstr(scan(&got, levels(SHS_SESSION_MAX_DEPTH)),
                                 "nested deeper than 64"));
    ck_assert_ptr_nonnull(scan(&got, levels(1000000)));
}
END_TEST

/* Members of one name, and names that all differ: each in linear time. */
START_TEST(json_scan_text__takes_as_many_values_as_it_says_and_no_more)
{
    apr_size_t count = SHS_JSON_SCAN_MAX_VALUES - 1 + (apr_size_t)_i;
    char *text = apr_palloc(p, 16 * count + 3);
    char *c = text;
    shs_octets_t got;
    const char *wrong;
    apr_size_t i;

    *c++ = '{';
    for (i = 0; i < count; ++i) {
        c += apr_snprintf(c, 16, "%s\"%x\":1", i ? "," : "",
                          (unsigned)(i % 40000));
    }
    *c++ = '}';
    wrong = scan(&got, unit_exact(text, (apr_size_t)(c - text)));
    if (_i == 1) {
        ck_assert_ptr_nonnull(strstr(wrong, "too many values"));
        return;
    }
    ck_assert_pstr_eq(wrong, NULL);
    ck_assert_ptr_nonnull(strstr(got.data, "\"7530\":1"));
}
END_TEST

/* So many members that they are sorted, each twice. */
START_TEST(json_scan_text__keeps_the_last_of_many_twins)
{
    char *text = apr_pcalloc(p, 4096);
    char *wanted = apr_pcalloc(p, 4096);
    shs_octets_t got;
    int i;

    strcat(text, "{");
    strcat(wanted, "{");
    for (i = 0; i < 100; ++i) {
        apr_snprintf(text + strlen(text), 32, "%s\"%d\":[%d]", i ? "," : "",
                     i % 50, i);
        if (i >= 50) {
            apr_snprintf(wanted + strlen(wanted), 32, "%s\"%d\":[%d]",
                         i > 50 ? "," : "", i % 50, i);
        }
    }
    strcat(text, "}");
    strcat(wanted, "}");
    ck_assert_pstr_eq(scan(&got, unit_text(text)), NULL);
    ck_octets_eq(got, unit_text(wanted), "the last of each");
}
END_TEST

START_TEST(json_scan_skip__passes_over_a_member)
{
    shs_octets_t text =
        unit_text("{\"a\":{\"b\":[1,\"\\u0041\xc3\xa9\"]},\"c\":2,\"d\":null}");
    shs_session_t *session = shs_session_create(0, p);
    shs_json_scan_t scan;
    shs_octets_t name;

    shs_json_scan_open(&scan, text, p);
    ck_assert(shs_json_scan_next(&scan, &name));
    ck_octets_eq(name, OCTETS("a"), "the first");
    ck_assert(shs_json_scan_skip(&scan, 1));
    ck_assert(shs_json_scan_next(&scan, &name));
    ck_octets_eq(name, OCTETS("c"), "the second");
    ck_assert(shs_json_scan_value(&scan, session, name, 1));
    ck_assert(shs_json_scan_next(&scan, &name));
    ck_assert(shs_json_scan_skip(&scan, 1));
    ck_assert(!shs_json_scan_next(&scan, &name));
    ck_assert_pstr_eq(shs_json_scan_close(&scan), NULL);
    ck_octets_eq(shs_json_text_write_session(session, p), OCTETS("{\"c\":2}"),
                 "what was wanted");
}
END_TEST

static const char *const broken[] = {
    "{\"a\":[1,}",
    "{\"a\":\"\xff\"}",
    "{\"a\":1e400}",
    "{\"a\":\"\\ux\"}",
    "{\"a\":tru}",
    "{\"a\":{\"b\" 1}}",
    "{\"a\":{\"\xff\":1}}",
    "[1]",
    "1",
    "{\"a\":1",
    "{\"a\":1]",
    "{\"a\":1}}",
};

START_TEST(json_scan_skip__checks_what_it_passes_over)
{
    shs_json_scan_t scan;
    shs_octets_t name;

    shs_json_scan_open(&scan, unit_text(broken[_i]), p);
    while (shs_json_scan_next(&scan, &name)) {
        shs_json_scan_skip(&scan, 1);
    }
    ck_assert_msg(shs_json_scan_close(&scan) != NULL, "%s", broken[_i]);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, json_scan_text__reads_json, 0, ROWS(texts));
    tcase_add_loop_test(tc, json_scan_text__says_where_text_is_no_json, 0,
                        ROWS(refused));
    tcase_add_test(tc,
                   json_scan_text__takes_63_levels_in_an_attribute_and_not_64);
    tcase_add_loop_test(
        tc, json_scan_text__takes_as_many_values_as_it_says_and_no_more, 0, 2);
    tcase_add_test(tc, json_scan_text__keeps_the_last_of_many_twins);
    tcase_add_test(tc, json_scan_skip__passes_over_a_member);
    tcase_add_loop_test(tc, json_scan_skip__checks_what_it_passes_over, 0,
                        ROWS(broken));
}

int main(void)
{
    return unit_main("json_scan", add);
}
