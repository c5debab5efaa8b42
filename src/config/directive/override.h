/* SPDX-License-Identifier: Apache-2.0
 *
 * override: the message for a directive in a .htaccess file where AllowOverride
 * forbids it. httpd itself says "not allowed here", but not which AllowOverride
 * would allow it. httpd decides what is allowed; this file only explains.
 */
#ifndef SHS_CONFIG_DIRECTIVE_OVERRIDE_H
#define SHS_CONFIG_DIRECTIVE_OVERRIDE_H

#include <httpd.h>
#include <http_config.h>

/* A second entry in the command table for a directive that AllowOverride
 * AuthConfig allows in .htaccess. httpd tries the later of two entries first,
 * so this one stands after the other. */
#define SHS_OVERRIDE_EXPLAIN(directive)                     \
    AP_INIT_RAW_ARGS(directive, shs_override_explain, NULL, \
                     RSRC_CONF | ACCESS_CONF | OR_ALL,      \
                     "in .htaccess: with AllowOverride AuthConfig")

/* Returns NULL where httpd allows or skips (Nonfatal=) the directive; else what
 * is wrong and the cure, from cmd->pool. Changes nothing. */
const char *shs_override_explain(cmd_parms *cmd, void *dir, const char *args);

#endif
