/* SPDX-License-Identifier: Apache-2.0
 *
 * error_alert: decides when repeated failures are reported although the server
 * is not down, so that the circuit breaker, which detects servers that do not
 * reply, reports nothing: the server answers reads and refuses writes (OOM,
 * NOREPLICAS, MISCONF, READONLY), or replies too late to every tenth command.
 * The whole host reports once a minute.
 */
#ifndef SHS_REDIS_HEALTH_ERROR_ALERT_H
#define SHS_REDIS_HEALTH_ERROR_ALERT_H

#include <stdatomic.h>

#include <apr_time.h>

/* The interval of reports, and the period in which failures are counted. */
#define SHS_ERROR_ALERT_MINUTE (60 * APR_USEC_PER_SEC)

/* In memory that all children share; zeroed memory is valid. */
typedef struct shs_error_alert_t {
    _Atomic apr_int64_t began_at;     /* of the current period; 0: none */
    _Atomic apr_uint32_t count;       /* of failures in it */
    _Atomic apr_int64_t reported_at;  /* shs_clock_now(); 0: never */
    _Atomic apr_uint32_t is_reported; /* ... and recovery was not */
} shs_error_alert_t;

/* Notes a failure. Returns whether the caller has to report it: `threshold`
 * failures or more have come within a minute, and no child of this host has
 * reported in the last minute. */
int shs_error_alert_note(shs_error_alert_t *alert, apr_uint32_t threshold,
                         apr_time_t now);

/* Notes a success. Returns whether the caller has to report the recovery: the
 * failure was reported. Costs one read of shared memory otherwise. */
int shs_error_alert_clear(shs_error_alert_t *alert);

#endif
