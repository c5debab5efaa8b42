/* SPDX-License-Identifier: Apache-2.0
 *
 * candidate: the ids that a client request offers, in the order in which they
 * are tried: cookies in the order of their names, then the path parameter, and
 * last those that only a comma separates in the Cookie header (see
 * session/id/cookie.h). It queries no store, and gives the reason why a request
 * has no id. Signatures are verified here.
 */
#ifndef SHS_REQUEST_LOOKUP_CANDIDATE_H
#define SHS_REQUEST_LOOKUP_CANDIDATE_H

#include "request/lookup/scope.h"
#include "session/id/session_id.h"

/* The highest number of different ids of one request. Ids that a comma
 * separates take no place of another. */
#define SHS_CANDIDATE_MAX 4

typedef struct shs_candidate_t {
    shs_session_id_t sid;
    apr_uint32_t names; /* bit n: it came from the n-th cookie name */
    int is_joined;      /* it was found at a comma only */
} shs_candidate_t;

/* On the stack. The ids are borrowed from the request, or from its pool. */
typedef struct shs_candidates_t {
    shs_candidate_t list[SHS_CANDIDATE_MAX];
    int count;
    const char *refusal; /* why the first value that is no id is refused
                          * (static); NULL: there was no such value */
} shs_candidates_t;

/* Finds all ids that the request offers by the scope's settings. An id whose
 * key would belong to another place's template (shs_key_is_of_another()) is
 * refused. */
void shs_candidate_find(shs_candidates_t *out, const shs_scope_t *scope);

#endif
