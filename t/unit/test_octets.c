/* SPDX-License-Identifier: Apache-2.0 */
#include "base/octets.h"

#include <limits.h>

#include "unit.h"

START_TEST(octets_are_text__compares_length_and_octets)
{
    ck_assert(shs_octets_are_text(OCTETS("@max"), "@max"));
    ck_assert(shs_octets_are_text(OCTETS(""), ""));
    ck_assert(!shs_octets_are_text(OCTETS("@ma"), "@max"));
    ck_assert(!shs_octets_are_text(OCTETS("@maxx"), "@max"));
    ck_assert(!shs_octets_are_text(OCTETS("@Max"), "@max"));
    ck_assert(!shs_octets_are_text(OCTETS("@max\0"), "@max"));
}
END_TEST

START_TEST(octets_have_control__finds_controls_but_not_tab)
{
    char text[3] = { 'a', (char)_i, 'b' };
    int wanted = (_i < 0x20 && _i != '\t') || _i == 0x7f;

    ck_assert_msg(!!shs_octets_have_control(unit_exact(text, 3)) == wanted,
                  "octet 0x%02x", _i);
    ck_assert_msg(!!shs_octets_have_control(unit_exact(text + 1, 1)) == wanted,
                  "octet 0x%02x alone", _i);
}
END_TEST

START_TEST(octets_have_control__finds_the_first_and_the_last_octet)
{
    ck_assert(shs_octets_have_control(OCTETS("\nab")));
    ck_assert(shs_octets_have_control(OCTETS("ab\n")));
    ck_assert(shs_octets_have_control(OCTETS("ab\0")));
    ck_assert(!shs_octets_have_control(OCTETS("")));
}
END_TEST

START_TEST(octets_have_control__finds_every_position_in_any_length)
{
    static const char others[] = { 'a', '\t', ' ', (char)0x80, (char)0xff };
    int wanted = (_i < 0x20 && _i != '\t') || _i == 0x7f;
    apr_size_t len, at, k;
    char text[20];

    for (k = 0; k < sizeof(others); ++k) {
        for (len = 1; len <= sizeof(text); ++len) {
            for (at = 0; at < len; ++at) {
                memset(text, others[k], len);
                text[at] = (char)_i;
                ck_assert_msg(
                    !!shs_octets_have_control(unit_exact(text, len)) == wanted,
                    "octet 0x%02x at %d of %d", _i, (int)at, (int)len);
            }
        }
    }
}
END_TEST

/* Every octet at every position of every length, against the encoding. */
START_TEST(octets_need_percent__is_whether_the_encoding_differs)
{
    apr_size_t len, at;
    char text[20];

    ck_assert(!shs_octets_need_percent(OCTETS("")));
    for (len = 1; len <= sizeof(text); ++len) {
        for (at = 0; at < len; ++at) {
            shs_octets_t octets;
            const char *encoded;

            memset(text, 'a', len);
            text[at] = (char)_i;
            octets = unit_exact(text, len);
            encoded = shs_octets_encode(octets, SHS_ENCODING_PERCENT, p);
            ck_assert_msg(shs_octets_need_percent(octets)
                              == (strlen(encoded) != len),
                          "octet 0x%02x at %d of %d", _i, (int)at, (int)len);
            ck_assert(shs_octets_need_percent(octets)
                      || !shs_octets_have_control(octets));
        }
    }
}
END_TEST

/* Between two letters, so that the rule for spaces at the ends does not
 * apply. */
START_TEST(octets_encode__percent_escapes_each_octet_by_the_rule)
{
    char text[3] = { 'a', (char)_i, 'b' };
    int is_escaped = _i < 0x20 || _i >= 0x7f || _i == '%';
    const char *wanted = is_escaped ? apr_psprintf(p, "a%%%02Xb", _i)
                                    : apr_psprintf(p, "a%cb", _i);

    ck_assert_str_eq(
        shs_octets_encode(unit_exact(text, 3), SHS_ENCODING_PERCENT, p),
        wanted);
}
END_TEST

START_TEST(octets_encode__raw_refuses_exactly_the_controls)
{
    char text[3] = { 'a', (char)_i, 'b' };
    shs_octets_t octets = unit_exact(text, 3);
    const char *got = shs_octets_encode(octets, SHS_ENCODING_RAW, p);

    if ((_i < 0x20 && _i != '\t') || _i == 0x7f) {
        ck_assert_msg(!got, "octet 0x%02x went out raw", _i);
    }
    else {
        ck_assert_msg(got != NULL, "octet 0x%02x was refused", _i);
        ck_assert_uint_eq(strlen(got), 3);
        ck_assert_mem_eq(got, text, 3);
    }
}
END_TEST

