/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <limits.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "near.h"
#include "unit.h"

/* ---------------------------------------------------------- the wall clock */

/* The seconds by which the wall clock was set. It replaces the C library's
 * function, for other libraries too. */
static time_t set_by;

int clock_gettime(clockid_t id, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, id, now);

    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += set_by;
    }
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int failed = (int)syscall(SYS_gettimeofday, now, zone);

    if (!failed) {
        now->tv_sec += set_by;
    }
    return failed;
}

static const time_t steps[] = { 3600, -3600, 86400 * 365, -86400 * 365 };

static void set_clock(time_t step)
{
    apr_time_t before;

    set_by = 0; /* a test before this one may have set it */
    before = apr_time_now();
    set_by = step;
    ck_assert_msg(
        llabs((long long)((apr_time_now() - before) - apr_time_from_sec(step)))
            < apr_time_from_sec(60),
        "the test has not set the clock");
}

START_TEST(clock_now__ignores_the_wall_clock)
{
    apr_time_t before = shs_clock_now();
    apr_time_t deadline = before + apr_time_from_sec(100);

    set_clock(steps[_i]);
    ck_assert_int_ge(shs_clock_now(), before);
    ck_assert_int_lt(shs_clock_now(), before + apr_time_from_sec(60));
    ck_assert_int_le(shs_clock_left_ms(deadline), 100000);
    ck_assert_int_gt(shs_clock_left_ms(deadline), 40000);
}
END_TEST

/* No entry is lost, and neither an entry nor the lease lives longer. */
START_TEST(clock_now__keeps_the_near_cache_through_a_step)
{
    apr_interval_time_t lease = apr_time_from_sec(60);
    shs_near_policy_t policy = near_policy();
    shs_near_cache_t *cache;

    policy.lease = lease;
    cache = near_live(&policy, shs_clock_now());
    near_put(cache, "k", "value", apr_time_from_sec(100), shs_clock_now());
    near_put(cache, "short", "value", 1000, shs_clock_now());
    set_clock(steps[_i]);
    ck_assert_str_eq(near_find(cache, "k", shs_clock_now()), "value");
    poll(NULL, 0, 2);
    ck_assert_str_eq(near_find(cache, "short", shs_clock_now()), "MISS");
    ck_assert_str_eq(near_find(cache, "k", shs_clock_now() + lease),
                     "STALE value");
    ck_assert_str_eq(
        near_find(cache, "k", shs_clock_now() + apr_time_from_sec(100)),
        "MISS");
}
END_TEST

/* ------------------------------------------------------------------- clock */

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

START_TEST(clock_left_ms__is_0_past_the_deadline)
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
    tcase_add_loop_test(tc, clock_now__ignores_the_wall_clock, 0, ROWS(steps));
    tcase_add_loop_test(tc, clock_now__keeps_the_near_cache_through_a_step, 0,
                        ROWS(steps));
    tcase_add_test(tc, clock_now__counts_microseconds);
    tcase_add_test(tc, clock_left_ms__is_0_past_the_deadline);
    tcase_add_test(tc, clock_left_ms__rounds_up);
    tcase_add_test(tc, clock_left_ms__lets_no_wait_end_before_the_deadline);
    tcase_add_test(tc, clock_left_ms__does_not_overflow);
}

int main(void)
{
    return unit_main("clock", add);
}
