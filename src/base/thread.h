/* SPDX-License-Identifier: Apache-2.0
 *
 * thread: threads of our own, for what may take longer than any request may
 * wait. A child that ends joins those that obey a halt. The others (a lookup of
 * a name cannot be ended) are detached, and the process may end while they run,
 * so what they touch must belong to no pool that is destroyed before.
 */
#ifndef SHS_BASE_THREAD_H
#define SHS_BASE_THREAD_H

#include <pthread.h>

#include <apr_time.h>

/* Runs it with all signals blocked: the server's signals are for its own
 * threads. *thread is to be joined; NULL: it is detached. Returns 1, or 0 when
 * the system gives no thread. */
int shs_thread_start(pthread_t *thread, void *(*run)(void *data), void *data);

/* A lock and a condition that waits by shs_clock_now(). */
void shs_thread_init(pthread_mutex_t *lock, pthread_cond_t *condition);

/* Waits, with the lock held, until signalled or the deadline; a thread that
 * obeys a halt for a moment at most, again and again. */
void shs_thread_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                     apr_time_t deadline);

/* Whether waiting is over: at the deadline, or when this thread is halted. */
int shs_thread_is_late(apr_time_t deadline);

#endif
