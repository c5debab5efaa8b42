/* SPDX-License-Identifier: Apache-2.0
 *
 * thread: a short-lived thread of its own for what may take longer than any
 * request may wait. Nobody joins it, and the process may end while it runs, so
 * what it touches must belong to no pool that is destroyed before.
 */
#ifndef SHS_STORE_THREAD_H
#define SHS_STORE_THREAD_H

#include <pthread.h>

#include <apr_time.h>

/* Runs it with all signals blocked: the server's signals are for its own
 * threads. Returns 1, or 0 when the system gives no thread. */
int shs_thread_start(void *(*run)(void *data), void *data);

/* A lock and a condition that waits by shs_clock_now(). */
void shs_thread_init(pthread_mutex_t *lock, pthread_cond_t *condition);

/* Waits, with the lock held, until signalled or the deadline. */
void shs_thread_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                     apr_time_t deadline);

#endif
