/* SPDX-License-Identifier: Apache-2.0
 *
 * failure_options: the parser of SharedSessionFailure.
 */
#ifndef SHS_CONFIG_DIRECTIVE_FAILURE_OPTIONS_H
#define SHS_CONFIG_DIRECTIVE_FAILURE_OPTIONS_H

#include <httpd.h>
#include <http_config.h>

/* A parser of the command table: returns NULL, or what is wrong and the cure,
 * from cmd->pool. */
const char *shs_failure_options_set(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[]);

#endif
