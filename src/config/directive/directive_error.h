/* SPDX-License-Identifier: Apache-2.0
 *
 * directive_error: what a parser of the command table says of a directive that
 * is wrong, or that AllowOverride forbids in a .htaccess file. Of the latter
 * httpd itself says "not allowed here", but not which AllowOverride would allow
 * it. httpd decides what is allowed; this file only explains.
 */
#ifndef SHS_CONFIG_DIRECTIVE_DIRECTIVE_ERROR_H
#define SHS_CONFIG_DIRECTIVE_DIRECTIVE_ERROR_H

#include <httpd.h>
#include <http_config.h>

/* The error with the directive's name in front, from cmd->pool; NULL if the
 * error is NULL. */
const char *shs_directive_error_describe(const cmd_parms *cmd,
                                         const char *error);

/* A second entry in the command table for a directive that AllowOverride
 * AuthConfig allows in .htaccess. httpd tries the later of two entries first,
 * so this one stands after the other. */
#define SHS_DIRECTIVE_ERROR_OVERRIDE(directive)                        \
    AP_INIT_RAW_ARGS(directive, shs_directive_error_on_override, NULL, \
                     RSRC_CONF | ACCESS_CONF | OR_ALL,                 \
                     "in .htaccess: with AllowOverride AuthConfig")

/* Returns NULL where httpd allows or skips (Nonfatal=) the directive; else what
 * is wrong and the cure, from cmd->pool. Changes nothing. */
const char *shs_directive_error_on_override(cmd_parms *cmd, void *dir,
                                            const char *args);

#endif
