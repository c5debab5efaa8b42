/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/cookie.h"

#include "unit.h"

#define MOST 4

static const struct {
    const char *header;
    const char *name;
    const char *values[MOST + 1];
    const char *why;
} cookies[] = {
    { "JSESSIONID=abc", "JSESSIONID", { "abc" }, "the plain case" },
    { "a=1; JSESSIONID=abc; b=2", "JSESSIONID", { "abc" }, "among others" },
    { "a=1;JSESSIONID=abc;b=2",
      "JSESSIONID",
      { "abc" },
      "without the space, which not every client writes" },
    { "a=1;  \t JSESSIONID=abc",
      "JSESSIONID",
      { "abc" },
      "with more white space than there should be" },
    { "S=1; S=2", "S", { "1", "2" }, "for / and for /app, in order" },
    { "S=1; S=2; S=3; S=4; S=5; S=6", "S", { "1", "2", "3", "4" }, "many" },
    { "S=1, S=2", "S", { "1", "2" }, "two header lines, joined by httpd" },
    { "a=1, S=2", "S", { "2" }, "a comma before a space ends a pair too" },
    { "a=1,S=2", "S", { NULL }, "to RFC 6265 a comma belongs to the value" },
    { "a=1,\tS=2", "S", { NULL }, "httpd joins lines with a space, not a tab" },
    { "a=1,, S=2", "S", { "2" }, "a value that ends in a comma" },
    { "S=1,2; T=3", "S", { "1,2" }, "all of the value" },
    { "S=1,", "S", { "1," }, "a comma at the end of it" },
    { "S=1,, S=2", "S", { "1,", "2" }, "and before the next line" },
    { "S=1,S=2, S=3", "S", { "1,S=2", "3" }, "in the value and between lines" },
    { "a=\"x\",S=2", "S", { NULL }, "behind a quoted value too" },
    { "s=1; S=2", "S", { "2" }, "names of cookies are case-sensitive" },
    { "XS=1; SX=2; S=3", "S", { "3" }, "the whole name, not a part of it" },
    { "xS=1", "S", { NULL }, "an end of a name is not the name" },
    { "SS=1", "S", { NULL }, "a beginning of a name is not the name" },
    { "a=S=1", "S", { NULL }, "a name inside a value" },
    { "a=\"S=1\"", "S", { NULL }, "a name inside a quoted value" },
    { "a=x S=1", "S", { NULL }, "a space does not begin a pair" },
    { "S=\"abc\"", "S", { "abc" }, "quotation marks are not the value" },
    { "S=\"\"", "S", { "" }, "an empty quoted value" },
    { "S=\"a,b\"", "S", { "a,b" }, "a comma in quotation marks" },
    { "a=\"x, S=1\"; b=2", "S", { NULL }, "a name in quotation marks" },
    { "a,b=\"x, S=1\"", "S", { NULL }, "whatever the name before them" },
    { "a, b=\"x, S=1\"; S=2", "S", { "2" }, "on a second line" },
    { "a=\"x; S=1", "S", { "1" }, "a mark left open hides nothing" },
    { "a=\"x; S=1; b=\"", "S", { "1" }, "no marks reach over a semicolon" },
    { "a=\"; S=1; S=\"2\"", "S", { "1", "2" }, "nor over two" },
    { "a=\"x\"; S=1; b=\"y\"", "S", { "1" }, "between two that are closed" },
    { "S=a=b==", "S", { "a=b==" }, "base64 padding belongs to the value" },
    { "S=", "S", { "" }, "an empty value is a value" },
    { "S", "S", { NULL }, "no value at all" },
    { "S; T=1", "S", { NULL }, "no value, and the next one's is not ours" },
    { "S=abc ; T=1", "S", { "abc" }, "white space at the end is no value" },
    { "S=abc;", "S", { "abc" }, "a separator at the end" },
    { ";;; ,, ;S=abc", "S", { "abc" }, "empty pairs" },
    { "=abc; S=1", "S", { "1" }, "a pair without a name" },
    { "$Version=1; S=abc; $Path=/", "S", { "abc" }, "RFC 2965 clients" },
    { "", "S", { NULL }, "an empty header" },
    { "=", "S", { NULL }, "nothing but the equals sign" },
    { "S=\xc3\xa9", "S", { "\xc3\xa9" }, "octets are not judged here" },
};

/* The headers that differ when only ";" separates. */
static const struct {
    const char *header;
    const char *name;
    const char *values[MOST + 1];
    const char *why;
} pairs[] = {
    { "q=x, S=bob; S=alice", "S", { "alice" }, "a pair inside another value" },
    { "S=alice; q=x, S=bob", "S", { "alice" }, "in front of it or behind" },
    { "S=1, S=2", "S", { "1, S=2" }, "all of it is the first one's value" },
    { "S=1, a=2; S=3",
      "S",
      { "1, a=2", "3" },
      "and the next one's is its own" },
    { "a=1, S=2", "S", { NULL }, "no pair at all" },
    { "a=\"x, S=1\"", "S", { NULL }, "quotation marks or not" },
    { "a, b=x; S=2", "S", { "2" }, "a comma in a name" },
    { "S=\"1, 2\"; S=3", "S", { "1, 2", "3" }, "a quoted value" },
};

