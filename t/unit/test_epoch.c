/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/epoch.h"

#include <string.h>

#include "unit.h"

#define S     APR_USEC_PER_SEC
#define BEGAN (1000 * S)
#define NEVER 1000 /* and longer is nothing waited for */

static shs_epoch_t epoch;

static const shs_epoch_round_t all = { 7,       2,        SHS_EPOCH_OF_MEMBERS,
                                       0,       { 2, 2 }, { 3, 3 },
                                       { 0, 0 } };
static const shs_epoch_round_t few = {
    7, 2, SHS_EPOCH_OF_SENTINELS, 0, { 3, 1 }, { 0, 0 }, { 0, 0 }
};
static const shs_epoch_round_t half = {
    7, 2, SHS_EPOCH_OF_SENTINELS, 0, { 2, 1 }, { 0, 0 }, { 0, 0 }
};
static const shs_epoch_round_t none = { 7,       0,        SHS_EPOCH_OF_MEMBERS,
                                        0,       { 3, 0 }, { 0, 0 },
                                        { 0, 0 } };

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
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 7, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(shs_epoch_hear(&epoch, APR_INT64_MAX, BEGAN + 1), 1);
    ck_assert_int_eq(epoch.told_at, BEGAN + 1);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 8, BEGAN + 2), 0);
    ck_assert_int_eq(epoch.known, APR_INT64_MAX);
    ck_assert_int_eq(epoch.told_at, BEGAN + 1);
}
END_TEST

START_TEST(epoch_weigh__takes_at_once_what_all_tell)
{
    ck_assert_int_eq(weigh(&all, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 2);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 1, BEGAN), 0);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 2, BEGAN), 1);
    ck_assert_int_eq(shs_epoch_hear(&epoch, 3, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 3);
}
END_TEST

/* Rounds, one a letter, over and over:
 * L  servers tell a lower epoch, so many as the row says
 * l  one of the URL's less does
 * -  no server answers
 * K  the known epoch is told, and that server believed
 * D  it is told by a member whose cluster is down, and a lower one as by L
 * B  a server is believed that tells no epoch */
static const struct {
    const char *rounds;
    int every_ms;
    shs_epoch_group_t seeds;
    shs_epoch_group_t members;
    shs_epoch_group_t former;
    double after; /* the first round, in seconds, 2 is the known one */
    const char *why;
} courses[] = {
    { "L", 500, { 3, 3 }, { 0, 0 }, { 0, 0 }, 0, "all were set up anew" },
    { "L", 500, { 2, 2 }, { 3, 3 }, { 0, 0 }, 0, "all of a cluster" },
    { "L", 500, { 2, 2 }, { 3, 3 }, { 2, 1 }, 10, "but one of before" },
    { "L", 500, { 2, 2 }, { 3, 2 }, { 0, 0 }, 10, "but one master" },
    { "L", 500, { 3, 1 }, { 0, 0 }, { 0, 0 }, NEVER, "one of three lies" },
    { "L-", 500, { 3, 1 }, { 0, 0 }, { 0, 0 }, NEVER, "and others are out" },
    { "L", 500, { 5, 2 }, { 0, 0 }, { 0, 0 }, NEVER, "a deposed minority" },
    { "B", 500, { 2, 2 }, { 3, 2 }, { 0, 0 }, NEVER, "a master is believed" },
    { "L", 500, { 2, 2 }, { 5, 2 }, { 0, 0 }, NEVER, "a minority of masters" },
    { "L", 500, { 3, 2 }, { 0, 0 }, { 0, 0 }, 10, "one of three is dead" },
    { "L", 500, { 2, 1 }, { 0, 0 }, { 0, 0 }, 10, "one of two is dead" },
    { "L", 500, { 4, 2 }, { 4, 2 }, { 0, 0 }, 10, "half of them are dead" },
    { "L", 500, { 1, 1 }, { 0, 0 }, { 0, 0 }, 10, "the only address" },
    { "L", 500, { 1, 1 }, { 3, 3 }, { 3, 0 }, 10, "all masters are new" },
    { "L", 500, { 1, 1 }, { 3, 1 }, { 0, 0 }, NEVER, "one master lags behind" },
    { "L", 500, { 2, 0 }, { 3, 3 }, { 0, 0 }, NEVER, "none of the URL's" },
    { "L", 500, { 0, 0 }, { 3, 3 }, { 0, 0 }, NEVER, "of which none is known" },
    { "LLLLLLLLLLLLLLLLLLLK",
      500,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      NEVER,
      "the known one is told every 10 s" },
    { "LLLLLLLLLD",
      1000,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      NEVER,
      "or by one that is down" },
    { "LLLLLLLLLB",
      1000,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      NEVER,
      "or another one is believed" },
    { "L---", 500, { 2, 1 }, { 0, 0 }, { 0, 0 }, 10, "none answers at times" },
    { "LLLL----------",
      500,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      21,
      "5 s of an outage count as 2 s" },
    { "Ll", 500, { 4, 2 }, { 0, 0 }, { 0, 0 }, 10, "too few do at times" },
    { "LLLLllllllllll",
      500,
      { 4, 2 },
      { 0, 0 },
      { 0, 0 },
      21,
      "5 s of too few count as 2 s" },
    { "-", 500, { 2, 2 }, { 0, 0 }, { 0, 0 }, NEVER, "none answers" },
    { "L",
      10000,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      50,
      "two rounds 10 s apart are not 10 s" },
    { "L", 60000, { 1, 1 }, { 0, 0 }, { 0, 0 }, 300, "few rounds" },
};

