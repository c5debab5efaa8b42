/* SPDX-License-Identifier: Apache-2.0
 *
 * thread: the module's own threads, for work that may take longer than a
 * request may wait. A child that ends joins the threads that obey a halt. The
 * others are detached (name resolution cannot be cancelled), and the process
 * may end while they run, so the memory they touch must belong to no pool that
 * is destroyed before.
 */
#ifndef SHS_BASE_THREAD_H
#define SHS_BASE_THREAD_H

#include <pthread.h>

#include <apr_time.h>

/* Starts a thread with all signals blocked, since the server's signals are for
 * its own threads. *thread must be joined; with NULL the thread is detached.
 * Returns 1, or 0 when the system gives no thread. */
int shs_thread_start(pthread_t *thread, void *(*run)(void *data), void *data);

/* Initializes a lock, and a condition that waits by shs_clock_now(). */
void shs_thread_init(pthread_mutex_t *lock, pthread_cond_t *condition);

/* Waits, with the lock held, until signalled or the deadline. In a thread that
 * obeys a halt it also returns after a moment, so callers wait in a loop. */
void shs_thread_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                     apr_time_t deadline);

/* Whether to stop waiting: the deadline has passed or this thread's halt is
 * set. */
int shs_thread_is_late(apr_time_t deadline);

#endif
