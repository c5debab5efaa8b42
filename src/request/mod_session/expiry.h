/* SPDX-License-Identifier: Apache-2.0
 *
 * expiry: where the expiry of mod_session is stored, and when it is written.
 * mod_session moves it at each request. It is not written each time, but as
 * session/lifetime.h has it: SessionMaxAge and a sixth is written, once
 * SessionMaxAge or less is left.
 */
#ifndef SHS_REQUEST_MOD_SESSION_EXPIRY_H
#define SHS_REQUEST_MOD_SESSION_EXPIRY_H

#include <apr_tables.h>
#include <mod_session.h>

/* The attribute that holds the expiry, in microseconds since the epoch. */
#define SHS_EXPIRY_ATTRIBUTE "mod_session-expiry"

/* mod_session adds the expiry to the entries under this name when it encodes a
 * session, for SessionEnv and before each save. It is not an attribute. */
#define SHS_EXPIRY_ENTRY "expiry"

/* Whether the session's expiry must be written, although no entry has changed.
 * `stored`: the expiry that was loaded, or 0. */
int shs_expiry_is_due(const session_rec *session, apr_time_t stored);

/* Adds the expiry to the attributes that are written with an entry. Where
 * SessionMaxAge is not set, it is still the loaded one, even if maxage is set:
 * all requests of a client request share the session, and one of them may
 * belong to a place with SessionMaxAge. It is not added then: another request
 * may have written a later one. */
void shs_expiry_set(apr_table_t *set, const session_rec *session,
                    apr_time_t stored);

#endif