static const struct {
    shs_encoding_t encoding;
    const char *in;
    int len;
    const char *out; /* NULL: cannot be carried */
    const char *why;
} encodings[] = {
    { SHS_ENCODING_PERCENT, "", 0, "", "nothing" },
    { SHS_ENCODING_PERCENT, "a b", 3, "a b", "a space inside stays" },
    { SHS_ENCODING_PERCENT, " ab", 3, "%20ab", "parsers trim the front" },
    { SHS_ENCODING_PERCENT, "ab ", 3, "ab%20", "parsers trim the end" },
    { SHS_ENCODING_PERCENT, " ", 1, "%20", "one space is both ends" },
    { SHS_ENCODING_PERCENT, "  ab  ", 6, NULL, "see below" },
    { SHS_ENCODING_PERCENT, "a\r\nX: y", 7, "a%0D%0AX: y",
      "a header of an attacker's own" },
    { SHS_ENCODING_PERCENT, "a\0b", 3, "a%00b", "a truncated string" },
    { SHS_ENCODING_PERCENT, "\xc3\xa9", 2, "%C3%A9", "UTF-8, upper case" },
    { SHS_ENCODING_PERCENT, "\xff", 1, "%FF", "no UTF-8" },
    { SHS_ENCODING_PERCENT, "100%", 4, "100%25", "decodes to itself" },
    { SHS_ENCODING_PERCENT, "%41", 3, "%2541", "not decoded twice" },
    { SHS_ENCODING_RAW, "", 0, "", "nothing" },
    { SHS_ENCODING_RAW, "a\r\nX: y", 7, NULL, "response splitting" },
    { SHS_ENCODING_RAW, "a\0", 2, NULL, "a NUL at the end" },
    { SHS_ENCODING_RAW, "100% \xc3\xa9", 7, "100% \xc3\xa9", "as it is" },
    { SHS_ENCODING_BASE64, "", 0, "", "RFC 4648 section 10" },
    { SHS_ENCODING_BASE64, "f", 1, "Zg==", "RFC 4648 section 10" },
    { SHS_ENCODING_BASE64, "fo", 2, "Zm8=", "RFC 4648 section 10" },
    { SHS_ENCODING_BASE64, "foo", 3, "Zm9v", "RFC 4648 section 10" },
    { SHS_ENCODING_BASE64, "foob", 4, "Zm9vYg==", "RFC 4648 section 10" },
    { SHS_ENCODING_BASE64, "fooba", 5, "Zm9vYmE=", "RFC 4648 section 10" },
    { SHS_ENCODING_BASE64, "foobar", 6, "Zm9vYmFy", "RFC 4648 section 10" },
    { SHS_ENCODING_BASE64, "\0\r\n", 3, "AA0K", "any octet" },
    { SHS_ENCODING_BASE64, "\xfb\xff\xfe", 3, "+//+",
      "the standard alphabet, not the URL one" },
};

START_TEST(octets_encode__encodes_each_row)
{
    const char *got = shs_octets_encode(
        unit_exact(encodings[_i].in, (apr_size_t)encodings[_i].len),
        encodings[_i].encoding, p);

    if (!strcmp(encodings[_i].why, "see below")) {
        /* No space is left unescaped at an end. */
        ck_assert_ptr_nonnull(got);
        ck_assert_int_ne(got[0], ' ');
        ck_assert_int_ne(got[strlen(got) - 1], ' ');
        return;
    }
    ck_assert_pstr_eq(got, encodings[_i].out);
}
END_TEST

START_TEST(octets_encode__encodes_64_KiB_of_escapes)
{
    const apr_size_t len = 65536;
    char *text = malloc(len);
    const char *got;

    ck_assert_ptr_nonnull(text);
    memset(text, '\n', len);
    got =
        shs_octets_encode((shs_octets_t){ text, len }, SHS_ENCODING_PERCENT, p);
    ck_assert_uint_eq(strlen(got), 3 * len);
    got =
        shs_octets_encode((shs_octets_t){ text, len }, SHS_ENCODING_BASE64, p);
    ck_assert_uint_eq(strlen(got), (len + 2) / 3 * 4);
    free(text);
}
END_TEST

/* apr_base64 counts in int. Such a value is refused before it is read. */
START_TEST(octets_encode__refuses_what_base64_cannot_count)
{
    const apr_size_t lens[] = { (apr_size_t)INT_MAX / 2 + 1,
                                (apr_size_t)INT_MAX, (apr_size_t)INT_MAX + 1,
                                2 * (apr_size_t)INT_MAX + 2 };
    shs_octets_t octets = { "a", 0 };

    octets.len = lens[_i];
    ck_assert_ptr_null(shs_octets_encode(octets, SHS_ENCODING_BASE64, p));
}
END_TEST

START_TEST(octets_unescape__takes_digits_in_both_cases)
{
    int value = _i >= '0' && _i <= '9'   ? _i - '0'
                : _i >= 'a' && _i <= 'f' ? _i - 'a' + 10
                : _i >= 'A' && _i <= 'F' ? _i - 'A' + 10
                                         : -1;
    char first[3] = { '%', (char)_i, '0' };
    char second[3] = { '%', '0', (char)_i };
    char out[3];
    apr_size_t len;

    ck_assert_int_eq(shs_octets_unescape(out, &len, first, 3, 0),
                     value < 0 ? -1 : 0);
    if (value >= 0) {
        ck_assert_uint_eq(len, 1);
        ck_assert_uint_eq((unsigned char)out[0], value * 16);
    }
    ck_assert_int_eq(shs_octets_unescape(out, &len, second, 3, 0),
                     value < 0 ? -1 : 0);
    if (value >= 0) {
        ck_assert_uint_eq((unsigned char)out[0], value);
    }
}
END_TEST

