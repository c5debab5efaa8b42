/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/tracking_alert.h"

#include "unit.h"

#define LEASE 2000

static shs_tracking_alert_t *tracking_alert_new(void)
{
    return apr_pcalloc(p, sizeof(shs_tracking_alert_t));
}

/* One read at that time: whether the cache is live, whether the store answered,
 * the change. */
typedef struct read_t {
    apr_time_t at;
    int is_live;
    int is_answered;
    shs_tracking_alert_change_t change;
} read_t;

static const struct {
    read_t reads[8];
    const char *why;
} stories[] = {
    { { { 1000, 1, 1, SHS_TRACKING_ALERT_NONE },
        { 9000, 1, 1, SHS_TRACKING_ALERT_NONE } },
      "all is well" },
    { { { 1000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 3000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 3001, 0, 1, SHS_TRACKING_ALERT_RAISED },
        { 3002, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 99000, 0, 1, SHS_TRACKING_ALERT_NONE } },
      "raised once, after a lease" },
    { { { 1000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 2000, 1, 1, SHS_TRACKING_ALERT_NONE },
        { 3001, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 5001, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 5002, 0, 1, SHS_TRACKING_ALERT_RAISED } },
      "a moment, as at start, raises nothing" },
    { { { 1000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 2000, 0, 0, SHS_TRACKING_ALERT_NONE },
        { 9000, 0, 0, SHS_TRACKING_ALERT_NONE },
        { 9100, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 9200, 1, 1, SHS_TRACKING_ALERT_NONE } },
      "a store that does not answer is reported elsewhere" },
    { { { 1000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 4000, 0, 1, SHS_TRACKING_ALERT_RAISED },
        { 5000, 1, 1, SHS_TRACKING_ALERT_CLEARED },
        { 6000, 1, 1, SHS_TRACKING_ALERT_NONE },
        { 7000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 9001, 0, 1, SHS_TRACKING_ALERT_RAISED } },
      "cleared, and raised again" },
    { { { 1000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 4000, 0, 1, SHS_TRACKING_ALERT_RAISED },
        { 5000, 0, 0, SHS_TRACKING_ALERT_NONE },
        { 6000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 9000, 0, 1, SHS_TRACKING_ALERT_NONE },
        { 9500, 1, 0, SHS_TRACKING_ALERT_CLEARED } },
      "it is the same after the store was gone" },
};

START_TEST(tracking_alert_note__raises_and_clears)
{
    shs_tracking_alert_t *tracking_alert = tracking_alert_new();
    int i;

    for (i = 0; i < 8 && stories[_i].reads[i].at; ++i) {
        const read_t *read = &stories[_i].reads[i];
        shs_tracking_alert_change_t change = shs_tracking_alert_note(
            tracking_alert, read->is_live, read->is_answered, LEASE, read->at);

        ck_assert_msg(change == read->change, "%s: read %d", stories[_i].why,
                      i + 1);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, tracking_alert_note__raises_and_clears, 0,
                        ROWS(stories));
}

int main(void)
{
    return unit_main("tracking_alert", add);
}
