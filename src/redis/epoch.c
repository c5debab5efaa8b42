/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/epoch.h"

/* Rule 5. */
static void begin_anew(shs_epoch_t *epoch)
{
    atomic_store(&epoch->lower_at, 0);
    atomic_store(&epoch->lower_for, 0);
}

/* The known epoch was told, or has changed. */
static void settle(shs_epoch_t *epoch, apr_time_t now)
{
    atomic_store(&epoch->told_at, now);
    begin_anew(epoch);
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

void shs_epoch_overhear(shs_epoch_t *epoch, apr_int64_t told, apr_time_t now)
{
    if (told >= atomic_load(&epoch->known)) {
        atomic_store(&epoch->told_at, now);
        begin_anew(epoch);
    }
}

static int is_half(const shs_epoch_group_t *group)
{
    return 2 * group->lower >= group->all;
}

static int is_whole(const shs_epoch_group_t *group)
{
    return group->lower == group->all;
}

/* Rule 3. */
static int is_at_once(const shs_epoch_round_t *round)
{
    return round->seeds.all > 1 && is_whole(&round->seeds)
           && is_whole(&round->members) && is_whole(&round->former);
}

/* Rule 4, for all children together. A child that comes late steps back, and
 * the next step forth makes up for it. */
static int has_lasted(shs_epoch_t *epoch, apr_time_t now)
{
    apr_int64_t before = atomic_exchange(&epoch->lower_at, now);
    apr_int64_t step = before != 0 ? now - before : 0;

    if (step > SHS_EPOCH_LOWER_STEP) {
        step = SHS_EPOCH_LOWER_STEP;
    }
    step += atomic_fetch_add(&epoch->lower_for, step);
    return step >= SHS_EPOCH_LOWER_AFTER
           && now - atomic_load(&epoch->told_at) >= SHS_EPOCH_LOWER_AFTER;
}

int shs_epoch_weigh(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                    apr_time_t now)
{
    int lower = round->seeds.lower + round->members.lower + round->former.lower;
    apr_int64_t known = round->known;

    atomic_store(&epoch->lower_of, !round->is_believed && lower > 0
                                       ? round->source
                                       : SHS_EPOCH_OF_NONE);
    if (round->is_believed) {
        begin_anew(epoch);
        return 0;
    }
    if (round->seeds.lower == 0 || !is_half(&round->seeds)
        || !is_half(&round->members)) {
        return 0;
    }
    /* It is another one where a child was told a higher one meanwhile. */
    if ((!is_at_once(round) && !has_lasted(epoch, now))
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
