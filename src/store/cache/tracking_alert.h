/* SPDX-License-Identifier: Apache-2.0
 *
 * tracking_alert: a store that answers while its invalidation tracking is down,
 * so that the near-cache serves nothing. The alert is raised once, when this
 * has lasted for a lease, whatever the cause (a user without the permission, a
 * server or proxy without the feature), and cleared once when tracking is up
 * again. A store that does not answer is reported elsewhere.
 */
#ifndef SHS_STORE_CACHE_TRACKING_ALERT_H
#define SHS_STORE_CACHE_TRACKING_ALERT_H

#include <stdatomic.h>

#include <apr_time.h>

/* In memory that all children share; zeroed before use. */
typedef struct shs_tracking_alert_t {
    _Atomic apr_uint64_t
        since; /* the store answers, tracking is down; 0: not */
    _Atomic apr_uint32_t is_raised;
} shs_tracking_alert_t;

typedef enum shs_tracking_alert_change_t {
    SHS_TRACKING_ALERT_NONE,
    SHS_TRACKING_ALERT_RAISED,
    SHS_TRACKING_ALERT_CLEARED
} shs_tracking_alert_change_t;

/* After each read of the store: whether the near-cache is live, and whether the
 * store answered. Each change is returned to exactly one caller of all
 * children. */
shs_tracking_alert_change_t shs_tracking_alert_note(
    shs_tracking_alert_t *tracking_alert, int is_live, int is_answered,
    apr_interval_time_t lease, apr_time_t now);

#endif
