/* SPDX-License-Identifier: Apache-2.0
 *
 * backoff: how long a command pauses before it is sent again to a server that
 * has replied that it is not ready (LOADING, MASTERDOWN, CLUSTERDOWN,
 * TRYAGAIN).
 *
 *   The first pause is 5 ms, each further one twice the last, up to 50 ms.
 *   An attempt that runs into the deadline costs its connection. So twice the
 *   time that the last attempt took, and at least 2 ms, stays for the next one:
 *   a pause is shortened for that, and is the last if it would be shorter than
 *   2 ms.
 *
 * If each reply comes at once, a command with a timeout of 200 ms is sent eight
 * times. Replies of uneven speed shorten pauses, but twelve times is the most
 * (t/unit/test_backoff.c).
 */
#ifndef SHS_REDIS_COMMAND_BACKOFF_H
#define SHS_REDIS_COMMAND_BACKOFF_H

#include <apr_time.h>

typedef struct shs_backoff_t {
    apr_interval_time_t pause; /* the next one, if there is time for it */
} shs_backoff_t;

void shs_backoff_init(shs_backoff_t *self);

/* The time to pause now, in microseconds. `left`: the time before the deadline.
 * `took`: how long the last attempt after a pause took; 0 before the first
 * pause. 0: too little time is left, and the command fails. */
apr_interval_time_t shs_backoff_next(shs_backoff_t *self,
                                     apr_interval_time_t left,
                                     apr_interval_time_t took);

#endif
