/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/error_alert.h"

/* Two threads that begin a minute at once may lose a failure of the other. */
static apr_uint32_t count(shs_error_alert_t *trouble, apr_time_t now)
{
    apr_int64_t began_at = atomic_load(&trouble->began_at);

    if ((began_at == 0 || now - began_at >= SHS_ERROR_ALERT_MINUTE)
        && atomic_compare_exchange_strong(&trouble->began_at, &began_at, now)) {
        atomic_store(&trouble->count, 0);
    }
    return atomic_fetch_add(&trouble->count, 1) + 1;
}

int shs_error_alert_note(shs_error_alert_t *trouble, apr_uint32_t least, apr_time_t now)
{
    apr_int64_t told_at = atomic_load(&trouble->told_at);

    if (count(trouble, now) < least
        || (told_at != 0 && now - told_at < SHS_ERROR_ALERT_MINUTE)
        || !atomic_compare_exchange_strong(&trouble->told_at, &told_at, now)) {
        return 0;
    }
    atomic_store(&trouble->is_told, 1);
    return 1;
}

int shs_error_alert_end(shs_error_alert_t *trouble)
{
    return atomic_load_explicit(&trouble->is_told, memory_order_relaxed) != 0
           && atomic_exchange(&trouble->is_told, 0) != 0;
}
