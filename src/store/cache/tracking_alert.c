/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/tracking_alert.h"

/* Written only when it is another: this is read after each question. */
static void end(shs_tracking_alert_t *silence)
{
    if (atomic_load(&silence->since) != 0) {
        atomic_store(&silence->since, 0);
    }
}

static int is_long(shs_tracking_alert_t *silence, apr_interval_time_t lease,
                   apr_time_t now)
{
    apr_uint64_t since = 0;

    return !atomic_compare_exchange_strong(&silence->since, &since,
                                           (apr_uint64_t)now)
           && now - (apr_time_t)since > lease;
}

shs_tracking_alert_news_t shs_tracking_alert_note(shs_tracking_alert_t *silence, int is_live,
                                    int is_answered, apr_interval_time_t lease,
                                    apr_time_t now)
{
    apr_uint32_t is_told = atomic_load(&silence->is_told);

    if (is_live || !is_answered) {
        end(silence);
        return is_live && is_told
                       && atomic_compare_exchange_strong(&silence->is_told,
                                                         &is_told, 0)
                   ? SHS_TRACKING_ALERT_OVER
                   : SHS_TRACKING_ALERT_NO_NEWS;
    }
    return !is_told && is_long(silence, lease, now)
                   && atomic_compare_exchange_strong(&silence->is_told,
                                                     &is_told, 1)
               ? SHS_TRACKING_ALERT_BEGUN
               : SHS_TRACKING_ALERT_NO_NEWS;
}
