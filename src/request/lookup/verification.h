/* SPDX-License-Identifier: Apache-2.0
 *
 * verification: verifies the signatures of the ids that a request offers,
 * before the store is asked. A wrong signature may mean that the file with the
 * secrets has changed. So verification then reads it again, if it has
 * (session/id/secret_file.h), and logs this.
 *
 * A digest costs time, and a client can send a thousand cookies of one name. So
 * a search for ids verifies a few values only. Values that have not the form of
 * a signed id do not count, nor do ids that the search has found already.
 */
#ifndef SHS_REQUEST_LOOKUP_VERIFICATION_H
#define SHS_REQUEST_LOOKUP_VERIFICATION_H

#include "request/lookup/scope.h"
#include "session/id/cookie.h"
#include "session/id/id_steps.h"

/* How many values of a search are verified: twice as many as are then tried, so
 * that forged cookies, which others may set for the same name, displace the
 * right one no earlier than unsigned ones would. */
#define SHS_VERIFICATION_MAX 8

/* The most cookies NAME.sig of one name that are compared with. */
#define SHS_VERIFICATION_SIGNATURES 8

/* For one search. */
typedef struct shs_verification_t shs_verification_t;

/* From the request's pool. The scope's ids are signed. `header` is the Cookie
 * header, or NULL. */
shs_verification_t *shs_verification_create(const shs_scope_t *scope,
                                            const char *header);

/* Whether the proof is right. `name` is that of the cookie, and NULL for a path
 * parameter. Returns NULL, or why not (static). */
const char *shs_verification_check(shs_verification_t *verification,
                                   const shs_id_proof_t *proof,
                                   const char *name, shs_cookie_split_t split);

#endif
