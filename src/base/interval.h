/* SPDX-License-Identifier: Apache-2.0
 *
 * interval: what may happen at most once in an interval, such as a log line, in
 * all threads and processes that share one atomic.
 */
#ifndef SHS_BASE_INTERVAL_H
#define SHS_BASE_INTERVAL_H

#include <stdatomic.h>

#include <apr_time.h>

/* Returns 1, and sets *last to `now`, if *last is 0 (never) or at least
 * `interval` ago; otherwise 0. Of several threads that call this at once, one
 * gets 1. `now` is of the monotonic clock. */
static inline int shs_interval_claim(_Atomic apr_int64_t *last,
                                     apr_interval_time_t interval,
                                     apr_time_t now)
{
    apr_int64_t before = atomic_load(last);

    return (before == 0 || now - before >= interval)
           && atomic_compare_exchange_strong(last, &before, now);
}

#endif
