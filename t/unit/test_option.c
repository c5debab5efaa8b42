/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include "unit.h"

#define MS      ((apr_interval_time_t)1000)
#define REFUSED (-1)

static const struct {
    const char *text;
    apr_interval_time_t duration; /* microseconds, or REFUSED */
    const char *why;
} durations[] = {
    { "200ms", 200 * MS, "the default timeout" },
    { "60s", 60000 * MS, "the default idle time" },
    { "5m", 300000 * MS, "minutes" },
    { "1h", 3600000 * MS, "hours" },
    { "1ms", 1 * MS, "the least" },
    { "24h", 86400000 * MS, "the most" },
    { "86400000ms", 86400000 * MS, "the most in milliseconds" },
    { "0ms", REFUSED, "no time at all" },
    { "0s", REFUSED, "no time at all" },
    { "25h", REFUSED, "more than a day" },
    { "86400001ms", REFUSED, "one past the most" },
    { "86401s", REFUSED, "one second past the most" },
    { "1441m", REFUSED, "one minute past the most" },
    { "200", REFUSED, "seconds or milliseconds is not guessed" },
    { "ms", REFUSED, "no number" },
    { "", REFUSED, "nothing" },
    { "-1s", REFUSED, "into the past" },
    { "+1s", REFUSED, "strtol would take it" },
    { " 1s", REFUSED, "strtol would take it" },
    { "1s ", REFUSED, "something behind" },
    { "1 s", REFUSED, "something between" },
    { "1sec", REFUSED, "an unknown unit" },
    { "1d", REFUSED, "an unknown unit" },
    { "1.5s", REFUSED, "whole numbers only" },
    { "0x10s", REFUSED, "no hexadecimal" },
    { "1e3s", REFUSED, "no exponent" },
    { "9223372036854775807s", REFUSED, "overflows in the multiplication" },
    { "18446744073709551617ms", REFUSED, "overflows to 1" },
    { "99999999999999999999999999999999h", REFUSED, "overflows everything" },
};

START_TEST(option_parse_duration__parses_each_row)
{
    apr_interval_time_t got = REFUSED;
    const char *wrong = shs_option_parse_duration(&got, durations[_i].text, p);

    if (durations[_i].duration == REFUSED) {
        ck_assert_msg(wrong && *wrong,
                      "\"%s\" was taken as %" APR_TIME_T_FMT ": %s",
                      durations[_i].text, got, durations[_i].why);
    }
    else {
        ck_assert_msg(!wrong, "\"%s\" was refused (%s): %s", durations[_i].text,
                      wrong, durations[_i].why);
        ck_assert_int_eq(got, durations[_i].duration);
    }
}
END_TEST

#define DAY (86400000 * MS)

static const struct {
    const char *text;
    apr_interval_time_t lifetime; /* microseconds, or REFUSED */
    const char *why;
} lifetimes[] = {
    { "30m", 1800000 * MS, "the default idle timeout" },
    { "12h", DAY / 2, "hours" },
    { "7d", 7 * DAY, "days" },
    { "60s", 60000 * MS, "seconds" },
    { "1s", 1000 * MS, "the least" },
    { "400d", 400 * DAY, "the most" },
    { "34560000s", 400 * DAY, "the most in seconds" },
    { "9600h", 400 * DAY, "the most in hours" },
    { "401d", REFUSED, "one day past the most" },
    { "34560001s", REFUSED, "one second past the most" },
    { "576001m", REFUSED, "one minute past the most" },
    { "0s", REFUSED, "no time at all" },
    { "0d", REFUSED, "no time at all" },
    { "500ms", REFUSED, "Redis could, cookies could not" },
    { "1800", REFUSED, "minutes or seconds is not guessed" },
    { "d", REFUSED, "no number" },
    { "", REFUSED, "nothing" },
    { "-1d", REFUSED, "into the past" },
    { "+1d", REFUSED, "strtol would take it" },
    { " 1d", REFUSED, "strtol would take it" },
    { "1d ", REFUSED, "something behind" },
    { "1 d", REFUSED, "something between" },
    { "1day", REFUSED, "an unknown unit" },
    { "1w", REFUSED, "an unknown unit" },
    { "1.5h", REFUSED, "whole numbers only" },
    { "213503983d", REFUSED, "overflows to 16 hours" },
    { "9999999999d", REFUSED, "overflows in the multiplication" },
    { "18446744073709551617s", REFUSED, "overflows to 1" },
};

START_TEST(option_parse_lifetime__parses_each_row)
{
    apr_interval_time_t got = REFUSED;
    const char *wrong = shs_option_parse_lifetime(&got, lifetimes[_i].text, p);

    if (lifetimes[_i].lifetime == REFUSED) {
        ck_assert_msg(wrong && *wrong,
                      "\"%s\" was taken as %" APR_TIME_T_FMT ": %s",
                      lifetimes[_i].text, got, lifetimes[_i].why);
        ck_assert_int_eq(got, REFUSED);
    }
    else {
        ck_assert_msg(!wrong, "\"%s\" was refused (%s): %s", lifetimes[_i].text,
                      wrong, lifetimes[_i].why);
        ck_assert_int_eq(got, lifetimes[_i].lifetime);
    }
}
END_TEST

