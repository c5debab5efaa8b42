/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_plain.h"

#include "session/json/json_read.h"

#include "unit.h"

static const struct {
    const char *text;
    int is_plain;
    const char *why;
} texts[] = {
    { "{\"roles\":[\"editor\",\"admin\"]}", 1, "the usual text" },
    { "{}", 1, "an empty object" },
    { "[]", 1, "an empty array" },
    { " [ ] ", 1, "space inside and around" },
    { "\t{\r\n\"a\" : 1 , \"b\":[ ]}\n", 1, "all kinds of space" },
    { "[1,-0,1.50,1e2,12345678901234567890]", 1, "numbers keep their text" },
    { "[true,false,null,\"\"]", 1, "words, and the empty text" },
    { "{\"\":{\"\":{}}}", 1, "empty names" },
    { "{\"a\":{\"b\":1},\"c\":{\"b\":2},\"b\":3}", 1,
      "one name in three objects" },
    { "[{\"a\":[1,[2,3],{}]},4]", 1, "structures end where they do" },
    { "{\"user\":1,\"user \":2,\"use\":3}", 1, "names that are similar" },
    { "[[[[[[[[]]]]]]]]", 1, "the most levels" },
    { "[[[[[[[[[]]]]]]]]]", 0, "one more" },
    { "{\"a\":1,\"a\":2}", 0, "a name twice" },
    { "{\"a\":[1],\"b\":2,\"a\":3}", 0, "a name twice, the first a structure" },
    { "[\"a\\u0062\"]", 0, "an escape" },
    { "[\"a\\\"]\"]", 0, "an escaped quotation mark" },
    { "{\"\\u0061\":1}", 0, "an escape in a name" },
    { "[\"\xc3\xbc\"]", 0, "not ASCII" },
    { "[\"\xff\"]", 0, "not UTF-8" },
    { "[\"a\tb\"]", 0, "a control character" },
    { "[\"a\x7f\"]", 0, "DEL" },
    { "", 0, "nothing" },
    { " ", 0, "only space" },
    { "1", 0, "a number" },
    { "\"a\"", 0, "a string" },
    { "null", 0, "null" },
    { "{", 0, "not closed" },
    { "[", 0, "not closed, an array" },
    { "[1", 0, "not closed, with a member" },
    { "[\"", 0, "a string that is not closed" },
    { "[\"a", 0, "the same, longer" },
    { "{\"a\"", 0, "no colon" },
    { "{\"a\":", 0, "no value" },
    { "{\"a\":}", 0, "no value, closed" },
    { "{\"a\" 1}", 0, "no colon between" },
    { "{1:2}", 0, "a number for a name" },
    { "{a:2}", 0, "no quotation marks" },
    { "[1,]", 0, "a comma at the end" },
    { "[,1]", 0, "a comma at the beginning" },
    { "[1 2]", 0, "no comma" },
    { "{\"a\":1,}", 0, "a comma at the end of an object" },
    { "[1}", 0, "closed as an object" },
    { "{\"a\":1]", 0, "closed as an array" },
    { "[] []", 0, "two" },
    { "[]x", 0, "something behind" },
    { "[tru]", 0, "a part of a word" },
    { "[truex]", 0, "more than a word" },
    { "[nul", 0, "a part of a word at the end" },
    { "[True]", 0, "a word with a capital" },
    { "[01]", 0, "a leading zero" },
    { "[1.]", 0, "no fraction" },
    { "[+1]", 0, "a plus" },
    { "[1e999]", 0, "a number that no double holds" },
    { "[NaN]", 0, "no number" },
    { "\xef\xbb\xbf[]", 0, "a byte order mark" },
    { "['a']", 0, "other quotation marks" },
    { "[1]//", 0, "a comment" },
};

/* What json_read makes of the text must be the same. */
static void assert_same(const shs_session_t *plain, const char *text)
{
    const shs_session_t *read = shs_json_read_structure(unit_text(text), p);
    const shs_value_t *a, *b;
    apr_size_t count, other, i;

    ck_assert_msg(read != NULL, "json_read refuses %s", text);
    a = shs_session_values(plain, &count);
    b = shs_session_values(read, &other);
    ck_assert_uint_eq(count, other);
    for (i = 0; i < count; ++i) {
        ck_assert_msg(a[i].kind == b[i].kind, "kind %d in %s", (int)i, text);
        ck_assert_msg(a[i].end == b[i].end, "end %d in %s", (int)i, text);
        ck_octets_eq(a[i].name, b[i].name, text);
        ck_octets_eq(a[i].text, b[i].text, text);
    }
}

START_TEST(json_plain_read__reads_what_json_read_reads)
{
    const shs_session_t *session =
        shs_json_plain_read(unit_text(texts[_i].text), p);

    ck_assert_msg(!session == !texts[_i].is_plain, "%s: %s", texts[_i].text,
                  texts[_i].why);
    if (session) {
        assert_same(session, texts[_i].text);
    }
}
END_TEST

/* Every text that is one octet away from a plain one. */
START_TEST(json_plain_read__reads_the_same_after_any_change_of_an_octet)
{
    static const char text[] =
        " {\"a\":[1,\"b c\",true],\"d\":{\"e\":null,\"f\":-2.5e1}, \"g\":[]}";
    apr_size_t at;
    int octet;

    for (at = 0; at < sizeof(text) - 1; ++at) {
        for (octet = 1; octet < 256; ++octet) {
            char *changed = apr_pstrdup(p, text);
            const shs_session_t *session;

            changed[at] = (char)octet;
            session = shs_json_plain_read(unit_text(changed), p);
            if (session) {
                assert_same(session, changed);
            }
        }
    }
}
END_TEST

START_TEST(json_plain_read__leaves_many_members_to_json_read)
{
    char *text = "[1";
    int i;

    for (i = 1; i < SHS_JSON_PLAIN_MAX_MEMBERS; ++i) {
        text = apr_pstrcat(p, text, ",1", NULL);
    }
    ck_assert(shs_json_plain_read(unit_text(apr_pstrcat(p, text, "]", NULL)), p)
              != NULL);
    ck_assert(
        shs_json_plain_read(unit_text(apr_pstrcat(p, text, ",1]", NULL)), p)
        == NULL);
}
END_TEST

/* A NUL is no end. */
START_TEST(json_plain_read__refuses_a_nul)
{
    ck_assert(shs_json_plain_read(OCTETS("[\"a\0b\"]"), p) == NULL);
    ck_assert(shs_json_plain_read(OCTETS("[]\0"), p) == NULL);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, json_plain_read__reads_what_json_read_reads, 0,
                        ROWS(texts));
    tcase_add_test(
        tc, json_plain_read__reads_the_same_after_any_change_of_an_octet);
    tcase_add_test(tc, json_plain_read__leaves_many_members_to_json_read);
    tcase_add_test(tc, json_plain_read__refuses_a_nul);
}

int main(void)
{
    return unit_main("json_plain", add);
}
