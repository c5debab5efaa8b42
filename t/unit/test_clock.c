/* SPDX-License-Identifier: Apache-2.0 */
#include "store/clock.h"

#include <limits.h>
#include <poll.h>

#include "unit.h"

START_TEST(clock_now__never_goes_back)
{
    apr_time_t last = shs_clock_now();
    int i;

    for (i = 0; i < 100000; i++) {
        apr_time_t now = shs_clock_now();

        ck_assert_int_ge(now, last);
        last = now;
    }
}
END_TEST

START_TEST(clock_now__counts_microseconds)
{
    apr_time_t before = shs_clock_now();
    apr_time_t spent;

    poll(NULL, 0, 30);
    spent = shs_clock_now() - before;
    ck_assert_int_ge(spent, 29000);
    ck_assert_int_le(spent, 30000 + 1000 * unit_slack_ms());
}
END_TEST

START_TEST(clock_left_ms__is_0_when_it_has_passed)
{
    ck_assert_int_eq(shs_clock_left_ms(shs_clock_now()), 0);
    ck_assert_int_eq(shs_clock_left_ms(shs_clock_now() - 1), 0);
    ck_assert_int_eq(shs_clock_left_ms(shs_clock_now() - APR_USEC_PER_SEC), 0);
    ck_assert_int_eq(shs_clock_left_ms(0), 0);
}
END_TEST

START_TEST(clock_left_ms__rounds_up)
{
    int i;

    for (i = 0; i < 1000; i++) {
        apr_time_t deadline = shs_clock_now() + 1 + i;
        int left = shs_clock_left_ms(deadline);

        ck_assert_int_le(left, 1);
        if (shs_clock_now() < deadline) {
            ck_assert_msg(left == 1, "a wait of 0 ms would spin");
        }
    }
}
END_TEST

START_TEST(clock_left_ms__lets_no_wait_end_before_the_deadline)
{
    int i;

    for (i = 0; i < 20; i++) {
        apr_time_t deadline = shs_clock_now() + 1000 + 137 * i;

        poll(NULL, 0, shs_clock_left_ms(deadline));
        ck_assert_int_ge(shs_clock_now(), deadline);
    }
}
END_TEST

START_TEST(clock_left_ms__does_not_overflow)
{
    ck_assert_int_gt(
        shs_clock_left_ms(shs_clock_now() + apr_time_from_sec(86400)),
        86000000);
    ck_assert_int_gt(
        shs_clock_left_ms(shs_clock_now() + apr_time_from_sec(86400) * 365), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, clock_now__never_goes_back);
    tcase_add_test(tc, clock_now__counts_microseconds);
    tcase_add_test(tc, clock_left_ms__is_0_when_it_has_passed);
    tcase_add_test(tc, clock_left_ms__rounds_up);
    tcase_add_test(tc, clock_left_ms__lets_no_wait_end_before_the_deadline);
    tcase_add_test(tc, clock_left_ms__does_not_overflow);
}

int main(void)
{
    return unit_main("clock", add);
}
