/* SPDX-License-Identifier: Apache-2.0
 *
 * htaccess: what .htaccess files had a say in. The author of one may name a
 * header, or a file of users, and would log in as anybody by it; the merged
 * configuration of a request does not show whose word it is.
 */
#ifndef SHS_REQUEST_ENTRY_HTACCESS_H
#define SHS_REQUEST_ENTRY_HTACCESS_H

#include <httpd.h>

/* Whether a .htaccess file that was read for a client's request, or for a
 * request that it was redirected to or has become, says how users log in: has a
 * directive of mod_session, of what keeps its sessions, of mod_auth_form or of
 * authentication. `first` is the client's request. A file that was read counts
 * also where what it says does not apply any more: after mod_rewrite has made a
 * proxy's request of a file's it would not be told apart. 1 or 0. */
int shs_htaccess_configures_login(const request_rec *first);

/* To be told of each subrequest r of a client's request `first`, as soon as its
 * configuration is final: by DirectoryIndex, FallbackResource or MultiViews a
 * request becomes its subrequest, and keeps the configuration alone
 * (ap_internal_fast_redirect()), not the files that it comes from. */
void shs_htaccess_note_subrequest(const request_rec *first,
                                  const request_rec *r);

#endif
