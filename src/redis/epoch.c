/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/epoch.h"

/* The known one was told, or is another one now. */
static void settle(shs_epoch_t *epoch, apr_time_t now)
{
    atomic_store(&epoch->told_at, now);
    atomic_store(&epoch->lower_since, 0);
    atomic_store(&epoch->lower_of, SHS_EPOCH_OF_NONE);
}

int shs_epoch_hear(shs_epoch_t *epoch, apr_int64_t told, apr_time_t now)
{
    apr_int64_t known = atomic_load(&epoch->known);

    while (told > known) {
        if (atomic_compare_exchange_weak(&epoch->known, &known, told)) {
            known = told;
        }
    }
    if (told == known) {
        settle(epoch, now);
    }
    return told == known;
}

/* Whether it has been so for long enough, to all children. */
static int is_settled(shs_epoch_t *epoch, apr_time_t now)
{
    apr_int64_t since = 0;

    return !atomic_compare_exchange_strong(&epoch->lower_since, &since, now)
           && now - since >= SHS_EPOCH_LOWER_AFTER
           && now - atomic_load(&epoch->told_at) >= SHS_EPOCH_LOWER_AFTER;
}

int shs_epoch_weigh(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                    apr_time_t now)
{
    apr_int64_t known = round->known;

    atomic_store(&epoch->lower_of,
                 round->is_any ? round->source : SHS_EPOCH_OF_NONE);
    if (!round->is_any || (!round->is_most && !round->is_all)) {
        atomic_store(&epoch->lower_since, 0);
        return 0;
    }
    /* It is another one where a child was told a higher one meanwhile. */
    if ((!round->is_all && !is_settled(epoch, now))
        || !atomic_compare_exchange_strong(&epoch->known, &known,
                                           round->told)) {
        return 0;
    }
    settle(epoch, now);
    return 1;
}

const char *shs_epoch_explain(const shs_epoch_t *epoch, const char *otherwise)
{
    switch (atomic_load(&epoch->lower_of)) {
    case SHS_EPOCH_OF_SENTINELS:
        return "the Sentinels that answer have not heard of the last failover"
               " (they tell a lower config-epoch)";
    case SHS_EPOCH_OF_MEMBERS:
        return "the members of the cluster that answer tell a lower epoch than"
               " before";
    default:
        return otherwise;
    }
}
