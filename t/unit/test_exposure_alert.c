/* SPDX-License-Identifier: Apache-2.0 */
#include "store/exposure_alert.h"

#include <apr_thread_proc.h>

#include "unit.h"

#define MINUTE apr_time_from_sec(60)

START_TEST(exposure_alert_note__warns_once_a_minute_and_counts_all)
{
    static const struct {
        apr_time_t at;
        int is_told;
    } notes[] = { { 1000, 1 },
                  { 1000, 0 },
                  { 1000 + MINUTE - 1, 0 },
                  { 1000 + MINUTE, 1 },
                  { 1000 + MINUTE + 1, 0 },
                  { 1000 + 9 * MINUTE, 1 } };
    shs_exposure_alert_t alert = { 0 };
    int i;

    for (i = 0; i < ROWS(notes); ++i) {
        ck_assert_msg(shs_exposure_alert_note(&alert, notes[i].at)
                          == notes[i].is_told,
                      "note %d", i);
    }
    ck_assert_int_eq(shs_exposure_alert_count(&alert), ROWS(notes));
}
END_TEST

#define THREADS 4
#define TIMES   10000

static shs_exposure_alert_t host_state;
static _Atomic int warned;

static void *APR_THREAD_FUNC note_often(apr_thread_t *thread, void *data)
{
    int i;

    (void)thread;
    for (i = 0; i < TIMES; ++i) {
        warned += shs_exposure_alert_note(&host_state, 1000);
    }
    return data;
}

START_TEST(exposure_alert_note__warns_in_one_of_all_threads)
{
    apr_thread_t *threads[THREADS];
    apr_status_t rv;
    int i;

    for (i = 0; i < THREADS; ++i) {
        ck_assert_int_eq(
            apr_thread_create(&threads[i], NULL, note_often, NULL, p),
            APR_SUCCESS);
    }
    for (i = 0; i < THREADS; ++i) {
        apr_thread_join(&rv, threads[i]);
    }
    ck_assert_int_eq(warned, 1);
    ck_assert_int_eq(shs_exposure_alert_count(&host_state), THREADS * TIMES);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, exposure_alert_note__warns_once_a_minute_and_counts_all);
    tcase_add_test(tc, exposure_alert_note__warns_in_one_of_all_threads);
}

int main(void)
{
    return unit_main("exposure_alert", add);
}
