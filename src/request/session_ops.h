/* SPDX-License-Identifier: Apache-2.0
 *
 * session_ops: creates, changes, rotates and ends sessions on behalf of a
 * request: writes to the store, sets the cookie on the response, and updates
 * what the request knows and exposes. Its callers are control (a response from
 * downstream), the JSON resource and the optional functions (another module).
 *
 * A write is complete before the response's headers leave, so the next request,
 * on any server, sees it. A client gets the cookie of a session only after the
 * session was stored.
 */
#ifndef SHS_REQUEST_SESSION_OPS_H
#define SHS_REQUEST_SESSION_OPS_H

#include <httpd.h>

#include "request/lookup/lookup.h"
#include "request/lookup/writer.h"

/* The session of r by its settings, looked up at most once per client request.
 * NULL where SharedSession is Off, where there is no store, and for TRACE. */
const shs_lookup_t *shs_session_ops_find(request_rec *r);

/* The same as the store itself has it: a session that was found in the
 * near-cache is looked up again, and its exposure by r's settings repeated.
 * NULL: as above, or the store has failed. */
const shs_lookup_t *shs_session_ops_confirm(request_rec *r);

/* The same with its time to live, even if r's settings need it nowhere. */
const shs_lookup_t *shs_session_ops_find_with_ttl(request_rec *r);

/* Each of these returns the result of its write: GONE also where find() returns
 * NULL, FORBIDDEN where only .htaccess has SharedSession On, and LATE if a new
 * id is to be given but the headers of a response were sent. When it returns,
 * the write is complete and logged. */

/* Gives the session of the request a new id and these attributes (a login), or
 * creates a session with them. */
shs_written_t shs_session_ops_begin(request_rec *r, const shs_change_t *change);

shs_written_t shs_session_ops_change(request_rec *r,
                                     const shs_change_t *change);

/* Gives the session a new id. With a change (which may be NULL) it is a login:
 * see writer.h, rule 4. A session that another cookie of the first name leads
 * to ends before, because on the next request that cookie may precede the one
 * with the new id. begin() does the same. */
shs_written_t shs_session_ops_rotate(request_rec *r,
                                     const shs_change_t *change);

/* Whether the headers of a response to r's client request were sent. */
int shs_session_ops_is_late(request_rec *r);

/* Repeats the exposure by r's settings after one of these, for what comes later
 * in the same request. */
void shs_session_ops_update_exposure(request_rec *r);

/* Ends the session and all others that the request's ids lead to, then removes
 * the cookies of their names. A record that is no readable session (MALFORMED)
 * ends too. GONE: no id leads to anything, and the cookie of the first name is
 * removed if it brought one. MALFORMED: a key holds another type of value than
 * the format writes, which stays; all others have ended. Unless DONE or GONE,
 * some may not have ended, and the client keeps its cookies. */
shs_written_t shs_session_ops_end(request_rec *r);

/* Ends the session alone, because it is over by what the store itself has
 * (confirm()). CONFLICT: it has changed since, and goes on. */
shs_written_t shs_session_ops_expire(request_rec *r);

#endif
