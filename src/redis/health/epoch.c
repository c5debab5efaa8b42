/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/epoch.h"

/* The known epoch was reported, or has changed. */
static void reset(shs_epoch_t *epoch, apr_time_t now)
{
    atomic_store(&epoch->reported_at, now);
    atomic_store(&epoch->lower_since, 0);
    atomic_store(&epoch->lower_of, SHS_EPOCH_OF_NONE);
}

int shs_epoch_note(shs_epoch_t *epoch, apr_int64_t reported, apr_time_t now)
{
    apr_int64_t known = atomic_load(&epoch->known);

    while (reported > known) {
        if (atomic_compare_exchange_weak(&epoch->known, &known, reported)) {
            known = reported;
        }
    }
    if (reported == known) {
        reset(epoch, now);
    }
    return reported == known;
}

/* Whether most have reported a lower epoch for long enough, and no server the
 * known one or a higher one, to any child. */
static int is_lower_for_long(shs_epoch_t *epoch, apr_time_t now)
{
    apr_int64_t since = 0;

    return !atomic_compare_exchange_strong(&epoch->lower_since, &since, now)
           && now - since >= SHS_EPOCH_LOWER_AFTER
           && now - atomic_load(&epoch->reported_at) >= SHS_EPOCH_LOWER_AFTER;
}

int shs_epoch_end_round(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                        apr_time_t now)
{
    apr_int64_t known = round->known;

    atomic_store(&epoch->lower_of,
                 round->is_any ? round->source : SHS_EPOCH_OF_NONE);
    if (!round->is_any || (!round->is_most && !round->is_all)) {
        atomic_store(&epoch->lower_since, 0);
        return 0;
    }
    /* The known epoch has changed if another child learned a higher one. */
    if ((!round->is_all && !is_lower_for_long(epoch, now))
        || !atomic_compare_exchange_strong(&epoch->known, &known,
                                           round->reported)) {
        return 0;
    }
    reset(epoch, now);
    return 1;
}

const char *shs_epoch_explain(const shs_epoch_t *epoch,
                              const char *other_reason)
{
    switch (atomic_load(&epoch->lower_of)) {
    case SHS_EPOCH_OF_SENTINELS:
        return "the Sentinels that reply do not know of the last failover"
               " (they report a lower config-epoch)";
    case SHS_EPOCH_OF_MEMBERS:
        return "the members of the cluster that reply report a lower epoch than"
               " before";
    default:
        return other_reason;
    }
}