/* All values, at most so many. */
static int find(shs_octets_t *values, int most, const char *header,
                const char *name, shs_cookie_split_t split)
{
    int count = 0;

    while (count < most
           && shs_cookie_next(&values[count], &header, name, split)) {
        count++;
    }
    return count;
}

static void check_values(const char *header, const char *name,
                         const char *const *wanted, shs_cookie_split_t split,
                         const char *why)
{
    shs_octets_t values[MOST];
    int count = find(values, MOST, header, name, split);
    int i = 0;

    while (i < MOST && wanted[i]) {
        i++;
    }
    ck_assert_msg(count == i, "%d values, not %d: %s", count, i, why);
    for (i = 0; i < count; i++) {
        ck_octets_eq(values[i], unit_text(wanted[i]), why);
    }
}

START_TEST(cookie_next__at_commas_reads_joined_lines_too)
{
    check_values(cookies[_i].header, cookies[_i].name, cookies[_i].values,
                 SHS_COOKIE_AT_COMMAS, cookies[_i].why);
}
END_TEST

START_TEST(cookie_next__reads_what_browsers_send)
{
    if (!strstr(cookies[_i].header, ", ")) {
        check_values(cookies[_i].header, cookies[_i].name, cookies[_i].values,
                     SHS_COOKIE_AT_SEMICOLONS, cookies[_i].why);
    }
}
END_TEST

START_TEST(cookie_next__finds_no_pair_behind_a_comma)
{
    check_values(pairs[_i].header, pairs[_i].name, pairs[_i].values,
                 SHS_COOKIE_AT_SEMICOLONS, pairs[_i].why);
}
END_TEST

START_TEST(cookie_next__takes_the_first_of_two_equal_names)
{
    shs_octets_t value;

    ck_assert_int_eq(
        find(&value, 1, "S=first; S=second", "S", SHS_COOKIE_AT_SEMICOLONS), 1);
    ck_octets_eq(value, OCTETS("first"), "with room for one");
}
END_TEST

START_TEST(cookie_next__borrows_from_the_header)
{
    const char *header = "a=1; S=abc";
    shs_octets_t value;

    ck_assert_int_eq(find(&value, 1, header, "S", SHS_COOKIE_AT_SEMICOLONS), 1);
    ck_assert_ptr_eq(value.data, header + 7);
}
END_TEST

START_TEST(cookie_next__continues_and_stays_at_the_end)
{
    const char *header = "S=1; T=2; S=3";
    const char *cursor = header;
    shs_octets_t value;
    int i;

    ck_assert(shs_cookie_next(&value, &cursor, "S", _i));
    ck_assert(cursor > header && cursor <= header + strlen(header));
    ck_assert(shs_cookie_next(&value, &cursor, "S", _i));
    ck_octets_eq(value, OCTETS("3"), "the second");
    for (i = 0; i < 3; i++) {
        ck_assert(!shs_cookie_next(&value, &cursor, "S", _i));
        ck_assert_ptr_eq(cursor, header + strlen(header));
    }
}
END_TEST

static const struct {
    const char *unit;
    const char *why;
} floods[] = {
    { "a, ", "pairs without a value, apart by commas" },
    { "a;", "pairs without a value" },
    { "a=b, ", "pairs with one, apart by commas" },
    { "a=\", ", "a mark in each, closed in the next" },
    { ", ", "nothing but commas" },
    { "S=\"", "marks without an end" },
    { "S=x, ", "pairs of the name" },
    { ",", "commas that separate nothing" },
    { " ", "white space" },
};

/* Four megabytes: if the header were read once per pair, this would take
 * hours. */
START_TEST(cookie_next__reads_each_octet_a_fixed_number_of_times)
{
    size_t len = strlen(floods[_i].unit);
    size_t count = 4 * 1024 * 1024 / len;
    char *header = malloc(count * len + 1);
    const char *cursor = header;
    shs_octets_t value;
    int split;
    size_t i;

    ck_assert_ptr_nonnull(header);
    for (i = 0; i < count; i++) {
        memcpy(header + i * len, floods[_i].unit, len);
    }
    header[count * len] = '\0';
    for (split = 0; split < 2; split++) {
        cursor = header;
        while (shs_cookie_next(&value, &cursor, "S", split)) {
            continue;
        }
        ck_assert_msg(cursor == header + count * len, "%s", floods[_i].why);
    }
    free(header);
}
END_TEST

