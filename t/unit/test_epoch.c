/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/epoch.h"

#include <string.h>

#include "unit.h"

#define S     APR_USEC_PER_SEC
#define BEGAN (1000 * S)
#define NEVER 1000 /* no test waits for longer */

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

/* The known epoch is 7. */
static void reset(void)
{
    memset(&epoch, 0, sizeof(epoch));
    ck_assert_int_eq(shs_epoch_note(&epoch, 7, BEGAN), 1);
}

static int end_round(const shs_epoch_round_t *round, apr_time_t now)
{
    return shs_epoch_end_round(&epoch, round, now);
}

START_TEST(epoch_note__knows_the_highest)
{
    ck_assert_int_eq(shs_epoch_note(&epoch, 6, BEGAN), 0);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(shs_epoch_note(&epoch, 7, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(shs_epoch_note(&epoch, APR_INT64_MAX, BEGAN + 1), 1);
    ck_assert_int_eq(epoch.reported_at, BEGAN + 1);
    ck_assert_int_eq(shs_epoch_note(&epoch, 8, BEGAN + 2), 0);
    ck_assert_int_eq(epoch.known, APR_INT64_MAX);
    ck_assert_int_eq(epoch.reported_at, BEGAN + 1);
}
END_TEST

START_TEST(epoch_end_round__takes_the_epoch_of_all_servers_at_once)
{
    ck_assert_int_eq(end_round(&all, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 2);
    ck_assert_int_eq(shs_epoch_note(&epoch, 1, BEGAN), 0);
    ck_assert_int_eq(shs_epoch_note(&epoch, 2, BEGAN), 1);
    ck_assert_int_eq(shs_epoch_note(&epoch, 3, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 3);
}
END_TEST

/* Rounds, one per letter, repeated:
 * L  as many servers as the row says report a lower epoch
 * l  one less of the URL's does
 * -  no server replies
 * K  a server reports the known epoch, and is trusted
 * D  a member whose cluster is down reports it, and others a lower one as in L
 * B  a server is trusted that reports no epoch */
static const struct {
    const char *rounds;
    int every_ms;
    shs_epoch_group_t seeds;
    shs_epoch_group_t members;
    shs_epoch_group_t former;
    double after; /* the first round, in seconds: the known epoch is 2 */
    const char *why;
} courses[] = {
    { "L", 500, { 3, 3 }, { 0, 0 }, { 0, 0 }, 0, "all were set up anew" },
    { "L", 500, { 2, 2 }, { 3, 3 }, { 0, 0 }, 0, "all servers of a cluster" },
    { "L", 500, { 2, 2 }, { 3, 3 }, { 2, 1 }, 10, "all but a former master" },
    { "L", 500, { 2, 2 }, { 3, 2 }, { 0, 0 }, 10, "all but one master" },
    { "L", 500, { 3, 1 }, { 0, 0 }, { 0, 0 }, NEVER, "one of three is wrong" },
    { "L-",
      500,
      { 3, 1 },
      { 0, 0 },
      { 0, 0 },
      NEVER,
      "and the others do not reply" },
    { "L", 500, { 5, 2 }, { 0, 0 }, { 0, 0 }, NEVER, "a deposed minority" },
    { "B", 500, { 2, 2 }, { 3, 2 }, { 0, 0 }, NEVER, "a master is trusted" },
    { "L", 500, { 2, 2 }, { 5, 2 }, { 0, 0 }, NEVER, "a minority of masters" },
    { "L", 500, { 3, 2 }, { 0, 0 }, { 0, 0 }, 10, "one of three is dead" },
    { "L", 500, { 2, 1 }, { 0, 0 }, { 0, 0 }, 10, "one of two is dead" },
    { "L", 500, { 4, 2 }, { 4, 2 }, { 0, 0 }, 10, "half of them are dead" },
    { "L", 500, { 1, 1 }, { 0, 0 }, { 0, 0 }, 10, "the only address" },
    { "L", 500, { 1, 1 }, { 3, 3 }, { 3, 0 }, 10, "all masters are new" },
    { "L", 500, { 1, 1 }, { 3, 1 }, { 0, 0 }, NEVER, "one master is stale" },
    { "L",
      500,
      { 2, 0 },
      { 3, 3 },
      { 0, 0 },
      NEVER,
      "none of the URL's servers" },
    { "L",
      500,
      { 0, 0 },
      { 3, 3 },
      { 0, 0 },
      NEVER,
      "the URL's servers are unknown" },
    { "LLLLLLLLLLLLLLLLLLLK",
      500,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      NEVER,
      "the known epoch is reported every 10 s" },
    { "LLLLLLLLLD",
      1000,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      NEVER,
      "by a member that is down" },
    { "LLLLLLLLLB",
      1000,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      NEVER,
      "another server is trusted" },
    { "L---", 500, { 2, 1 }, { 0, 0 }, { 0, 0 }, 10, "sometimes none replies" },
    { "LLLL----------",
      500,
      { 2, 1 },
      { 0, 0 },
      { 0, 0 },
      21,
      "5 s of an outage count as 2 s" },
    { "Ll", 500, { 4, 2 }, { 0, 0 }, { 0, 0 }, 10, "sometimes too few do" },
    { "LLLLllllllllll",
      500,
      { 4, 2 },
      { 0, 0 },
      { 0, 0 },
      21,
      "5 s of too few count as 2 s" },
    { "-", 500, { 2, 2 }, { 0, 0 }, { 0, 0 }, NEVER, "none replies" },
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
        shs_epoch_note(&epoch, 7, now);
        round.is_trusted = 1;
        break;
    case 'D':
        shs_epoch_note_untrusted(&epoch, 7, now);
        break;
    case 'B':
        round.is_trusted = 1;
        break;
    default:
        break;
    }
    return end_round(&round, now);
}

START_TEST(epoch_end_round__takes_a_lower_epoch_after_a_time)
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

/* The known epoch is another one then. */
START_TEST(epoch_end_round__begins_the_time_anew_with_a_higher_epoch)
{
    shs_epoch_round_t round = half;
    int i;

    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(end_round(&round, BEGAN + i * S), 0);
    }
    if (_i) {
        shs_epoch_note(&epoch, 8, BEGAN + 10 * S);
        round.known = 8;
    }
    else {
        shs_epoch_note_untrusted(&epoch, 8, BEGAN + 10 * S);
    }
    ck_assert_int_eq(epoch.known, round.known);
    for (i = 11; i < 21; i++) {
        ck_assert_int_eq(end_round(&round, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(end_round(&round, BEGAN + 21 * S), 1);
}
END_TEST

/* A stale epoch of a member that is down has no effect. */
START_TEST(epoch_note_untrusted__raises_nothing)
{
    shs_epoch_note_untrusted(&epoch, 9, BEGAN + 1);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(epoch.reported_at, BEGAN + 1);
    shs_epoch_note_untrusted(&epoch, 6, BEGAN + 2);
    shs_epoch_note_untrusted(&epoch, -1, BEGAN + 2);
    ck_assert_int_eq(epoch.reported_at, BEGAN + 1);
}
END_TEST

/* A server reported the known epoch to another child, after this child began to
 * measure the time. */
START_TEST(epoch_end_round__measures_from_the_last_report_of_the_known_epoch)
{
    int i;

    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(end_round(&half, BEGAN + i * S), 0);
    }
    epoch.reported_at = BEGAN + 5 * S;
    for (i = 10; i < 15; i++) {
        ck_assert_int_eq(end_round(&half, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(end_round(&half, BEGAN + 15 * S), 1);
}
END_TEST

/* If several children end their rounds at the same time, it counts once. */
START_TEST(epoch_end_round__counts_the_time_of_all_children_once)
{
    int i;

    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(end_round(&half, BEGAN + i * S), 0);
        ck_assert_int_eq(end_round(&half, BEGAN + i * S - 1), 0);
        ck_assert_int_eq(end_round(&half, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(end_round(&half, BEGAN + 10 * S), 1);
}
END_TEST

/* Another child learned a higher epoch during this round. */
START_TEST(epoch_end_round__keeps_an_epoch_that_the_round_did_not_know)
{
    shs_epoch_note(&epoch, 8, BEGAN);
    ck_assert_int_eq(end_round(&all, BEGAN), 0);
    ck_assert_int_eq(epoch.known, 8);
}
END_TEST

START_TEST(epoch_explain__names_the_stale_servers)
{
    const char *busy = "busy";

    ck_assert_ptr_null(shs_epoch_explain(&epoch, NULL));
    end_round(&few, BEGAN);
    ck_assert_ptr_nonnull(strstr(shs_epoch_explain(&epoch, busy), "Sentinels"));
    shs_epoch_note(&epoch, 7, BEGAN);
    ck_assert_ptr_eq(shs_epoch_explain(&epoch, busy), busy);
    shs_epoch_note(&epoch, 8, BEGAN);
    end_round(&all, BEGAN);
    ck_assert_ptr_nonnull(strstr(shs_epoch_explain(&epoch, NULL), "members"));
    end_round(&none, BEGAN);
    ck_assert_ptr_null(shs_epoch_explain(&epoch, NULL));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_test(tc, epoch_note__knows_the_highest);
    tcase_add_test(tc, epoch_end_round__takes_the_epoch_of_all_servers_at_once);
    tcase_add_loop_test(tc, epoch_end_round__takes_a_lower_epoch_after_a_time,
                        0, ROWS(courses));
    tcase_add_loop_test(
        tc, epoch_end_round__begins_the_time_anew_with_a_higher_epoch, 0, 2);
    tcase_add_test(tc, epoch_note_untrusted__raises_nothing);
    tcase_add_test(tc, epoch_end_round__counts_the_time_of_all_children_once);
    tcase_add_test(
        tc, epoch_end_round__measures_from_the_last_report_of_the_known_epoch);
    tcase_add_test(tc,
                   epoch_end_round__keeps_an_epoch_that_the_round_did_not_know);
    tcase_add_test(tc, epoch_explain__names_the_stale_servers);
}

int main(void)
{
    return unit_main("epoch", add);
}
