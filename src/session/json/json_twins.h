/* SPDX-License-Identifier: Apache-2.0
 *
 * json_twins: of members of one name, the last one counts. The effort grows
 * with the number of members, not with its square, whatever their names are.
 */
#ifndef SHS_SESSION_JSON_JSON_TWINS_H
#define SHS_SESSION_JSON_JSON_TWINS_H

#include "session/session.h"

/* Of the members from value `from` to the end of the session, which are those
 * of one object, keeps the last one of each name. What it needs is from p. */
void shs_json_twins_remove(shs_session_t *session, apr_size_t from,
                           apr_pool_t *p);

#endif
