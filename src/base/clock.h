/* SPDX-License-Identifier: Apache-2.0
 *
 * clock: the monotonic clock that deadlines are based on (CLOCK_MONOTONIC,
 * POSIX.1-2017). It never jumps, so a correction of the wall clock neither
 * delays nor fails a lookup. It is not the time of day: a session's own expiry
 * is compared with apr_time_now().
 */
#ifndef SHS_BASE_CLOCK_H
#define SHS_BASE_CLOCK_H

#include <apr_time.h>

/* Microseconds since some fixed point in the past. */
apr_time_t shs_clock_now(void);

/* Milliseconds until the deadline, for poll(2). Rounded up, so that a wait
 * never ends before the deadline; 0 when it has passed. */
int shs_clock_left_ms(apr_time_t deadline);

#endif
