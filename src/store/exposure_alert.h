/* SPDX-License-Identifier: Apache-2.0
 *
 * exposure_alert: requests that were given less than their session has, since it is
 * more than they may carry. Counted for the host, and told once a minute.
 */
#ifndef SHS_STORE_EXPOSURE_ALERT_H
#define SHS_STORE_EXPOSURE_ALERT_H

#include <stdatomic.h>

#include <apr_time.h>

/* In memory that all children share; zeroed before use. */
typedef struct shs_exposure_alert_t {
    _Atomic apr_uint64_t count;
    _Atomic apr_int64_t told_at; /* by shs_clock_now(); 0: never */
} shs_exposure_alert_t;

/* Counts one request. Returns 1 when it is to be told: of all that come in a
 * minute, in any child, to exactly one. */
int shs_exposure_alert_note(shs_exposure_alert_t *alert, apr_time_t now);

/* How many there were. */
apr_uint64_t shs_exposure_alert_count(const shs_exposure_alert_t *alert);

#endif
