/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/error_alert.h"

#include <pthread.h>

#include "unit.h"

#define S APR_USEC_PER_SEC

static shs_error_alert_t alert;

/* A second, the failures in it, and how many are reported. */
static const struct {
    int threshold;
    int at[12]; /* seconds at which it fails; 0: the end */
    int reports;
    const char *why;
} rows[] = {
    { 1, { 1 }, 1, "the first" },
    { 1, { 1, 1, 1, 60 }, 1, "once a minute" },
    { 1, { 1, 60, 61 }, 2, "again after a minute" },
    { 1, { 1, 62, 124, 186 }, 4, "as long as it lasts" },
    { 3, { 1, 2 }, 0, "too few" },
    { 3, { 1, 2, 3 }, 1, "enough" },
    { 3, { 1, 2, 3, 4, 5, 6, 7 }, 1, "more, reported once" },
    { 3, { 1, 30, 61, 62 }, 0, "too few in any minute" },
    { 3, { 1, 30, 61, 62, 63 }, 1, "enough in the second" },
    { 3, { 1, 2, 3, 70, 71 }, 1, "counted anew" },
    { 3, { 1, 2, 3, 70, 71, 72 }, 2, "counted anew, and enough" },
};

START_TEST(error_alert_note__reports_once_a_minute_past_the_threshold)
{
    int reports = 0;
    int i;

    memset(&alert, 0, sizeof(alert));
    for (i = 0; i < 12 && rows[_i].at[i]; i++) {
        reports +=
            shs_error_alert_note(&alert, (apr_uint32_t)rows[_i].threshold,
                                 1000 * S + rows[_i].at[i] * S);
    }
    ck_assert_msg(reports == rows[_i].reports, "%d: %s", reports, rows[_i].why);
}
END_TEST

START_TEST(error_alert_clear__reports_once_if_the_failure_was)
{
    memset(&alert, 0, sizeof(alert));
    ck_assert(!shs_error_alert_clear(&alert));
    ck_assert(!shs_error_alert_note(&alert, 2, S));
    ck_assert(!shs_error_alert_clear(&alert));
    ck_assert(shs_error_alert_note(&alert, 2, 2 * S));
    ck_assert(shs_error_alert_clear(&alert));
    ck_assert(!shs_error_alert_clear(&alert));
    ck_assert(!shs_error_alert_note(&alert, 1, 3 * S));
    ck_assert(!shs_error_alert_clear(&alert));
}
END_TEST

static void *note_often(void *data)
{
    int *reports = data;
    int i;

    for (i = 0; i < 10000; i++) {
        *reports += shs_error_alert_note(&alert, 1, S + i);
    }
    return NULL;
}

START_TEST(error_alert_note__reports_to_one_of_all_threads)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    int reports[THREADS] = { 0 };
    int sum = 0;
    int i;

    memset(&alert, 0, sizeof(alert));
    for (i = 0; i < THREADS; i++) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, note_often, &reports[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += reports[i];
    }
    ck_assert_int_eq(sum, 1);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, error_alert_note__reports_once_a_minute_past_the_threshold, 0,
        ROWS(rows));
    tcase_add_test(tc, error_alert_clear__reports_once_if_the_failure_was);
    tcase_add_test(tc, error_alert_note__reports_to_one_of_all_threads);
}

int main(void)
{
    return unit_main("error_alert", add);
}
