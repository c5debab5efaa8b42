/* SPDX-License-Identifier: Apache-2.0
 *
 * tracking_alert: a store that answers, but of which nobody hears what has changed, so
 * that nothing is kept near. It is told when it has been so for as long as a
 * lease, once, whatever it comes of: a user who may not listen, a server or a
 * proxy that does not know how; and then that it is over. A store that does not
 * answer either is told of elsewhere.
 */
#ifndef SHS_STORE_CACHE_TRACKING_ALERT_H
#define SHS_STORE_CACHE_TRACKING_ALERT_H

#include <stdatomic.h>

#include <apr_time.h>

/* In memory that all children share; zeroed before use. */
typedef struct shs_tracking_alert_t {
    _Atomic apr_uint64_t since; /* answered, but not told; 0: it is not so */
    _Atomic apr_uint32_t is_told;
} shs_tracking_alert_t;

typedef enum shs_tracking_alert_change_t {
    SHS_TRACKING_ALERT_NONE,
    SHS_TRACKING_ALERT_RAISED,
    SHS_TRACKING_ALERT_CLEARED
} shs_tracking_alert_change_t;

/* After each question to the store: whether what is kept near is believed, and
 * whether the store has answered. Of all children exactly one caller is told
 * each piece of news. */
shs_tracking_alert_change_t shs_tracking_alert_note(
    shs_tracking_alert_t *tracking_alert, int is_live, int is_answered,
    apr_interval_time_t lease, apr_time_t now);

#endif
