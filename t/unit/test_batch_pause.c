/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batch_pause.h"

#include "unit.h"

#define SECOND APR_USEC_PER_SEC

static shs_batch_pause_t batch_pause;
static apr_time_t now;

static void begin(void)
{
    memset(&batch_pause, 0, sizeof(batch_pause));
    now = 1000 * SECOND;
}

static int is_over_at(apr_time_t at)
{
    return shs_batch_pause_is_over(&batch_pause, at);
}

/* The pause ends exactly then. */
static void ck_pause(apr_interval_time_t length)
{
    ck_assert_msg(!is_over_at(now + length - 1) && is_over_at(now + length),
                  "the pause is not %d ms", (int)(length / 1000));
}

START_TEST(batch_pause_is_over__at_first)
{
    ck_assert(is_over_at(0));
}
END_TEST

START_TEST(batch_pause_note_failure__doubles_up_to_a_minute)
{
    static const int seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
    int i;

    for (i = 0; i < ROWS(seconds); i++) {
        shs_batch_pause_note_failure(&batch_pause, now);
        ck_pause(seconds[i] * SECOND);
        now += seconds[i] * SECOND;
    }
}
END_TEST

/* Six batches may be under way. */
START_TEST(batch_pause_note_failure__counts_those_under_way_once)
{
    int i;

    for (i = 0; i < 6; i++) {
        shs_batch_pause_note_failure(&batch_pause, now + i);
    }
    ck_pause(SECOND);
    now += SECOND;
    shs_batch_pause_note_failure(&batch_pause, now);
    ck_pause(2 * SECOND);
}
END_TEST

START_TEST(batch_pause_note_success__begins_again)
{
    shs_batch_pause_note_failure(&batch_pause, now);
    now += SECOND;
    shs_batch_pause_note_failure(&batch_pause, now);
    shs_batch_pause_note_success(&batch_pause);
    ck_pause(2 * SECOND);
    now += 2 * SECOND;
    shs_batch_pause_note_failure(&batch_pause, now);
    ck_pause(SECOND);
}
END_TEST

/* The pause ends then, if a reply is quick, and not before. */
static void ck_slow_pause(apr_interval_time_t length)
{
    shs_batch_pause_note_quick(&batch_pause, now + length - 1);
    ck_assert(!is_over_at(now + length));
    shs_batch_pause_note_quick(&batch_pause, now + length);
    ck_pause(length);
}

START_TEST(batch_pause_note_slow__pauses_for_a_second_from_then)
{
    shs_batch_pause_note_slow(&batch_pause, now);
    now += SECOND / 2;
    shs_batch_pause_note_slow(&batch_pause, now);
    ck_slow_pause(SECOND);
    /* It counts as no failure. */
    now += SECOND;
    shs_batch_pause_note_failure(&batch_pause, now);
    ck_pause(SECOND);
}
END_TEST

START_TEST(batch_pause_note_slow__pauses_until_a_reply_is_quick)
{
    shs_batch_pause_note_slow(&batch_pause, now);
    ck_assert(!is_over_at(now + 3600 * SECOND));
    now += 3600 * SECOND;
    shs_batch_pause_note_quick(&batch_pause, now);
    ck_assert(is_over_at(now));
}
END_TEST

START_TEST(batch_pause_note_quick__does_not_end_a_pause_after_a_failure)
{
    shs_batch_pause_note_failure(&batch_pause, now);
    shs_batch_pause_note_quick(&batch_pause, now + SECOND / 2);
    ck_pause(SECOND);
}
END_TEST

START_TEST(batch_pause_note_slow__does_not_shorten_a_pause)
{
    shs_batch_pause_note_failure(&batch_pause, now);
    now += SECOND;
    shs_batch_pause_note_failure(&batch_pause, now);
    shs_batch_pause_note_slow(&batch_pause, now + SECOND / 2);
    ck_slow_pause(2 * SECOND);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, begin, NULL);
    tcase_add_test(tc, batch_pause_is_over__at_first);
    tcase_add_test(tc, batch_pause_note_failure__doubles_up_to_a_minute);
    tcase_add_test(tc, batch_pause_note_failure__counts_those_under_way_once);
    tcase_add_test(tc, batch_pause_note_success__begins_again);
    tcase_add_test(tc, batch_pause_note_slow__pauses_for_a_second_from_then);
    tcase_add_test(tc, batch_pause_note_slow__pauses_until_a_reply_is_quick);
    tcase_add_test(
        tc, batch_pause_note_quick__does_not_end_a_pause_after_a_failure);
    tcase_add_test(tc, batch_pause_note_slow__does_not_shorten_a_pause);
}

int main(void)
{
    return unit_main("batch_pause", add);
}
