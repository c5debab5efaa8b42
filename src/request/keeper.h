/* SPDX-License-Identifier: Apache-2.0
 *
 * keeper: a session begun, changed, rotated and ended on behalf of a request:
 * written to the store, the cookie given with the response, and what is known
 * and exposed of it brought up to date. Whoever asks for it (a response
 * from downstream, the JSON resource, another module) stands above.
 *
 * What is written is written before the response's headers leave, so the next
 * request, on any server, sees it. A client gets the cookie of a session only
 * when the session is there.
 */
#ifndef SHS_REQUEST_KEEPER_H
#define SHS_REQUEST_KEEPER_H

#include <httpd.h>

#include "request/lookup.h"
#include "request/writer.h"

/* The session of r as its settings have it, looked up at most once a client
 * request. NULL where SharedSession is Off, where there is no store, and for
 * TRACE. */
const shs_lookup_t *shs_keeper_find(request_rec *r);

/* All of these return what came of it, NONE also where find() is NULL,
 * FORBIDDEN where only .htaccess says SharedSession On, and LATE if a new id is
 * to be given and headers of a response were sent. Each one is done when
 * it returns, and logged. */

/* A session with these attributes under a new id: the one that the request has
 * goes on with them (a login), else there is a new one. */
shs_written_t shs_keeper_begin(request_rec *r, const shs_change_t *change);

shs_written_t shs_keeper_change(request_rec *r, const shs_change_t *change);

/* A new id; with a change (or NULL) it is a login: see writer.h, rule 4. A
 * session that another cookie of the first name leads to ends before: on the
 * next request that cookie may come before the one with the new id. begin()
 * does the same. */
shs_written_t shs_keeper_rotate(request_rec *r, const shs_change_t *change);

/* Whether headers of a response to r's client request were sent. */
int shs_keeper_is_late(request_rec *r);

/* Exposes anew what r's settings say, after one of these: for what comes later
 * in the same request. */
void shs_keeper_expose(request_rec *r);

/* Ends the session, and each other one that the request's ids lead to, then the
 * cookies of their names. What is stored there and is no session that can be
 * read (MALFORMED) ends likewise. NONE: no id leads to anything, and the cookie
 * of the first name is taken away if it has brought one. MALFORMED: a key holds
 * another type of value than the format writes, which is left alone; all others
 * have ended. Unless DONE or NONE, the client keeps its cookies. */
shs_written_t shs_keeper_end(request_rec *r);

#endif
