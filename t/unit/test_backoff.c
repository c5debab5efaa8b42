/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/backoff.h"

#include "unit.h"

#define MS 1000

#define MAX_TIMEOUT 200
#define MAX_PAUSE   50

/* How long each attempt after a pause takes, and how long each pause is, in ms.
 * Attempts and pauses follow each other until there is no pause. */
static const struct {
    int timeout;
    int took[10];
    int pauses[10]; /* with the 0 at the end */
    const char *why;
} schedules[] = {
    { 200, { 0 }, { 5, 10, 20, 40, 50, 50, 23, 0 }, "replies come at once" },
    { 180,
      { 0 },
      { 5, 10, 20, 40, 50, 50, 3, 0 },
      "the last pause is shorter" },
    { 178, { 0 }, { 5, 10, 20, 40, 50, 50, 0 }, "it would be too short" },
    { 4, { 0 }, { 2, 0 }, "the shortest timeout with a pause" },
    { 3, { 0 }, { 0 }, "no time for a pause and an attempt" },
    { 40, { 10 }, { 5, 5, 18, 0 }, "twice 10 ms stay for the next attempt" },
    { 40, { 12 }, { 5, 0 }, "twice 12 ms do not" },
    { 100,
      { 0, 0, 30 },
      { 5, 10, 20, 0 },
      "a slow attempt leaves too little time for another" },
    { 200,
      { 0, 0, 0, 0, 15, 6 },
      { 5, 10, 20, 40, 50, 30, 12, 10, 0 },
      "slow attempts shorten pauses; the next ones are not shorter for that" },
};

START_TEST(backoff__pauses)
{
    const char *why = schedules[_i].why;
    apr_interval_time_t left = schedules[_i].timeout * MS;
    apr_interval_time_t took = 0;
    shs_backoff_t backoff;
    int i;

    shs_backoff_init(&backoff);
    for (i = 0;; ++i) {
        apr_interval_time_t pause = shs_backoff_next(&backoff, left, took);

        ck_assert_msg(pause == schedules[_i].pauses[i] * MS,
                      "pause %d is %d us, not %d ms: %s", i, (int)pause,
                      schedules[_i].pauses[i], why);
        if (!pause) {
            break;
        }
        took = schedules[_i].took[i] * MS;
        left -= pause + took;
    }
}
END_TEST

/* The most attempts that are possible in `left` ms, by the pause that is next;
 * 0: not computed yet. */
static int known[MAX_TIMEOUT + 1][MAX_PAUSE + 1];

/* The attempt that begins now may take any number of ms. */
static int most_attempts(int left, shs_backoff_t backoff, int is_first)
{
    int *most = &known[left][backoff.pause / MS];
    int took;

    if (*most && !is_first) {
        return *most;
    }
    *most = 1;
    for (took = 0; took <= left; ++took) {
        shs_backoff_t next = backoff;
        int pause = (int)shs_backoff_next(&next, (left - took) * MS,
                                          is_first ? 0 : took * MS)
                    / MS;

        if (pause > 0) {
            int attempts = 1 + most_attempts(left - took - pause, next, 0);

            *most = attempts > *most ? attempts : *most;
        }
    }
    return *most;
}

START_TEST(backoff__bounds_the_attempts_whatever_each_takes)
{
    shs_backoff_t backoff;

    shs_backoff_init(&backoff);
    ck_assert_int_eq(most_attempts(MAX_TIMEOUT, backoff, 1), 12);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, backoff__pauses, 0, ROWS(schedules));
    tcase_add_test(tc, backoff__bounds_the_attempts_whatever_each_takes);
}

int main(void)
{
    return unit_main("backoff", add);
}
