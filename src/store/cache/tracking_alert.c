/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/tracking_alert.h"

/* Written only when it is another: this is read after each question. */
static void end(shs_tracking_alert_t *tracking_alert)
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
    apr_uint32_t is_told = atomic_load(&tracking_alert->is_told);

    if (is_live || !is_answered) {
        end(tracking_alert);
        return is_live && is_told
                       && atomic_compare_exchange_strong(
                           &tracking_alert->is_told, &is_told, 0)
                   ? SHS_TRACKING_ALERT_CLEARED
                   : SHS_TRACKING_ALERT_NONE;
    }
    return !is_told && is_long(tracking_alert, lease, now)
                   && atomic_compare_exchange_strong(&tracking_alert->is_told,
                                                     &is_told, 1)
               ? SHS_TRACKING_ALERT_RAISED
               : SHS_TRACKING_ALERT_NONE;
}
