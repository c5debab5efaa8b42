/* SPDX-License-Identifier: Apache-2.0
 *
 * htaccess: which .htaccess files took part in a request. The author of such a
 * file could name a header, or a file of users, and so log in as any user. The
 * merged configuration of a request does not show where a directive came from.
 */
#ifndef SHS_REQUEST_MOD_SESSION_HTACCESS_H
#define SHS_REQUEST_MOD_SESSION_HTACCESS_H

#include <httpd.h>

/* Whether a .htaccess file configures logins: it has a directive of
 * mod_session, of its providers, of mod_auth_form or of authentication. `first`
 * is the client request; the files that were read for it, for its redirects and
 * for the subrequests that it became count. A file counts even if it no longer
 * applies: once mod_rewrite has turned a file's request into a proxy's, the two
 * cannot be told apart. Returns 1 or 0. */
int shs_htaccess_configures_login(const request_rec *first);

/* Call this for each subrequest r of the client request `first`, as soon as its
 * configuration is final: with DirectoryIndex, FallbackResource or MultiViews a
 * request becomes its subrequest, and keeps only the configuration
 * (ap_internal_fast_redirect()), not the list of files. */
void shs_htaccess_note_subrequest(const request_rec *first,
                                  const request_rec *r);

#endif
