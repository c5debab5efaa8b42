/* SPDX-License-Identifier: Apache-2.0
 *
 * error_alert: something that fails again and again though the server is not down,
 * so that the circuit breaker, which watches for servers that give no answer,
 * has nothing to tell: a server that answers reads and refuses writes (OOM,
 * NOREPLICAS, MISCONF, READONLY), or every tenth question that is answered
 * too late. It decides when that is told: once a minute on the whole host.
 */
#ifndef SHS_REDIS_HEALTH_ERROR_ALERT_H
#define SHS_REDIS_HEALTH_ERROR_ALERT_H

#include <stdatomic.h>

#include <apr_time.h>

/* The minute: how often at most, and within what failures are counted. */
#define SHS_ERROR_ALERT_MINUTE (60 * APR_USEC_PER_SEC)

/* In memory that all children share; zeroed memory is valid. */
typedef struct shs_error_alert_t {
    _Atomic apr_int64_t began_at; /* of the minute that is counted; 0: none */
    _Atomic apr_uint32_t count;   /* of failures in it */
    _Atomic apr_int64_t reported_at;  /* shs_clock_now(); 0: never */
    _Atomic apr_uint32_t is_reported; /* ... and it is not known to be over */
} shs_error_alert_t;

/* One failure more. Returns whether the caller is to tell of it: it is the
 * `least`-th within a minute, or a later one, and nobody on this host has told
 * in the last minute. */
int shs_error_alert_note(shs_error_alert_t *alert, apr_uint32_t threshold,
                         apr_time_t now);

/* It works again. Returns whether the caller is to tell that: it was told that
 * it did not. Costs one read of shared memory where there is nothing to tell.
 */
int shs_error_alert_clear(shs_error_alert_t *alert);

#endif
