/* SPDX-License-Identifier: Apache-2.0 */
#include "store/exposure_alert.h"

#include "base/interval.h"

#define WARN_EVERY apr_time_from_sec(60)

int shs_exposure_alert_note(shs_exposure_alert_t *alert, apr_time_t now)
{
    atomic_fetch_add_explicit(&alert->count, 1, memory_order_relaxed);
    return shs_interval_claim(&alert->warned_at, WARN_EVERY, now);
}

apr_uint64_t shs_exposure_alert_count(const shs_exposure_alert_t *alert)
{
    return atomic_load_explicit(&alert->count, memory_order_relaxed);
}
