/* SPDX-License-Identifier: Apache-2.0
 *
 * others: the sessions that a request's other ids lead to. A request may bring
 * several ids: by cookies of several names, by cookies of one name for several
 * paths, by its path. One of them leads to its session; where that one ends or
 * gets a new id, the next request must not find one of the others instead.
 */
#ifndef SHS_REQUEST_OTHERS_H
#define SHS_REQUEST_OTHERS_H

#include "request/lookup.h"
#include "request/writer.h"

/* Ends other sessions than the one of `lookup`, which FOUND: for a logout all
 * that an id of the request leads to, as end_unfound() does; for a new id those
 * whose cookie may come before the one with the new id on the next request.
 * Returns DONE and the names of the cookies of all these sessions (bit n: the
 * n-th name of SharedSessionCookie); or what went wrong, and then some may have
 * ended. Logs each that it ends. */
shs_written_t shs_others_end(apr_uint32_t *names, const shs_writer_t *writer,
                             const shs_lookup_t *lookup, int is_logout);

/* For a logout whose lookup found no session: ABSENT, maybe by the near-cache,
 * or MALFORMED. Asks the store itself for each id of the request, and ends what
 * it leads to all the same, also what is too large for a session, or cannot be
 * decoded: a program that can read it would go on with it. Returns DONE if
 * there was any; NONE if nothing is there; MALFORMED if a key holds another
 * type of value than the format writes, which is left alone, while all others
 * have ended; or what went wrong. Of DONE and NONE *names are the cookies to
 * take away: as above, and the first name, which sessions are given by, if it
 * has brought an id. An id by another name that leads nowhere may be another
 * application's. */
shs_written_t shs_others_end_unfound(apr_uint32_t *names,
                                     const shs_writer_t *writer,
                                     const shs_lookup_t *lookup);

#endif
