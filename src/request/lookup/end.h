/* SPDX-License-Identifier: Apache-2.0
 *
 * end: ends a session: one of the module's own as writer does it, one of a
 * framework as the framework's own logout does it.
 */
#ifndef SHS_REQUEST_LOOKUP_END_H
#define SHS_REQUEST_LOOKUP_END_H

#include "request/lookup/lookup.h"
#include "request/lookup/writer.h"

/* Ends the session of a lookup that is FOUND. DONE too if it had ended
 * before. */
shs_written_t shs_end_session(const shs_scope_t *scope,
                              const shs_lookup_t *lookup);

/* For a logout: removes a framework's key whose value is no readable session,
 * because the framework may be able to read it. A key without a prefix stays,
 * and one of another type: it may be of another kind. GONE if there is none, or
 * it stays. */
shs_written_t shs_end_unread(const shs_scope_t *scope, shs_octets_t key);

#endif
