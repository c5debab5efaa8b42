/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_log: the log lines about lookups, and about the store that they query.
 */
#ifndef SHS_REQUEST_LOOKUP_LOOKUP_LOG_H
#define SHS_REQUEST_LOOKUP_LOOKUP_LOG_H

#include "request/lookup/lookup.h"

/* Logs a change of the store's state that a result reports. */
void shs_lookup_log_transition(const request_rec *r, const shs_store_t *store,
                               const shs_result_t *result);

/* Logs a warning once per minute and child, else at debug. The store's reasons
 * and the codec's are counted separately, so that one broken session hides no
 * other error. */
void shs_lookup_log_malformed(const request_rec *r, const shs_session_id_t *sid,
                              const char *reason, int is_of_codec);

/* The one line of each lookup, at debug. `took` is in microseconds. */
void shs_lookup_log_outcome(const request_rec *r, const shs_lookup_t *lookup,
                            apr_interval_time_t took);

/* Logs an error once per minute and child. */
void shs_lookup_log_missing_store(const request_rec *r);

#endif
