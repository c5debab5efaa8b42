/* SPDX-License-Identifier: Apache-2.0
 *
 * access_options: the parsers of SharedSessionUser, SharedSessionLogin and
 * SharedSessionForbidden.
 */
#ifndef SHS_CONFIG_DIRECTIVE_ACCESS_OPTIONS_H
#define SHS_CONFIG_DIRECTIVE_ACCESS_OPTIONS_H

#include <httpd.h>
#include <http_config.h>

/* Parsers of the command table: each returns NULL, or what is wrong and the
 * cure, from cmd->pool. */
const char *shs_access_options_set_user(cmd_parms *cmd, void *dir,
                                        const char *attribute);
const char *shs_access_options_set_login(cmd_parms *cmd, void *dir,
                                         const char *url, const char *first,
                                         const char *second);
const char *shs_access_options_set_forbidden(cmd_parms *cmd, void *dir,
                                             const char *path);

#endif
