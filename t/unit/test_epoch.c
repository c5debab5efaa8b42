/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/epoch.h"

#include <string.h>

#include "unit.h"

#define S      APR_USEC_PER_SEC
#define BEGAN  (1000 * S)
#define BEFORE (SHS_EPOCH_LOWER_AFTER - 1)

static shs_epoch_t epoch;

static const shs_epoch_round_t most = { 7, 2, 1, 1, 0, SHS_EPOCH_OF_SENTINELS };
static const shs_epoch_round_t few = { 7, 2, 1, 0, 0, SHS_EPOCH_OF_SENTINELS };
static const shs_epoch_round_t all = { 7, 2, 1, 1, 1, SHS_EPOCH_OF_MEMBERS };
static const shs_epoch_round_t none = { 7, 0, 0, 0, 0, SHS_EPOCH_OF_MEMBERS };

/* 7 was told. */
static void reset(void)
{
    memset(&epoch, 0, sizeof(epoch));
    ck_assert_int_eq(shs_epoch_hear(&epoch, 7, BEGAN), 1);
}

static int weigh(const shs_epoch_round_t *round, apr_time_t now)
{
    return shs_epoch_weigh(&epoch, round, now);
}

START_TEST(epoch_hear__knows_the_highest)
{
    ck_assert_int_eq(shs_epoch_hear(&epoch, 6, BEGAN), 0);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 7, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(shs_epoch_hear(&epoch, APR_INT64_MAX, BEGAN), 1);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 8, BEGAN), 0);
    ck_assert_int_eq(epoch.known, APR_INT64_MAX);
}
END_TEST

START_TEST(epoch_weigh__takes_at_once_what_all_tell)
{
    ck_assert_int_eq(weigh(&all, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 2);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 2, BEGAN), 1);
}
END_TEST

START_TEST(epoch_weigh__takes_what_most_tell_for_long_enough)
{
    apr_time_t since = BEGAN + 5 * S;

    ck_assert_int_eq(weigh(&most, since), 0);
    ck_assert_int_eq(weigh(&most, since + BEFORE), 0);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(weigh(&most, since + BEFORE + 1), 1);
    ck_assert_int_eq(epoch.known, 2);
    ck_assert_int_eq(epoch.lower_since, 0);
}
END_TEST

START_TEST(epoch_weigh__never_takes_what_few_tell)
{
    int i;

    for (i = 1; i < 100; i++) {
        ck_assert_int_eq(weigh(&few, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(epoch.known, 7);
}
END_TEST

/* What is told or found in between, and it begins anew. */
static const struct {
    const shs_epoch_round_t *round; /* NULL: a server tells `told` */
    apr_int64_t told;
    const char *why;
} interruptions[] = {
    { NULL, 7, "the known one is told" },
    { NULL, 8, "a higher one is told" },
    { &few, 0, "they are not most any more" },
    { &none, 0, "none tells anything, or one is believed" },
};

START_TEST(epoch_weigh__begins_anew)
{
    shs_epoch_round_t round = most;
    apr_time_t since = BEGAN + 5 * S;
    apr_time_t then = since + BEFORE;

    ck_assert_int_eq(weigh(&most, since), 0);
    if (interruptions[_i].round) {
        weigh(interruptions[_i].round, then);
    }
    else {
        shs_epoch_hear(&epoch, interruptions[_i].told, then);
        round.known = epoch.known;
    }
    ck_assert_msg(!weigh(&round, then), "%s", interruptions[_i].why);
    ck_assert_msg(!weigh(&round, then + BEFORE), "%s", interruptions[_i].why);
    ck_assert_int_eq(weigh(&round, then + BEFORE + 1), 1);
}
END_TEST

/* Another child is told the known one, after this one began to count. */
START_TEST(epoch_weigh__waits_for_as_long_after_the_known_one_was_told)
{
    ck_assert_int_eq(weigh(&most, BEGAN), 0);
    epoch.told_at = BEGAN + S;
    ck_assert_int_eq(weigh(&most, BEGAN + S + BEFORE), 0);
    ck_assert_int_eq(weigh(&most, BEGAN + S + BEFORE + 1), 1);
}
END_TEST

/* Another child was told a higher one while this one asked. */
START_TEST(epoch_weigh__lowers_nothing_that_it_has_not_compared)
{
    shs_epoch_hear(&epoch, 8, BEGAN);
    ck_assert_int_eq(weigh(&all, BEGAN), 0);
    ck_assert_int_eq(epoch.known, 8);
}
END_TEST

START_TEST(epoch_explain__says_who_lags_behind)
{
    const char *busy = "busy";

    ck_assert_ptr_null(shs_epoch_explain(&epoch, NULL));
    weigh(&few, BEGAN);
    ck_assert_ptr_nonnull(strstr(shs_epoch_explain(&epoch, busy), "Sentinels"));
    shs_epoch_hear(&epoch, 7, BEGAN);
    ck_assert_ptr_eq(shs_epoch_explain(&epoch, busy), busy);
    shs_epoch_hear(&epoch, 8, BEGAN);
    weigh(&all, BEGAN);
    ck_assert_ptr_nonnull(strstr(shs_epoch_explain(&epoch, NULL), "members"));
    weigh(&none, BEGAN);
    ck_assert_ptr_null(shs_epoch_explain(&epoch, NULL));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_test(tc, epoch_hear__knows_the_highest);
    tcase_add_test(tc, epoch_weigh__takes_at_once_what_all_tell);
    tcase_add_test(tc, epoch_weigh__takes_what_most_tell_for_long_enough);
    tcase_add_test(tc, epoch_weigh__never_takes_what_few_tell);
    tcase_add_loop_test(tc, epoch_weigh__begins_anew, 0, ROWS(interruptions));
    tcase_add_test(tc,
                   epoch_weigh__waits_for_as_long_after_the_known_one_was_told);
    tcase_add_test(tc, epoch_weigh__lowers_nothing_that_it_has_not_compared);
    tcase_add_test(tc, epoch_explain__says_who_lags_behind);
}

int main(void)
{
    return unit_main("epoch", add);
}
