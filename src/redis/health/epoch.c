/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/epoch.h"

/* Rule 5. */
static void restart_time(shs_epoch_t *epoch)
{
    atomic_store(&epoch->lower_at, 0);
    atomic_store(&epoch->lower_for, 0);
}

/* The known epoch was reported, or has changed. */
static void reset(shs_epoch_t *epoch, apr_time_t now)
{
    atomic_store(&epoch->reported_at, now);
    restart_time(epoch);
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

void shs_epoch_note_untrusted(shs_epoch_t *epoch, apr_int64_t reported,
                              apr_time_t now)
{
    if (reported >= atomic_load(&epoch->known)) {
        atomic_store(&epoch->reported_at, now);
        restart_time(epoch);
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
static int counts_at_once(const shs_epoch_round_t *round)
{
    return round->seeds.all > 1 && is_whole(&round->seeds)
           && is_whole(&round->members) && is_whole(&round->former);
}

/* Rule 4, for all children: a step back, by a child that is late, equals the
 * next step forward. */
static int is_lower_for_long(shs_epoch_t *epoch, apr_time_t now)
{
    apr_int64_t before = atomic_exchange(&epoch->lower_at, now);
    apr_int64_t step = before != 0 ? now - before : 0;

    if (step > SHS_EPOCH_LOWER_STEP) {
        step = SHS_EPOCH_LOWER_STEP;
    }
    step += atomic_fetch_add(&epoch->lower_for, step);
    return step >= SHS_EPOCH_LOWER_AFTER
           && now - atomic_load(&epoch->reported_at) >= SHS_EPOCH_LOWER_AFTER;
}

int shs_epoch_end_round(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                        apr_time_t now)
{
    int lower = round->seeds.lower + round->members.lower + round->former.lower;
    apr_int64_t known = round->known;

    atomic_store(&epoch->lower_of, !round->is_trusted && lower > 0
                                       ? round->source
                                       : SHS_EPOCH_OF_NONE);
    if (round->is_trusted) {
        restart_time(epoch);
        return 0;
    }
    if (round->seeds.lower == 0 || !is_half(&round->seeds)
        || !is_half(&round->members)) {
        return 0;
    }
    /* The known epoch has changed if another child learned a higher one. */
    if ((!counts_at_once(round) && !is_lower_for_long(epoch, now))
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
