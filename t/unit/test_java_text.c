/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_text.h"

#include "unit.h"

#define ROW(modified, utf8, why)                                            \
    {                                                                       \
        { modified, sizeof(modified) - 1 }, { utf8, sizeof(utf8) - 1 }, why \
    }

static const struct {
    shs_octets_t modified;
    shs_octets_t utf8;
    const char *why;
} texts[] = {
    ROW("", "", "nothing"),
    ROW("alice", "alice", "ASCII"),
    ROW("0123456789abcdef\xc2\x80", "0123456789abcdef\xc2\x80",
        "more than one word of it"),
    ROW("a\xc0\x80z", "a\0z", "NUL has two octets"),
    ROW("a\0z", "a\0z", "or one, for the JDK reads that too"),
    ROW("\xea\xb9\x80", "\xea\xb9\x80", "three octets"),
    ROW("\xed\xa0\xbd\xed\xb8\x80", "\xf0\x9f\x98\x80", "a pair"),
    ROW("\xed\xa0\x80\xed\xb0\x80", "\xf0\x90\x80\x80", "the first pair"),
    ROW("\xed\xaf\xbf\xed\xbf\xbf", "\xf4\x8f\xbf\xbf", "the last one"),
    ROW("\xed\xa0\xbd", "\xef\xbf\xbd", "a high surrogate at the end"),
    ROW("\xed\xa0\xbdx", "\xef\xbf\xbdx", "or before a letter"),
    ROW("\xed\xb8\x80", "\xef\xbf\xbd", "a low one alone"),
    ROW("\xed\xb8\x80\xed\xa0\xbd", "\xef\xbf\xbd\xef\xbf\xbd", "turned round"),
    ROW("\xed\xa0\xbd\xed\xa0\xbd\xed\xb8\x80", "\xef\xbf\xbd\xf0\x9f\x98\x80",
        "a high one before a pair"),
    ROW("\xed\xa0\xbd\xc0\x80", "\xef\xbf\xbd\0", "before NUL"),
    ROW("\xc1\x81", "A", "more octets than it needs"),
    ROW("\xe0\x81\x81", "A", "even more"),
    ROW("\xef\xbf\xbf", "\xef\xbf\xbf", "a noncharacter is a character"),
};

START_TEST(java_text_read__gives_utf8)
{
    shs_octets_t out;
    shs_octets_t modified =
        unit_exact(texts[_i].modified.data, texts[_i].modified.len);

    ck_assert_msg(shs_java_text_read(&out, modified, p), "%s", texts[_i].why);
    ck_octets_eq(out, texts[_i].utf8, texts[_i].why);
}
END_TEST

START_TEST(java_text_read__borrows_what_is_utf8)
{
    shs_octets_t modified = unit_text("Alice Kim \xea\xb9\x80");
    shs_octets_t out;

    ck_assert(shs_java_text_read(&out, modified, p));
    ck_assert_ptr_eq(out.data, modified.data);
}
END_TEST

static const struct {
    const char *modified;
    const char *why;
} malformed[] = {
    { "\x80", "a second octet first" },
    { "\xbf", "likewise" },
    { "\xc3", "one octet of two" },
    { "\xc3x", "a letter for the second" },
    { "\xe0\xa0", "two octets of three" },
    { "\xe0\xa0x", "a letter for the third" },
    { "\xe0xx", "two letters" },
    { "\xf0\x90\x80\x80", "four octets" },
    { "\xff", "no octet of it" },
    { "01234567\xff", "behind a word of ASCII" },
};

START_TEST(java_text_read__refuses_what_is_malformed)
{
    shs_octets_t out;

    ck_assert_msg(
        !shs_java_text_read(&out, unit_text(malformed[_i].modified), p), "%s",
        malformed[_i].why);
}
END_TEST

static const struct {
    shs_octets_t units;
    shs_octets_t utf8;
    const char *why;
} arrays[] = {
    ROW("", "", "nothing"),
    ROW("\0a\0\0\xac\0", "a\0\xea\xb0\x80", "NUL, and three octets"),
    ROW("\xd8\x3d\xde\x00", "\xf0\x9f\x98\x80", "a pair"),
    ROW("\xd8\x3d\0x", "\xef\xbf\xbdx", "a high surrogate alone"),
    ROW("\xd8\x3d", "\xef\xbf\xbd", "at the end"),
    ROW("\xde\x00\xd8\x3d", "\xef\xbf\xbd\xef\xbf\xbd", "turned round"),
};

START_TEST(java_text_of_units__gives_utf8)
{
    shs_octets_t units =
        unit_exact(arrays[_i].units.data, arrays[_i].units.len);

    ck_octets_eq(shs_java_text_of_units((const unsigned char *)units.data,
                                        units.len / 2, p),
                 arrays[_i].utf8, arrays[_i].why);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_loop_test(tc, java_text_read__gives_utf8, 0, ROWS(texts));
    tcase_add_test(tc, java_text_read__borrows_what_is_utf8);
    tcase_add_loop_test(tc, java_text_read__refuses_what_is_malformed, 0,
                        ROWS(malformed));
    tcase_add_loop_test(tc, java_text_of_units__gives_utf8, 0, ROWS(arrays));
}

int main(void)
{
    return unit_main("java_text", add_tests);
}
