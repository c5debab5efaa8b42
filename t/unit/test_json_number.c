/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "unit.h"

static const struct {
    const char *text;
    int len;
    const char *why;
} numbers[] = {
    { "0", 1, "zero" },
    { "-0", 2, "the other one" },
    { "7,", 1, "to the comma" },
    { "12 ", 2, "to the space" },
    { "1.5]", 3, "a fraction" },
    { "-1.5e-7}", 7, "an exponent" },
    { "1E+5", 4, "in capitals" },
    { "1e308", 5, "the largest power" },
    { "1e-999", 6, "too small is 0" },
    { "12345678901234567890123", 23, "an integer of any length" },
    { "", 0, "nothing" },
    { "-", 0, "a sign" },
    { "+1", 0, "a plus" },
    { "01", 0, "a leading zero" },
    { "1.", 0, "no fraction" },
    { "1.e1", 0, "none before the exponent" },
    { ".5", 0, "no integer" },
    { "1e", 0, "no exponent" },
    { "1e+", 0, "a sign of one" },
    { "1x", 0, "a letter behind" },
    { "1.2.3", 0, "two points" },
    { "0x10", 0, "hexadecimal" },
    { "NaN", 0, "not a number" },
    { "1e309", 0, "infinity" },
    { "-1e400", 0, "infinity, negative" },
};

START_TEST(json_number_measure__follows_rfc_8259)
{
    ck_assert_msg(shs_json_number_measure(unit_text(numbers[_i].text))
                      == (apr_size_t)numbers[_i].len,
                  "%s: %s", numbers[_i].text, numbers[_i].why);
}
END_TEST

START_TEST(json_number_measure__refuses_an_integer_that_no_double_holds)
{
    char *text = apr_palloc(p, 401);

    memset(text, '9', 400);
    text[400] = '\0';
    ck_assert_uint_eq(shs_json_number_measure(unit_text(text)), 0);
    text[308] = '\0';
    ck_assert_uint_eq(shs_json_number_measure(unit_text(text)), 308);
}
END_TEST

/* The right side is JSON.stringify(JSON.parse(left)) of Node, except for
 * integers, which keep their digits. */
static const struct {
    const char *text;
    const char *shortest;
    const char *why;
} rows[] = {
    { "19.99", "19.99", "as it is" },
    { "19.989999999999998", "19.99", "the same number" },
    { "19.98999999999999", "19.98999999999999", "another one" },
    { "19.990", "19.99", "a zero too many" },
    { "1.0", "1", "an integer" },
    { "1e2", "100", "an integer too" },
    { "0.10", "0.1", "a fraction" },
    { "0.30000000000000004", "0.30000000000000004", "17 digits" },
    { "0.1000000000000000055511151231257827", "0.1", "longer than a double" },
    { "-0", "0", "JavaScript prints no other zero" },
    { "-0.0", "0", "nor of this" },
    { "1e-400", "0", "nor of what is too small" },
    { "-1.50", "-1.5", "negative" },
    { "1E21", "1e+21", "from here with an exponent" },
    { "1e20", "100000000000000000000", "up to here without" },
    { "1.5e300", "1.5e+300", "a large one" },
    { "123456789012345680000.0", "123456789012345680000", "21 digits" },
    { "1234567890123456800000.0", "1.2345678901234568e+21", "22" },
    { "1e-6", "0.000001", "down to here without an exponent" },
    { "1e-7", "1e-7", "from here with one" },
    { "1.25e-7", "1.25e-7", "with digits" },
    { "0.000001234", "0.000001234", "zeros behind the point" },
    { "5e-324", "5e-324", "the smallest" },
    { "4.9406564584124654e-324", "5e-324", "the same" },
    { "2.2250738585072014e-308", "2.2250738585072014e-308", "normal" },
    { "1.7976931348623157e308", "1.7976931348623157e+308", "the largest" },
    { "5.6843418860808015e-14", "5.684341886080802e-14",
      "2^-44, which the nearest of 16 digits is not" },
    { "9.5367431640625e-7", "9.5367431640625e-7", "2^-20" },
    { "9007199254740993", "9007199254740993", "an integer past 2^53" },
    { "9007199254740993.0", "9007199254740992",
      "no integer, as it is written" },
    { "12345678901234567890123", "12345678901234567890123", "past 64 bits" },
};