START_TEST(octets_of__borrows_a_c_string)
{
    const char *text = "abc";

    ck_assert_ptr_eq(shs_octets_of(text).data, text);
    ck_assert_uint_eq(shs_octets_of(text).len, 3);
    ck_assert_uint_eq(shs_octets_of("").len, 0);
}
END_TEST

static const struct {
    const char *in;
    int plus;
    const char *out; /* NULL: an error */
    int len;
    const char *why;
} escapes[] = {
    { "", 0, "", 0, "nothing" },
    { "abc", 0, "abc", 3, "nothing to decode" },
    { "%41%6a%6A", 0, "Ajj", 3, "both cases of digits" },
    { "a%00b", 0, "a\0b", 3, "a NUL is an octet" },
    { "%0D%0A", 0, "\r\n", 2, "judged by others" },
    { "a+b", 0, "a+b", 3, "a plus in a URL is a plus" },
    { "a+b", 1, "a b", 3, "a plus in a form is a space" },
    { "%2B", 1, "+", 1, "a plus that was meant" },
    { "%2541", 0, "%41", 3, "once, not twice" },
    { "%", 0, NULL, 0, "no digits" },
    { "a%4", 0, NULL, 0, "one digit" },
    { "%4g", 0, NULL, 0, "the second is no digit" },
    { "%g4", 0, NULL, 0, "the first is no digit" },
    { "%%41", 0, NULL, 0, "a percent sign is no digit" },
    { "% 4", 0, NULL, 0, "what strtol would take" },
    { "%-1", 0, NULL, 0, "what strtol would take" },
    { "%0x", 0, NULL, 0, "what strtol would take" },
};

START_TEST(octets_unescape__decodes_each_row)
{
    shs_octets_t in = unit_text(escapes[_i].in);
    char *out = malloc(in.len ? in.len : 1);
    apr_size_t len = 12345;
    int rv;

    ck_assert_ptr_nonnull(out);
    rv = shs_octets_unescape(out, &len, in.data, in.len, escapes[_i].plus);
    if (!escapes[_i].out) {
        ck_assert_msg(rv == -1, "\"%s\" was taken: %s", escapes[_i].in,
                      escapes[_i].why);
    }
    else {
        ck_assert_msg(rv == 0, "\"%s\" was refused: %s", escapes[_i].in,
                      escapes[_i].why);
        ck_octets_eq(
            ((shs_octets_t){ out, len }),
            ((shs_octets_t){ escapes[_i].out, (apr_size_t)escapes[_i].len }),
            escapes[_i].why);
    }
    free(out);
}
END_TEST

START_TEST(octets_unescape__undoes_encode)
{
    char all[256];
    const char *encoded;
    char *out;
    apr_size_t len;
    int i;

    for (i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    encoded =
        shs_octets_encode((shs_octets_t){ all, 256 }, SHS_ENCODING_PERCENT, p);
    out = apr_palloc(p, strlen(encoded));
    ck_assert_int_eq(
        shs_octets_unescape(out, &len, encoded, strlen(encoded), 0), 0);
    ck_assert_uint_eq(len, 256);
    ck_assert_mem_eq(out, all, 256);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, octets_have_control__finds_controls_but_not_tab, 0,
                        256);
    tcase_add_loop_test(
        tc, octets_have_control__finds_every_position_in_any_length, 0, 256);
    tcase_add_test(tc, octets_have_control__finds_the_first_and_the_last_octet);
    tcase_add_loop_test(
        tc, octets_encode__percent_escapes_each_octet_by_the_rule, 0, 256);
    tcase_add_loop_test(
        tc, octets_need_percent__is_whether_the_encoding_differs, 0, 256);
    tcase_add_loop_test(tc, octets_encode__raw_refuses_exactly_the_controls, 0,
                        256);
    tcase_add_loop_test(tc, octets_encode__encodes_each_row, 0,
                        ROWS(encodings));
    tcase_add_test(tc, octets_encode__encodes_64_KiB_of_escapes);
    tcase_add_loop_test(tc, octets_encode__refuses_what_base64_cannot_count, 0,
                        4);
    tcase_add_test(tc, octets_are_text__compares_length_and_octets);
    tcase_add_test(tc, octets_of__borrows_a_c_string);
    tcase_add_loop_test(tc, octets_unescape__takes_digits_in_both_cases, 0,
                        256);
    tcase_add_loop_test(tc, octets_unescape__decodes_each_row, 0,
                        ROWS(escapes));
    tcase_add_test(tc, octets_unescape__undoes_encode);
}

int main(void)
{
    return unit_main("octets", add);
}
