/* SPDX-License-Identifier: Apache-2.0
 *
 * exposure_alert: requests that got only a part of their session because of
 * SharedSessionExposeLimit: counted for the host, with one warning a minute.
 */
#ifndef SHS_STORE_EXPOSURE_ALERT_H
#define SHS_STORE_EXPOSURE_ALERT_H

#include <stdatomic.h>

#include <apr_time.h>

/* In memory that all children share; zeroed before use. */
typedef struct shs_exposure_alert_t {
    _Atomic apr_uint64_t count;
    _Atomic apr_int64_t warned_at; /* by shs_clock_now(); 0: never */
} shs_exposure_alert_t;

/* Counts one request. Returns 1 to exactly one caller a minute, of all
 * children: the one that warns. */
int shs_exposure_alert_note(shs_exposure_alert_t *alert, apr_time_t now);

/* How many requests were counted. */
apr_uint64_t shs_exposure_alert_count(const shs_exposure_alert_t *alert);

#endif