static const struct {
    const char *text;
    int least;
    int most;
    int number; /* or REFUSED */
    const char *why;
} numbers[] = {
    { "1", 1, 64, 1, "the least" },
    { "64", 1, 64, 64, "the most" },
    { "0", 0, 15, 0, "zero where it may be" },
    { "007", 0, 15, 7, "leading zeros are decimal" },
    { "2147483647", 0, 2147483647, 2147483647, "the largest int" },
    { "0", 1, 64, REFUSED, "below" },
    { "65", 1, 64, REFUSED, "above" },
    { "", 0, 64, REFUSED, "nothing" },
    { "-1", 0, 64, REFUSED, "a sign" },
    { "+1", 0, 64, REFUSED, "a sign" },
    { " 1", 0, 64, REFUSED, "white space" },
    { "1 ", 0, 64, REFUSED, "white space" },
    { "1x", 0, 64, REFUSED, "something behind" },
    { "1,5", 0, 64, REFUSED, "a fraction" },
    { "0x1", 0, 64, REFUSED, "hexadecimal" },
    { "4294967297", 0, 64, REFUSED, "1 in 32 bits" },
    { "2147483648", 0, 2147483647, REFUSED, "one past int" },
    { "18446744073709551617", 0, 64, REFUSED, "1 in 64 bits" },
};

START_TEST(option_parse_number__parses_each_row)
{
    int got = REFUSED;
    const char *wrong = shs_option_parse_number(
        &got, numbers[_i].text, numbers[_i].least, numbers[_i].most, p);

    if (numbers[_i].number == REFUSED) {
        ck_assert_msg(wrong && *wrong, "\"%s\" was taken as %d: %s",
                      numbers[_i].text, got, numbers[_i].why);
    }
    else {
        ck_assert_msg(!wrong, "\"%s\" was refused (%s): %s", numbers[_i].text,
                      wrong, numbers[_i].why);
        ck_assert_int_eq(got, numbers[_i].number);
    }
}
END_TEST

static const struct {
    const char *text;
    apr_int64_t size; /* or REFUSED */
    const char *why;
} sizes[] = {
    { "65536", 65536, "octets" },
    { "64K", 65536, "the default" },
    { "1M", 1048576, "1024 each" },
    { "1", 1, "the least" },
    { "512M", 536870912, "the most, as Redis has it" },
    { "524288K", 536870912, "the same in K" },
    { "536870912", 536870912, "the same in octets" },
    { "513M", REFUSED, "more than Redis keeps" },
    { "536870913", REFUSED, "one octet more" },
    { "524289K", REFUSED, "one K more" },
    { "0", REFUSED, "nothing would fit" },
    { "0K", REFUSED, "nothing would fit" },
    { "", REFUSED, "nothing" },
    { "K", REFUSED, "no number" },
    { "-1", REFUSED, "a sign" },
    { "+1", REFUSED, "a sign" },
    { "1 K", REFUSED, "white space" },
    { "1KB", REFUSED, "something behind" },
    { "1KK", REFUSED, "twice" },
    { "1T", REFUSED, "an unknown unit" },
    { "1.5M", REFUSED, "a fraction" },
    { "18014398509481985K", REFUSED, "overflows to 1K" },
    { "17592186044417M", REFUSED, "overflows to 1M" },
    { "99999999999999999999999999", REFUSED, "overflows everything" },
};

START_TEST(option_parse_size__parses_each_row)
{
    apr_size_t got = 12345;
    const char *wrong = shs_option_parse_size(&got, sizes[_i].text, p);

    if (sizes[_i].size == REFUSED) {
        ck_assert_msg(wrong && *wrong, "\"%s\" was taken as %lu: %s",
                      sizes[_i].text, (unsigned long)got, sizes[_i].why);
    }
    else {
        ck_assert_msg(!wrong, "\"%s\" was refused (%s): %s", sizes[_i].text,
                      wrong, sizes[_i].why);
        ck_assert_uint_eq(got, (apr_size_t)sizes[_i].size);
    }
}
END_TEST

static const struct {
    apr_interval_time_t duration;
    const char *words;
} described[] = {
    { 200 * MS, "200ms" },   { 60000 * MS, "60s" }, { 1 * MS, "1ms" },
    { 1500 * MS, "1500ms" }, { 1000 * MS, "1s" },
};

START_TEST(option_describe_duration__uses_the_largest_unit)
{
    ck_assert_str_eq(shs_option_describe_duration(described[_i].duration, p),
                     described[_i].words);
}
END_TEST

START_TEST(option_describe_duration__parses_to_the_same)
{
    apr_interval_time_t got = 0;

    if (durations[_i].duration == REFUSED) {
        return;
    }
    ck_assert_pstr_eq(
        shs_option_parse_duration(
            &got, shs_option_describe_duration(durations[_i].duration, p), p),
        NULL);
    ck_assert_int_eq(got, durations[_i].duration);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, option_parse_duration__parses_each_row, 0,
                        ROWS(durations));
    tcase_add_loop_test(tc, option_parse_lifetime__parses_each_row, 0,
                        ROWS(lifetimes));
    tcase_add_loop_test(tc, option_parse_number__parses_each_row, 0,
                        ROWS(numbers));
    tcase_add_loop_test(tc, option_parse_size__parses_each_row, 0, ROWS(sizes));
    tcase_add_loop_test(tc, option_describe_duration__uses_the_largest_unit, 0,
                        ROWS(described));
    tcase_add_loop_test(tc, option_describe_duration__parses_to_the_same, 0,
                        ROWS(durations));
}

int main(void)
{
    return unit_main("option", add);
}
