/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/epoch.h"

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
    ck_assert_int_eq(shs_epoch_note(&epoch, 7, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(shs_epoch_note(&epoch, APR_INT64_MAX, BEGAN), 1);
    ck_assert_int_eq(shs_epoch_note(&epoch, 8, BEGAN), 0);
    ck_assert_int_eq(epoch.known, APR_INT64_MAX);
}
END_TEST

START_TEST(epoch_end_round__takes_the_epoch_of_all_servers_at_once)
{
    ck_assert_int_eq(end_round(&all, BEGAN), 1);
    ck_assert_int_eq(epoch.known, 2);
    ck_assert_int_eq(shs_epoch_note(&epoch, 2, BEGAN), 1);
}
END_TEST

START_TEST(epoch_end_round__takes_the_epoch_of_most_servers_after_a_time)
{
    apr_time_t since = BEGAN + 5 * S;

    ck_assert_int_eq(end_round(&most, since), 0);
    ck_assert_int_eq(end_round(&most, since + BEFORE), 0);
    ck_assert_int_eq(epoch.known, 7);
    ck_assert_int_eq(end_round(&most, since + BEFORE + 1), 1);
    ck_assert_int_eq(epoch.known, 2);
    ck_assert_int_eq(epoch.lower_since, 0);
}
END_TEST

START_TEST(epoch_end_round__never_takes_the_epoch_of_few_servers)
{
    int i;

    for (i = 1; i < 100; i++) {
        ck_assert_int_eq(end_round(&few, BEGAN + i * S), 0);
    }
    ck_assert_int_eq(epoch.known, 7);
}
END_TEST

/* What happens in between, so that the time begins anew. */
static const struct {
    const shs_epoch_round_t *round; /* NULL: a server reports `reported` */
    apr_int64_t reported;
    const char *why;
} interruptions[] = {
    { NULL, 7, "a server reports the known epoch" },
    { NULL, 8, "a server reports a higher epoch" },
    { &few, 0, "they are no longer most servers" },
    { &none, 0, "no server reports an epoch, or one is trusted" },
};

START_TEST(epoch_end_round__begins_the_time_anew)
{
    shs_epoch_round_t round = most;
    apr_time_t since = BEGAN + 5 * S;
    apr_time_t then = since + BEFORE;

    ck_assert_int_eq(end_round(&most, since), 0);
    if (interruptions[_i].round) {
        end_round(interruptions[_i].round, then);
    }
    else {
        shs_epoch_note(&epoch, interruptions[_i].reported, then);
        round.known = epoch.known;
    }
    ck_assert_msg(!end_round(&round, then), "%s", interruptions[_i].why);
    ck_assert_msg(!end_round(&round, then + BEFORE), "%s",
                  interruptions[_i].why);
    ck_assert_int_eq(end_round(&round, then + BEFORE + 1), 1);
}
END_TEST

/* A server reported the known epoch to another child, after this child began to
 * measure the time. */
START_TEST(epoch_end_round__measures_from_the_last_report_of_the_known_epoch)
{
    ck_assert_int_eq(end_round(&most, BEGAN), 0);
    epoch.reported_at = BEGAN + S;
    ck_assert_int_eq(end_round(&most, BEGAN + S + BEFORE), 0);
    ck_assert_int_eq(end_round(&most, BEGAN + S + BEFORE + 1), 1);
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
    tcase_add_test(
        tc, epoch_end_round__takes_the_epoch_of_most_servers_after_a_time);
    tcase_add_test(tc, epoch_end_round__never_takes_the_epoch_of_few_servers);
    tcase_add_loop_test(tc, epoch_end_round__begins_the_time_anew, 0,
                        ROWS(interruptions));
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