/* A header truncated at any octet is read only up to its NUL. */
START_TEST(cookie_next__stays_within_a_truncated_header)
{
    const char *header = "a=\"1\"; S=\"abc\", S=d ;S";
    size_t len;

    for (len = 0; len <= strlen(header); len++) {
        char *part = malloc(len + 1);
        shs_octets_t values[MOST];

        ck_assert_ptr_nonnull(part);
        memcpy(part, header, len);
        part[len] = '\0';
        ck_assert_int_le(find(values, MOST, part, "S", _i), 2);
        free(part);
    }
}
END_TEST

static const struct {
    const char *target;
    const char *value; /* NULL: none */
    const char *why;
} targets[] = {
    { "/app;jsessionid=abc", "abc", "what a servlet container writes" },
    { "/app;jsessionid=abc?x=1", "abc", "the query is not the path" },
    { "/app;jsessionid=abc#top", "abc", "the fragment is not the path" },
    { "/app;jsessionid=abc/x", "abc", "the segment ends it" },
    { "/app;jsessionid=abc;v=1", "abc", "the next parameter ends it" },
    { "/app;v=1;jsessionid=abc", "abc", "after another parameter" },
    { "/a;jsessionid=outer/b;jsessionid=inner", "outer",
      "of two segments the first" },
    { "/a;jsessionid=one;jsessionid=two", "one",
      "the first one, as in Tomcat" },
    { "/a;jsessionid=;jsessionid=two", "", "also if it is empty" },
    { "/app?a=;jsessionid=abc", NULL, "in the query it is data" },
    { "/app#;jsessionid=abc", NULL, "in the fragment too" },
    { "/jsessionid=abc", NULL, "a segment, no parameter" },
    { "/app;xjsessionid=abc", NULL, "an end of a name" },
    { "/app;jsessionidx=abc", NULL, "a beginning of a name" },
    { "/app;jsessionid", NULL, "no value" },
    { "/app;v=;x", NULL, "another name" },
    { "http://h:1/app;jsessionid=abc", "abc", "a forward proxy's target" },
    { "/", NULL, "nothing" },
    { "", NULL, "not even a slash" },
    { "*", NULL, "OPTIONS *" },
};

START_TEST(cookie_find_parameter__reads_the_path_only)
{
    shs_octets_t value;
    int found =
        shs_cookie_find_parameter(&value, targets[_i].target, "jsessionid");

    ck_assert_msg(found == (targets[_i].value != NULL), "found %d: %s", found,
                  targets[_i].why);
    if (found) {
        ck_octets_eq(value, unit_text(targets[_i].value), targets[_i].why);
    }
}
END_TEST

/* RFC 9110 section 5.6.2. */
START_TEST(cookie_is_name__is_a_token)
{
    char name[4] = { 'S', (char)_i, 'X', '\0' };
    int wanted = (_i >= '0' && _i <= '9') || (_i >= 'A' && _i <= 'Z')
                 || (_i >= 'a' && _i <= 'z')
                 || (_i && strchr("!#$%&'*+-.^_`|~", _i));

    ck_assert_msg(!!shs_cookie_is_name(name) == wanted, "octet 0x%02x", _i);
}
END_TEST

START_TEST(cookie_is_name__refuses_the_empty_name)
{
    ck_assert(!shs_cookie_is_name(""));
}
END_TEST

START_TEST(cookie_is_prefixed__ignores_case)
{
    ck_assert(shs_cookie_is_prefixed("__Host-SID"));
    ck_assert(shs_cookie_is_prefixed("__Secure-SID"));
    ck_assert(shs_cookie_is_prefixed("__Http-SID"));
    ck_assert(shs_cookie_is_prefixed("__host-sid"));
    ck_assert(!shs_cookie_is_prefixed("__HostSID"));
    ck_assert(!shs_cookie_is_prefixed("_Host-SID"));
    ck_assert(!shs_cookie_is_prefixed("__"));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, cookie_next__at_commas_reads_joined_lines_too, 0,
                        ROWS(cookies));
    tcase_add_loop_test(tc, cookie_next__reads_what_browsers_send, 0,
                        ROWS(cookies));
    tcase_add_loop_test(tc, cookie_next__finds_no_pair_behind_a_comma, 0,
                        ROWS(pairs));
    tcase_add_test(tc, cookie_next__takes_the_first_of_two_equal_names);
    tcase_add_test(tc, cookie_next__borrows_from_the_header);
    tcase_add_loop_test(tc, cookie_next__continues_and_stays_at_the_end, 0, 2);
    tcase_add_loop_test(tc, cookie_next__stays_within_a_truncated_header, 0, 2);
    tcase_add_loop_test(tc,
                        cookie_next__reads_each_octet_a_fixed_number_of_times,
                        0, ROWS(floods));
    tcase_add_test(tc, cookie_is_prefixed__ignores_case);
    tcase_add_loop_test(tc, cookie_find_parameter__reads_the_path_only, 0,
                        ROWS(targets));
    tcase_add_loop_test(tc, cookie_is_name__is_a_token, 1, 256);
    tcase_add_test(tc, cookie_is_name__refuses_the_empty_name);
}

int main(void)
{
    return unit_main("cookie", add);
}
