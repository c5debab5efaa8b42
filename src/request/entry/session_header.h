/* SPDX-License-Identifier: Apache-2.0
 *
 * session_header: what mod_session's SessionHeader may take, across internal
 * redirects. A program's headers go along when its response leads to another
 * page of the server (CGI, RFC 3875 section 6.2.2; error documents), and
 * mod_session would hear them by the words of that page's place: of a program
 * whose own place is trusted with no session.
 */
#ifndef SHS_REQUEST_ENTRY_SESSION_HEADER_H
#define SHS_REQUEST_ENTRY_SESSION_HEADER_H

#include <httpd.h>
#include <http_config.h>

/* For a module's command table: SessionHeader, which httpd tells each module
 * that has it there. */
#define SHS_SESSION_HEADER_DIRECTIVE                                   \
    AP_INIT_TAKE1("SessionHeader", shs_session_header_note_name, NULL, \
                  RSRC_CONF | OR_AUTHCFG,                              \
                  "a header's name, which mod_session hears")

const char *shs_session_header_note_name(cmd_parms *cmd, void *dir,
                                         const char *name);

/* pre_config: the configuration is read anew. */
int shs_session_header_on_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                                     apr_pool_t *ptemp);

/* post_read_request, the first hook of an internal redirect: takes out each
 * header that SessionHeader names anywhere, unless Session and SharedSession
 * are On where it comes from, and SessionHeader names it there. */
int shs_session_header_on_post_read_request(request_rec *r);

#endif
