/* SPDX-License-Identifier: Apache-2.0
 *
 * override: what a .htaccess file is told of a directive that AllowOverride
 * forbids there. httpd itself answers "not allowed here", and not which
 * AllowOverride would allow it. What is allowed is for httpd to say: here is
 * only the answer.
 */
#ifndef SHS_CONFIG_DIRECTIVE_OVERRIDE_H
#define SHS_CONFIG_DIRECTIVE_OVERRIDE_H

#include <httpd.h>
#include <http_config.h>

/* A second entry in the command table for a directive that .htaccess may say
 * with AllowOverride AuthConfig. httpd tries the later of two entries first, so
 * this stands behind the other. */
#define SHS_OVERRIDE_EXPLAIN(directive)                     \
    AP_INIT_RAW_ARGS(directive, shs_override_explain, NULL, \
                     RSRC_CONF | ACCESS_CONF | OR_ALL,      \
                     "in .htaccess: with AllowOverride AuthConfig")

/* NULL where httpd allows the directive, or passes it over (Nonfatal=); else
 * what is wrong and the cure, from cmd->pool. Changes nothing. */
const char *shs_override_explain(cmd_parms *cmd, void *dir, const char *args);

#endif
