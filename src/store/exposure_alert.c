/* SPDX-License-Identifier: Apache-2.0 */
#include "store/exposure_alert.h"

#define TOLD_EVERY apr_time_from_sec(60)

int shs_exposure_alert_note(shs_exposure_alert_t *excess, apr_time_t now)
{
    apr_int64_t told_at = atomic_load(&excess->told_at);

    atomic_fetch_add_explicit(&excess->count, 1, memory_order_relaxed);
    return (told_at == 0 || now - told_at >= TOLD_EVERY)
           && atomic_compare_exchange_strong(&excess->told_at, &told_at, now);
}

apr_uint64_t shs_exposure_alert_count(const shs_exposure_alert_t *excess)
{
    return atomic_load_explicit(&excess->count, memory_order_relaxed);
}
