/* SPDX-License-Identifier: Apache-2.0
 *
 * directives: the command table. Everything an administrator writes is checked
 * here, while `httpd -t` looks; messages begin with the directive's name and
 * end with the cure, and never repeat a URL that may hold a password.
 */
#ifndef SHS_CONFIG_DIRECTIVE_DIRECTIVES_H
#define SHS_CONFIG_DIRECTIVE_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

/* What is wrong with a directive, with its name before it, from cmd->pool. */
const char *shs_directives_complain(const cmd_parms *cmd, const char *error);

extern const command_rec shs_directives[];

#endif