static int go_round(int nth, char letter, apr_time_t now)
{
    shs_epoch_round_t round = { 7,
                                2,
                                SHS_EPOCH_OF_SENTINELS,
                                0,
                                courses[nth].seeds,
                                courses[nth].members,
                                courses[nth].former };

    switch (letter) {
    case 'l':
        --round.seeds.lower;
        break;
    case '-':
        round.seeds.lower = round.members.lower = round.former.lower = 0;
        break;
    case 'K':
        shs_epoch_hear(&epoch, 7, now);
        round.is_believed = 1;
        break;
    case 'D':
        shs_epoch_overhear(&epoch, 7, now);
        break;
    case 'B':
        round.is_believed = 1;
        break;
    default:
        break;
    }
    return weigh(&round, now);
}

START_TEST(epoch_weigh__takes_what_is_told_for_long_enough)
{
    const char *rounds = courses[_i].rounds;
    apr_interval_time_t every = courses[_i].every_ms * 1000;
    apr_interval_time_t at = 0;
    apr_size_t n;

    for (n = 0; at < NEVER * S; ++n, at += every) {
        if (go_round(_i, rounds[n % strlen(rounds)], BEGAN + S + at)) {
            break;
        }
        ck_assert_int_eq(epoch.known, 7);
    }
    ck_assert_msg((double)at == courses[_i].after * S, "%s: after %.1f s",
                  courses[_i].why, (double)at / S);
    ck_assert_int_eq(epoch.known, courses[_i].after < NEVER ? 2 : 7);
}
END_TEST

/* It is another one then. */
START_TEST(epoch_weigh__begins_anew_with_a_higher_one)
{
    shs_epoch_round_t round = half;
    int i;

    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(weigh(&round, BEGAN + i * S), 0);
    }
    if (_i) {
        shs_epoch_hear(&epoch, 8, BEGAN + 10 * S);
        round.known = 8;
    }
    else {
        shs_epoch_overhear(&epoch, 8, BEGAN + 10 * S);
    }
    ck_assert_int_eq(epoch.known, round.known);
    for (i = 11; i < 21; i++) {
        ck_assert_int_eq(weigh(&round, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(weigh(&round, BEGAN + 21 * S), 1);
}
END_TEST

/* A member that is down and lags behind contradicts nothing. */
START_TEST(epoch_overhear__raises_nothing)
{
    shs_epoch_overhear(&epoch, 9, BEGAN + 1);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(epoch.told_at, BEGAN + 1);
    shs_epoch_overhear(&epoch, 6, BEGAN + 2);
    shs_epoch_overhear(&epoch, -1, BEGAN + 2);
    ck_assert_int_eq(epoch.told_at, BEGAN + 1);
}
END_TEST

/* Another child is told the known one, after this one began to count. */
START_TEST(epoch_weigh__waits_for_as_long_after_the_known_one_was_told)
{
    int i;

    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(weigh(&half, BEGAN + i * S), 0);
    }
    epoch.told_at = BEGAN + 5 * S;
    for (i = 10; i < 15; i++) {
        ck_assert_int_eq(weigh(&half, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(weigh(&half, BEGAN + 15 * S), 1);
}
END_TEST

/* Children that end their rounds at once count the time once. */
START_TEST(epoch_weigh__counts_the_time_of_all_children_once)
{
    int i;

    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(weigh(&half, BEGAN + i * S), 0);
        ck_assert_int_eq(weigh(&half, BEGAN + i * S - 1), 0);
        ck_assert_int_eq(weigh(&half, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(weigh(&half, BEGAN + 10 * S), 1);
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

START_TEST(epoch_explain__says_which_servers_lag_behind)
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
    tcase_add_loop_test(tc, epoch_weigh__takes_what_is_told_for_long_enough, 0,
                        ROWS(courses));
    tcase_add_loop_test(tc, epoch_weigh__begins_anew_with_a_higher_one, 0, 2);
    tcase_add_test(tc, epoch_overhear__raises_nothing);
    tcase_add_test(tc, epoch_weigh__counts_the_time_of_all_children_once);
    tcase_add_test(tc,
                   epoch_weigh__waits_for_as_long_after_the_known_one_was_told);
    tcase_add_test(tc, epoch_weigh__lowers_nothing_that_it_has_not_compared);
    tcase_add_test(tc, epoch_explain__says_which_servers_lag_behind);
}

int main(void)
{
    return unit_main("epoch", add);
}
