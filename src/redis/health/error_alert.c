/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/error_alert.h"

#include "base/interval.h"

/* Two threads that begin a period at once may lose one failure. */
static apr_uint32_t count(shs_error_alert_t *alert, apr_time_t now)
{
    if (shs_interval_claim(&alert->began_at, SHS_ERROR_ALERT_MINUTE, now)) {
        atomic_store(&alert->count, 0);
    }
    return atomic_fetch_add(&alert->count, 1) + 1;
}

int shs_error_alert_note(shs_error_alert_t *alert, apr_uint32_t threshold,
                         apr_time_t now)
{
    if (count(alert, now) < threshold
        || !shs_interval_claim(&alert->reported_at, SHS_ERROR_ALERT_MINUTE,
                               now)) {
        return 0;
    }
    atomic_store(&alert->is_reported, 1);
    return 1;
}

int shs_error_alert_clear(shs_error_alert_t *alert)
{
    return atomic_load_explicit(&alert->is_reported, memory_order_relaxed) != 0
           && atomic_exchange(&alert->is_reported, 0) != 0;
}
