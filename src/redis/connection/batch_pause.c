/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batch_pause.h"

#define FIRST_PAUSE   APR_USEC_PER_SEC
#define MAX_PAUSE     (60 * APR_USEC_PER_SEC)
#define MAX_DOUBLINGS 6

int shs_batch_pause_is_over(const shs_batch_pause_t *pause, apr_time_t now)
{
    return now >= atomic_load(&pause->until) && !atomic_load(&pause->is_slow);
}

void shs_batch_pause_note_failure(shs_batch_pause_t *pause, apr_time_t now)
{
    apr_int64_t known = atomic_load(&pause->until);
    int failures = atomic_load(&pause->failures);
    apr_interval_time_t length =
        failures < MAX_DOUBLINGS ? FIRST_PAUSE * (1 << failures) : MAX_PAUSE;

    /* Of threads that come at once, one begins the pause. */
    if (now >= known
        && atomic_compare_exchange_strong(&pause->until, &known,
                                          now + length)) {
        atomic_fetch_add(&pause->failures, 1);
    }
}

void shs_batch_pause_note_success(shs_batch_pause_t *pause)
{
    if (atomic_load(&pause->failures) != 0) {
        atomic_store(&pause->failures, 0);
    }
}

void shs_batch_pause_note_slow(shs_batch_pause_t *pause, apr_time_t now)
{
    apr_int64_t known = atomic_load(&pause->until);

    atomic_store(&pause->is_slow, 1);
    while (known < now + FIRST_PAUSE
           && !atomic_compare_exchange_weak(&pause->until, &known,
                                            now + FIRST_PAUSE)) {
    }
}

void shs_batch_pause_note_quick(shs_batch_pause_t *pause, apr_time_t now)
{
    if (atomic_load(&pause->is_slow) && now >= atomic_load(&pause->until)) {
        atomic_store(&pause->is_slow, 0);
    }
}
