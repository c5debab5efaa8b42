/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_log: what is logged of lookups, and of the store that they ask.
 */
#ifndef SHS_REQUEST_LOOKUP_LOG_H
#define SHS_REQUEST_LOOKUP_LOG_H

#include "request/lookup.h"

/* Whether a warning that is given once a minute a child is due; exactly one
 * thread is told so. `last` is static and zero at first. */
int shs_lookup_log_is_due(volatile apr_uint32_t *last);

/* What an answer has changed in what is known of the store. */
void shs_lookup_log_transition(const request_rec *r, const shs_store_t *store,
                               const shs_answer_t *answer);

/* A warning once a minute a child, else at debug: of what the store holds, and
 * of what a codec makes of it, each by itself, so that one broken session hides
 * no other trouble. */
void shs_lookup_log_malformed(const request_rec *r, const shs_ident_t *ident,
                              const char *reason, int is_of_codec);

/* The one line of each lookup, at debug; `took` in microseconds. */
void shs_lookup_log_outcome(const request_rec *r, const shs_lookup_t *lookup,
                            apr_interval_time_t took);

/* An error once a minute a child. */
void shs_lookup_log_missing_store(const request_rec *r);

#endif
