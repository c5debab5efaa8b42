/* SPDX-License-Identifier: Apache-2.0
 *
 * other_sessions: the sessions that a request's other ids lead to. A request
 * may bring several ids: by cookies of several names, by cookies of one name
 * for several paths, by its path. One of them leads to its session. If that
 * session ends or gets a new id, the next request must not find another one
 * instead.
 */
#ifndef SHS_REQUEST_LOOKUP_OTHER_SESSIONS_H
#define SHS_REQUEST_LOOKUP_OTHER_SESSIONS_H

#include "request/lookup/lookup.h"
#include "request/lookup/writer.h"

/* Ends other sessions than the one of `lookup`, which is FOUND. A logout ends
 * all that an id of the request leads to, as end_unfound() does. A new id ends
 * those whose cookie may precede the one with the new id on the next request.
 * Returns DONE and the names of the cookies of all these sessions (bit n: the
 * n-th name of SharedSessionCookie); or what failed, and then some may have
 * ended. Logs each session that it ends. */
shs_written_t shs_other_sessions_end(apr_uint32_t *names,
                                     const shs_scope_t *scope,
                                     const shs_lookup_t *lookup, int is_logout);

/* For a logout whose lookup found no session: ABSENT, maybe from the
 * near-cache, or MALFORMED. Loads each id of the request from the store itself,
 * and ends what it leads to all the same. This includes a record that is too
 * large for a session, or that cannot be decoded: a program that can read it
 * would continue it. Returns DONE if there was any; GONE if no id leads to
 * anything; MALFORMED if a key holds another type of value than the format
 * writes, which stays, while all others have ended; or what failed. With DONE
 * and GONE, *names are the cookies to remove: as above, and the first name,
 * with which sessions are given, if it brought an id. An id by another name
 * that leads to no session may be another application's. */
shs_written_t shs_other_sessions_end_unfound(apr_uint32_t *names,
                                             const shs_scope_t *scope,
                                             const shs_lookup_t *lookup);

#endif
