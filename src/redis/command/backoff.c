/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/backoff.h"

#define FIRST_PAUSE (5 * 1000)
#define MAX_PAUSE   (50 * 1000)

/* No pause is shorter, and no less time stays for an attempt. */
#define MIN_TIME (2 * 1000)

void shs_backoff_init(shs_backoff_t *self)
{
    self->pause = FIRST_PAUSE;
}

apr_interval_time_t shs_backoff_next(shs_backoff_t *self,
                                     apr_interval_time_t left,
                                     apr_interval_time_t took)
{
    apr_interval_time_t needed = 2 * took > MIN_TIME ? 2 * took : MIN_TIME;
    apr_interval_time_t pause = self->pause;

    if (left < MIN_TIME + needed) {
        return 0;
    }
    if (pause > left - needed) {
        pause = left - needed;
    }
    self->pause = 2 * self->pause < MAX_PAUSE ? 2 * self->pause : MAX_PAUSE;
    return pause;
}