START_TEST(json_number_shorten__prints_as_ecmascript_does)
{
    shs_octets_t got = shs_json_number_shorten(unit_text(rows[_i].text), p);

    ck_octets_eq(got, unit_text(rows[_i].shortest), rows[_i].why);
    ck_octets_eq(shs_json_number_shorten(got, p), got, "done twice");
}
END_TEST

/* Random doubles, and each power of two with its neighbours. */
static void ck_shortest(double value)
{
    const char *text = apr_psprintf(p, "%s", "");
    char longest[40];
    shs_octets_t got;
    double back;

    snprintf(longest, sizeof(longest), "%.17e", value);
    got = shs_json_number_shorten(unit_text(longest), p);
    text = apr_pstrmemdup(p, got.data, got.len);
    back = strtod(text, NULL);
    ck_assert_msg(back == value, "%s became %s", longest, text);
    ck_assert_msg(shs_json_number_measure(got) == got.len, "%s", text);
    snprintf(longest, sizeof(longest), "%.15g", value);
    ck_assert_msg(strtod(longest, NULL) != value
                      || strlen(text) <= strlen(longest) + 21,
                  "%s is longer than %s", text, longest);
}

START_TEST(json_number_shorten__reads_back_as_the_same)
{
    apr_uint64_t seed = 42;
    int i;

    for (i = -1074; i < 1024; ++i) {
        double value = ldexp(1, i);

        ck_shortest(value);
        ck_shortest(-nextafter(value, HUGE_VAL));
        ck_shortest(nextafter(value, 0) > 0 ? nextafter(value, 0) : value);
    }
    for (i = 0; i < 20000; ++i) {
        union {
            apr_uint64_t bits;
            double value;
        } as;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        as.bits = seed ^ (seed >> 29);
        if (isfinite(as.value)) {
            ck_shortest(as.value);
        }
    }
}
END_TEST

/* The right side is JSON.stringify() of Node for the double; for the float, the
 * shortest text that Java reads back as the float, in the same form. */
static const struct {
    double value;
    const char *as_double;
    const char *as_float; /* NULL: no float */
    const char *why;
} reals[] = {
    { 0, "0", "0", "zero" },
    { -0.0, "0", "0", "ECMAScript prints no other zero" },
    { 0.5, "0.5", "0.5", "a fraction" },
    { -1e21, "-1e+21", "-1e+21", "the first with an exponent" },
    { 0.1f, "0.10000000149011612", "0.1", "a float is no double" },
    { 16777216, "16777216", "16777216", "2^24" },
    { 3.4028234663852886e38, "3.4028234663852886e+38", "3.4028235e+38",
      "the largest float" },
    { 1.401298464324817e-45, "1.401298464324817e-45", "1e-45",
      "the smallest float" },
    { 1.1754943508222875e-38, "1.1754943508222875e-38", "1.1754944e-38",
      "the smallest that is normal" },
    { 5e-324, "5e-324", NULL, "the smallest double" },
    { 4.450147717014403e-308, "4.450147717014403e-308", NULL,
      "a power of two, of which the next decimal is shorter" },
    { 1e23, "1e+23", NULL, "between two doubles" },
    { 2.2250738585072014e-308, "2.2250738585072014e-308", NULL,
      "the smallest that is normal" },
};

START_TEST(json_number_of_double__is_the_shortest)
{
    ck_octets_eq(shs_json_number_of_double(reals[_i].value, p),
                 unit_text(reals[_i].as_double), reals[_i].why);
    if (reals[_i].as_float) {
        ck_octets_eq(shs_json_number_of_float((float)reals[_i].value, p),
                     unit_text(reals[_i].as_float), reals[_i].why);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, json_number_measure__follows_rfc_8259, 0,
                        ROWS(numbers));
    tcase_add_test(
        tc, json_number_measure__refuses_an_integer_that_no_double_holds);
    tcase_add_loop_test(tc, json_number_shorten__prints_as_ecmascript_does, 0,
                        ROWS(rows));
    tcase_add_test(tc, json_number_shorten__reads_back_as_the_same);
    tcase_add_loop_test(tc, json_number_of_double__is_the_shortest, 0,
                        ROWS(reals));
}

int main(void)
{
    return unit_main("json_number", add);
}
