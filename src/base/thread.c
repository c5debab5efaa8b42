/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "base/halt.h"

/* The longest time until a thread that waits for a condition sees its halt. */
#define MOMENT (10 * 1000)

int shs_thread_start(pthread_t *thread, void *(*run)(void *data), void *data)
{
    pthread_attr_t attributes;
    pthread_t detached;
    sigset_t all, before;
    int is_started;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, thread ? PTHREAD_CREATE_JOINABLE
                                                    : PTHREAD_CREATE_DETACHED);
    is_started =
        !pthread_create(thread ? thread : &detached, &attributes, run, data);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_started;
}

void shs_thread_init(pthread_mutex_t *lock, pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(lock, NULL);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void shs_thread_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                     apr_time_t deadline)
{
    struct timespec until;

    if (shs_halt_is_obeyed() && deadline - shs_clock_now() > MOMENT) {
        deadline = shs_clock_now() + MOMENT;
    }
    until.tv_sec = (time_t)apr_time_sec(deadline);
    until.tv_nsec = (long)apr_time_usec(deadline) * 1000;
    pthread_cond_timedwait(condition, lock, &until);
}

int shs_thread_is_late(apr_time_t deadline)
{
    return shs_halt_is_due() || shs_clock_now() >= deadline;
}
