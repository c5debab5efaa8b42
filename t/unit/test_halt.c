/* SPDX-License-Identifier: Apache-2.0 */
#include "base/halt.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "unit.h"

#define LONG (30 * APR_USEC_PER_SEC)

static shs_halt_t halt;
static pthread_mutex_t lock;
static pthread_cond_t condition;
static int pipe_in, pipe_out;
static _Atomic int has_begun;
static apr_interval_time_t took;
static int found;

static void reset(void)
{
    int fds[2];

    memset(&halt, 0, sizeof(halt));
    ck_assert(shs_halt_init(&halt));
    ck_assert(!pipe(fds));
    pipe_out = fds[0];
    pipe_in = fds[1];
    shs_thread_init(&lock, &condition);
    has_begun = 0;
}

static void *poll_once(void *obeys)
{
    struct pollfd fds[2] = { { pipe_out, POLLIN, 0 } };
    apr_time_t began = shs_clock_now();

    if (obeys) {
        shs_halt_obey(obeys);
    }
    has_begun = 1;
    found = shs_halt_poll(fds, 1, (int)(LONG / 1000));
    took = shs_clock_now() - began;
    return NULL;
}

/* As a thread does that waits for what another one finds out. */
static void *wait_for_condition(void *obeys)
{
    apr_time_t began = shs_clock_now();

    shs_halt_obey(obeys);
    pthread_mutex_lock(&lock);
    has_begun = 1;
    while (!shs_thread_is_late(began + LONG)) {
        shs_thread_wait(&condition, &lock, began + LONG);
    }
    pthread_mutex_unlock(&lock);
    took = shs_clock_now() - began;
    return NULL;
}

static pthread_t begin(void *(*wait)(void *), shs_halt_t *obeyed)
{
    pthread_t thread;

    ck_assert(shs_thread_start(&thread, wait, obeyed));
    unit_await(has_begun, "the thread does not begin");
    return thread;
}

START_TEST(halt__ends_each_wait)
{
    pthread_t thread = begin(_i ? wait_for_condition : poll_once, &halt);

    found = 1;
    shs_halt_set(&halt);
    pthread_join(thread, NULL);
    ck_assert_int_lt(took, LONG / 2);
    ck_assert_int_eq(found, _i);
}
END_TEST

START_TEST(halt__stays_set)
{
    shs_halt_set(&halt);
    shs_halt_set(&halt);
    pthread_join(begin(poll_once, &halt), NULL);
    pthread_join(begin(poll_once, &halt), NULL);
    ck_assert_int_lt(took, LONG / 2);
    ck_assert_int_eq(found, 0);
}
END_TEST

/* Although data has come: it is not worth beginning with. */
START_TEST(halt_poll__finds_nothing_once_it_is_set)
{
    ck_assert_int_eq(write(pipe_in, "x", 1), 1);
    pthread_join(begin(poll_once, &halt), NULL);
    ck_assert_int_eq(found, 1);
    shs_halt_set(&halt);
    pthread_join(begin(poll_once, &halt), NULL);
    ck_assert_int_eq(found, 0);
}
END_TEST

/* The server's own threads obey no halt. */
START_TEST(halt__does_not_affect_other_threads)
{
    pthread_t thread;

    shs_halt_set(&halt);
    ck_assert(!shs_halt_is_obeyed());
    ck_assert(!shs_halt_is_due());
    thread = begin(poll_once, NULL);
    ck_assert_int_eq(write(pipe_in, "x", 1), 1);
    pthread_join(thread, NULL);
    ck_assert_int_eq(found, 1);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_loop_test(tc, halt__ends_each_wait, 0, 2);
    tcase_add_test(tc, halt__stays_set);
    tcase_add_test(tc, halt_poll__finds_nothing_once_it_is_set);
    tcase_add_test(tc, halt__does_not_affect_other_threads);
}

int main(void)
{
    return unit_main("halt", add);
}
