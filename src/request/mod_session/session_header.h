/* SPDX-License-Identifier: Apache-2.0
 *
 * session_header: what mod_session's SessionHeader may accept across internal
 * redirects. A program's headers go along when its response leads to another
 * page of the server (CGI, RFC 3875 section 6.2.2; error documents).
 * mod_session would then read them by the settings of that page's place,
 * although the program's own place may not write sessions.
 */
#ifndef SHS_REQUEST_MOD_SESSION_SESSION_HEADER_H
#define SHS_REQUEST_MOD_SESSION_SESSION_HEADER_H

#include <httpd.h>
#include <http_config.h>

/* For a module's command table: httpd passes SessionHeader to each module that
 * has it there. */
#define SHS_SESSION_HEADER_DIRECTIVE                                   \
    AP_INIT_TAKE1("SessionHeader", shs_session_header_note_name, NULL, \
                  RSRC_CONF | OR_AUTHCFG,                              \
                  "a header's name, which mod_session reads")

const char *shs_session_header_note_name(cmd_parms *cmd, void *dir,
                                         const char *name);

/* pre_config: httpd begins to read the configuration. */
int shs_session_header_on_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                                     apr_pool_t *ptemp);

/* post_read_request, the first hook of an internal redirect: removes each
 * header that SessionHeader names anywhere, unless Session and SharedSession
 * are On in the place that sent it, and SessionHeader names it there. */
int shs_session_header_on_post_read_request(request_rec *r);

#endif
