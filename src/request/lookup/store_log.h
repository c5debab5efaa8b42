/* SPDX-License-Identifier: Apache-2.0
 *
 * store_log: the log lines about the store that lookups and writes query, and
 * about what it holds.
 */
#ifndef SHS_REQUEST_LOOKUP_STORE_LOG_H
#define SHS_REQUEST_LOOKUP_STORE_LOG_H

#include <httpd.h>

#include "session/id/session_id.h"
#include "store/store.h"

/* Logs a change of the store's state that a result reports. */
void shs_store_log_transition(const request_rec *r, const shs_store_t *store,
                              const shs_result_t *result);

/* Logs a warning once per minute and child, else at debug. The store's reasons
 * and the codec's are counted separately, so that one broken session hides no
 * other error. */
void shs_store_log_malformed(const request_rec *r, const shs_session_id_t *sid,
                             const char *reason, int is_of_codec);

/* Logs once per minute and child, else at debug, why an attribute could not be
 * understood (shs_session_opaque()). */
void shs_store_log_opaque(const request_rec *r, const shs_session_id_t *sid,
                          const char *reason);

/* For a query to that store: logs what happens to it on its way, at trace1.
 * NULL if that level is off. From the request's pool. */
const shs_trace_t *shs_store_log_trace(request_rec *r,
                                       const shs_store_t *store);

/* Logs an error once per minute and child. */
void shs_store_log_missing_store(const request_rec *r);

#endif
