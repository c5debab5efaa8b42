/* SPDX-License-Identifier: Apache-2.0
 *
 * load: the session of one id, from the near-cache or the store, decoded. Part
 * of lookup, which tries several ids.
 */
#ifndef SHS_REQUEST_LOOKUP_LOAD_H
#define SHS_REQUEST_LOOKUP_LOAD_H

#include "request/lookup/lookup_result.h"
#include "request/lookup/scope.h"

/* Loads the session of an id: the one under its key, or the one that it has
 * become by rotations. Needs the lookup's now, deadline and must_be_fresh. Sets
 * its key and reason, and if FOUND all that writes need. Logs changes of the
 * store's state, and what cannot be decoded. */
shs_outcome_t shs_load_session(shs_lookup_t *lookup, const shs_scope_t *scope,
                               const shs_session_id_t *sid);

#endif
