/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/single_flight.h"

#include <stdatomic.h>
#include <unistd.h>

#include <pthread.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "unit.h"

#define FOLLOWERS 31

static shs_single_flight_t *single_flight;

static void make_single_flight(void)
{
    single_flight = shs_single_flight_create();
    ck_assert_ptr_nonnull(single_flight);
}

static void free_single_flight(void)
{
    free(single_flight);
}

typedef struct joiner_t {
    pthread_t thread;
    apr_uint64_t a;
    apr_time_t deadline;
    _Atomic int tid;
    _Atomic int is_leader; /* -1: it is not back yet */
} joiner_t;

static void *join(void *data)
{
    joiner_t *joiner = data;

    joiner->tid = (int)syscall(SYS_gettid);
    joiner->is_leader =
        shs_single_flight_join(single_flight, joiner->a, 1, joiner->deadline);
    return NULL;
}

static void start(joiner_t *joiner, apr_uint64_t a, apr_time_t deadline)
{
    memset(joiner, 0, sizeof(*joiner));
    joiner->a = a;
    joiner->deadline = deadline;
    joiner->is_leader = -1;
    ck_assert(!pthread_create(&joiner->thread, NULL, join, joiner));
    unit_await(joiner->tid != 0, "the thread does not begin");
}

START_TEST(single_flight_join__lets_one_thread_fetch_and_the_others_wait)
{
    joiner_t joiners[FOLLOWERS];
    int i;

    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 5, 1, unit_in_ms(10000)), 1);
    for (i = 0; i < FOLLOWERS; i++) {
        start(&joiners[i], 5, unit_in_ms(20000));
    }
    for (i = 0; i < FOLLOWERS; i++) {
        unit_await_sleeper(joiners[i].tid);
        ck_assert_int_eq(joiners[i].is_leader, -1);
    }
    shs_single_flight_leave(single_flight, 5, 1);
    for (i = 0; i < FOLLOWERS; i++) {
        pthread_join(joiners[i].thread, NULL);
        ck_assert_int_eq(joiners[i].is_leader, 0);
        ck_assert_int_lt(shs_clock_now(), joiners[i].deadline);
    }
    /* It is over: the next one asks. */
    ck_assert_int_eq(shs_single_flight_join(single_flight, 5, 1, unit_in_ms(0)),
                     1);
}
END_TEST

START_TEST(single_flight_join__does_not_wait_for_another_name)
{
    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 5, 1, unit_in_ms(10000)), 1);
    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 5, 2, unit_in_ms(10000)), 1);
    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 1, 5, unit_in_ms(10000)), 1);
    /* Nor does it go on when another lands. */
    shs_single_flight_leave(single_flight, 5, 2);
    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 5, 1, unit_in_ms(20)), 0);
}
END_TEST

START_TEST(single_flight_join__waits_no_longer_than_the_deadline)
{
    apr_time_t deadline = unit_in_ms(50);

    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 5, 1, unit_in_ms(10000)), 1);
    ck_assert_int_eq(shs_single_flight_join(single_flight, 5, 1, deadline), 0);
    ck_assert_int_ge(shs_clock_now(), deadline);
    ck_assert_int_le(shs_clock_now(),
                     deadline + unit_slack_ms() * (apr_time_t)1000);
    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 5, 1, unit_in_ms(-1000)), 0);
}
END_TEST

START_TEST(single_flight_join__lets_a_thread_past_the_maximum_fetch_for_itself)
{
    int i, again;

    for (again = 0; again < 3; again++) {
        for (i = 0; i < SHS_SINGLE_FLIGHT_MAX; i++) {
            ck_assert_int_eq(shs_single_flight_join(single_flight,
                                                    100 + (apr_uint64_t)i, 1,
                                                    unit_in_ms(10000)),
                             1);
        }
        ck_assert_int_eq(
            shs_single_flight_join(single_flight, 5, 1, unit_in_ms(10000)), 1);
        ck_assert_int_eq(
            shs_single_flight_join(single_flight, 5, 1, unit_in_ms(10000)), 1);
        shs_single_flight_leave(single_flight, 5, 1);
        shs_single_flight_leave(single_flight, 5, 1);
        /* The others are still known. */
        ck_assert_int_eq(
            shs_single_flight_join(single_flight, 100, 1, unit_in_ms(1)), 0);
        for (i = SHS_SINGLE_FLIGHT_MAX - 1; i >= 0; i--) {
            shs_single_flight_leave(single_flight,
                                    100 + (apr_uint64_t)(i * 7 % 64), 1);
        }
    }
    ck_assert_int_eq(
        shs_single_flight_join(single_flight, 5, 1, unit_in_ms(10000)), 1);
    ck_assert_int_eq(shs_single_flight_join(single_flight, 5, 1, unit_in_ms(1)),
                     0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_single_flight, free_single_flight);
    tcase_add_test(
        tc, single_flight_join__lets_one_thread_fetch_and_the_others_wait);
    tcase_add_test(tc, single_flight_join__does_not_wait_for_another_name);
    tcase_add_test(tc, single_flight_join__waits_no_longer_than_the_deadline);
    tcase_add_test(
        tc,
        single_flight_join__lets_a_thread_past_the_maximum_fetch_for_itself);
}

int main(void)
{
    return unit_main("single_flight", add);
}
