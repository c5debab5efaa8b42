/* SPDX-License-Identifier: Apache-2.0
 *
 * login: the answer to a request that has no session that would do. A person is
 * redirected to the login page (SharedSessionLogin); any other client gets 401
 * with a body that programs can read (RFC 9457, application/problem+json).
 *
 * The login page gets the page that was asked for as a parameter: the path and
 * the query as the client has sent them, of this server, never a URL with a
 * host. So a login page that redirects there afterwards leads to no other site.
 */
#ifndef SHS_REQUEST_ACCESS_LOGIN_H
#define SHS_REQUEST_ACCESS_LOGIN_H

#include <httpd.h>

#include "config/settings.h"

/* The longest path with query that the login page gets, in octets. Of a longer
 * one it gets the path alone, or nothing. */
#define SHS_LOGIN_MAX_RETURN 2048

/* Registers the output filter of the 401; once, at start. */
void shs_login_register(void);

/* Hook: adds that filter to the 401 that shs_login_require() has prepared. */
void shs_login_on_insert_error_filter(request_rec *r);

/* Prepares the answer, and returns its status: 302 or 303 with Location; or
 * 401. `first` is the request as the client has sent it; r is the one that was
 * refused: also a subrequest, whose answer mod_dir makes that of the folder.
 * The latter's 401 gets its body when that is known. */
int shs_login_require(request_rec *r, const request_rec *first,
                      const shs_settings_t *settings);

/* Whether shs_login_require() redirects the client to the login page. */
int shs_login_redirects(const request_rec *first,
                        const shs_settings_t *settings);

#endif
