/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stored_time.h"

#include "unit.h"

static const struct {
    const char *text;
    int is_number;
    apr_int64_t number;
    const char *why;
} numbers[] = {
    { "1795338950976", 1, APR_INT64_C(1795338950976), "a time" },
    { "0", 1, 0, "the epoch" },
    { "-1", 1, -1, "before it" },
    { "86400000.75", 1, 86400000, "without its fraction" },
    { "8640000000000000", 1, SHS_STORED_TIME_MOST, "the latest" },
    { "8640000000000001", 0, 0, "later" },
    { "10000000000000000", 0, 0, "more digits" },
    { "18446744073709551616", 0, 0, "0 in 64 bits" },
    { "1e3", 0, 0, "an exponent" },
    { "1.x", 0, 0, "no digit" },
    { "1 ", 0, 0, "something behind" },
    { "-", 0, 0, "a sign alone" },
    { "", 0, 0, "nothing" },
    { "x", 0, 0, "a letter" },
};

START_TEST(stored_time_read_number__reads_milliseconds)
{
    apr_int64_t number = 0;

    ck_assert_msg(
        shs_stored_time_read_number(&number, unit_text(numbers[_i].text))
            == numbers[_i].is_number,
        "%s: %s", numbers[_i].text, numbers[_i].why);
    if (numbers[_i].is_number) {
        ck_assert_int_eq(number, numbers[_i].number);
    }
}
END_TEST

static const struct {
    const char *text;
    apr_int64_t ms; /* -1: it is not a time */
    const char *why;
} times[] = {
    { "2026-11-22T09:16:03.344Z", APR_INT64_C(1795338963344), "as toJSON()" },
    { "1970-01-01T00:00:00.000Z", 0, "the epoch" },
    { "2000-02-29T23:59:59.999Z", APR_INT64_C(951868799999), "a leap day" },
    { "1900-03-01T00:00:00Z", APR_INT64_C(-2203891200000), "no leap year" },
    { "2026-11-22T18:16:03.344+09:00", APR_INT64_C(1795338963344),
      "an offset" },
    { "2026-11-22T03:46:03.344-05:30", APR_INT64_C(1795338963344),
      "an offset west" },
    { "2026-11-22T09:16:03Z", APR_INT64_C(1795338963000), "no fraction" },
    { "2026-11-22T09:16:03.3449999Z", APR_INT64_C(1795338963344),
      "a longer fraction" },
    { "2026-11-22T09:16:03.3Z", APR_INT64_C(1795338963300),
      "a shorter fraction" },
    { "2026-11-22T09:16:03.344", -1, "no zone" },
    { "2026-11-22T09:16:03.Z", -1, "no digit" },
    { "2026-11-22T09:16:03.344z", -1, "not upper case" },
    { "2026-11-22 09:16:03.344Z", -1, "no T" },
    { "2026-13-22T09:16:03.344Z", -1, "a month too many" },
    { "2026-00-22T09:16:03.344Z", -1, "no month" },
    { "2026-11-00T09:16:03.344Z", -1, "no day" },
    { "2026-11-32T09:16:03.344Z", -1, "a day too many" },
    { "2026-11-22T24:16:03.344Z", -1, "an hour too many" },
    { "2026-11-22T09:60:03.344Z", -1, "a minute too many" },
    { "2026-11-22T09:16:60.344Z", -1, "a second too many" },
    { "2026-11-22T09:16:03.344Z ", -1, "something behind" },
    { "2026-11-22T09:16:03.344+0900", -1, "an offset without a colon" },
    { "2026-11-22T09:16:03.344+24:00", -1, "an offset too large" },
    { "2026-11-22", -1, "only a date" },
    { "Sun, 22 Nov 2026 09:16:03 GMT", -1, "another format" },
    { "+02026-11-22T09:16:03.344Z", -1, "a longer year" },
    { "", -1, "nothing" },
};

START_TEST(stored_time_read_iso__reads_what_ecmascript_writes)
{
    apr_int64_t ms = -1;
    int is_time = shs_stored_time_read_iso(&ms, unit_text(times[_i].text));

    if (times[_i].ms == -1) {
        ck_assert_msg(!is_time, "%s was read: %s", times[_i].text,
                      times[_i].why);
        return;
    }
    ck_assert_msg(is_time, "%s: %s", times[_i].text, times[_i].why);
    ck_assert_msg(ms == times[_i].ms, "%s is %" APR_INT64_T_FMT ": %s",
                  times[_i].text, ms, times[_i].why);
}
END_TEST

/* Each beginning of a time is read without a look at what is behind it. */
START_TEST(stored_time_read_iso__refuses_each_beginning)
{
    static const char text[] = "2026-11-22T09:16:03.344+09:00";
    apr_int64_t ms;
    apr_size_t i;

    for (i = 0; i < sizeof(text) - 1; ++i) {
        ck_assert_msg(!shs_stored_time_read_iso(&ms, unit_exact(text, i)),
                      "%d octets", (int)i);
    }
}
END_TEST

START_TEST(stored_time_expiry__is_never_none)
{
    ck_assert_int_eq(shs_stored_time_expiry(2), 2000);
    ck_assert_int_eq(shs_stored_time_expiry(0), 1);
    ck_assert_int_eq(shs_stored_time_expiry(-5), 1);
    ck_assert_int_gt(shs_stored_time_expiry(SHS_STORED_TIME_MOST), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, stored_time_read_number__reads_milliseconds, 0,
                        ROWS(numbers));
    tcase_add_loop_test(tc, stored_time_read_iso__reads_what_ecmascript_writes,
                        0, ROWS(times));
    tcase_add_test(tc, stored_time_read_iso__refuses_each_beginning);
    tcase_add_test(tc, stored_time_expiry__is_never_none);
}

int main(void)
{
    return unit_main("stored_time", add);
}
