/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <signal.h>

#include "base/clock.h"
#include "unit.h"

static pthread_mutex_t lock;
static pthread_cond_t condition;
static int stage;
static sigset_t masked;

static void reset(void)
{
    stage = 0;
    shs_thread_init(&lock, &condition);
}

/* Waits for a stage until the deadline. */
static int await_stage(int wanted, apr_time_t deadline)
{
    int reached;

    pthread_mutex_lock(&lock);
    while (stage < wanted && shs_clock_now() < deadline) {
        shs_thread_wait(&condition, &lock, deadline);
    }
    reached = stage >= wanted;
    pthread_mutex_unlock(&lock);
    return reached;
}

static void enter_stage(int next)
{
    pthread_mutex_lock(&lock);
    stage = next;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&lock);
}

static void *run(void *data)
{
    pthread_sigmask(SIG_SETMASK, NULL, &masked);
    enter_stage(*(int *)data);
    return NULL;
}

START_TEST(thread_start__passes_the_data)
{
    int next = 5;

    ck_assert_int_eq(shs_thread_start(NULL, run, &next), 1);
    ck_assert(await_stage(5, unit_in_ms(10000)));
}
END_TEST

/* The server's signals are for its own threads; a thread of ours would run its
 * handlers. */
START_TEST(thread_start__blocks_signals_in_the_new_thread_only)
{
    static const int signals[] = { SIGTERM, SIGHUP, SIGUSR1, SIGINT, SIGALRM };
    sigset_t here;
    int next = 1;
    int i;

    shs_thread_start(NULL, run, &next);
    ck_assert(await_stage(1, unit_in_ms(10000)));
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    for (i = 0; i < ROWS(signals); i++) {
        ck_assert_int_eq(sigismember(&masked, signals[i]), 1);
        ck_assert_int_eq(sigismember(&here, signals[i]), 0);
    }
}
END_TEST

START_TEST(thread_wait__ends_at_the_deadline)
{
    apr_time_t deadline = unit_in_ms(30);

    ck_assert(!await_stage(1, deadline));
    ck_assert_int_ge(shs_clock_now(), deadline);
    ck_assert_int_le(shs_clock_now(),
                     deadline + unit_slack_ms() * (apr_time_t)1000);
    /* A deadline that has passed is not waited for. */
    ck_assert(!await_stage(1, unit_in_ms(-1000)));
}
END_TEST

START_TEST(thread_wait__ends_on_a_signal)
{
    apr_time_t begun = shs_clock_now();
    int next = 1;

    ck_assert_int_eq(shs_thread_start(NULL, run, &next), 1);
    ck_assert(await_stage(1, unit_in_ms(50000)));
    ck_assert_int_lt(shs_clock_now() - begun, apr_time_from_sec(20));
}
END_TEST

/* Both the seconds and the microseconds of a deadline count. */
START_TEST(thread_wait__keeps_to_the_millisecond)
{
    apr_time_t best = APR_USEC_PER_SEC;
    int i;

    for (i = 0; i < 20; i++) {
        apr_time_t deadline = unit_in_ms(3) + i * 47000 % 20000;
        apr_time_t late;

        await_stage(1, deadline);
        late = shs_clock_now() - deadline;
        ck_assert_int_ge(late, 0);
        best = late < best ? late : best;
    }
    ck_assert_int_lt(best, 3000);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_test(tc, thread_start__passes_the_data);
    tcase_add_test(tc, thread_start__blocks_signals_in_the_new_thread_only);
    tcase_add_test(tc, thread_wait__ends_at_the_deadline);
    tcase_add_test(tc, thread_wait__ends_on_a_signal);
    tcase_add_test(tc, thread_wait__keeps_to_the_millisecond);
}

int main(void)
{
    return unit_main("thread", add);
}
