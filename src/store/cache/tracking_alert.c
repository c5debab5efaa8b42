/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/tracking_alert.h"

/* Written only when it changes, since every read of the store comes here. */
static void reset(shs_tracking_alert_t *tracking_alert)
{
    if (atomic_load(&tracking_alert->since) != 0) {
        atomic_store(&tracking_alert->since, 0);
    }
}

static int is_long(shs_tracking_alert_t *tracking_alert,
                   apr_interval_time_t lease, apr_time_t now)
{
    apr_uint64_t since = 0;

    return !atomic_compare_exchange_strong(&tracking_alert->since, &since,
                                           (apr_uint64_t)now)
           && now - (apr_time_t)since > lease;
}

shs_tracking_alert_change_t shs_tracking_alert_note(
    shs_tracking_alert_t *tracking_alert, int is_live, int is_answered,
    apr_interval_time_t lease, apr_time_t now)
{
    apr_uint32_t is_raised = atomic_load(&tracking_alert->is_raised);

    if (is_live || !is_answered) {
        reset(tracking_alert);
        return is_live && is_raised
                       && atomic_compare_exchange_strong(
                           &tracking_alert->is_raised, &is_raised, 0)
                   ? SHS_TRACKING_ALERT_CLEARED
                   : SHS_TRACKING_ALERT_NONE;
    }
    return !is_raised && is_long(tracking_alert, lease, now)
                   && atomic_compare_exchange_strong(&tracking_alert->is_raised,
                                                     &is_raised, 1)
               ? SHS_TRACKING_ALERT_RAISED
               : SHS_TRACKING_ALERT_NONE;
}
