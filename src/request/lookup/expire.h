/* SPDX-License-Identifier: Apache-2.0
 *
 * expire: ends a session that is over by what it contains, such as the expiry
 * of mod_session. Another host may extend it at the same moment, and then it
 * goes on.
 */
#ifndef SHS_REQUEST_LOOKUP_EXPIRE_H
#define SHS_REQUEST_LOOKUP_EXPIRE_H

#include "request/lookup/writer.h"

/* Ends a session that is FOUND, if it is still what the lookup has read in the
 * store. CONFLICT: it has changed since, or the lookup has read it in the
 * near-cache. */
shs_written_t shs_expire_session(const shs_scope_t *scope,
                                 const shs_lookup_t *lookup);

#endif
