/* SPDX-License-Identifier: Apache-2.0
 *
 * lifetimes: parsers of the directives that set how long a session, or an old
 * id, lives. They are part of the command table, as http_config.h declares
 * them. Each returns NULL, or what is wrong with the directive's name in front,
 * from cmd->pool.
 */
#ifndef SHS_CONFIG_DIRECTIVE_LIFETIMES_H
#define SHS_CONFIG_DIRECTIVE_LIFETIMES_H

#include <httpd.h>
#include <http_config.h>

/* TIME, and "adopt" or NULL. */
const char *shs_lifetimes_set_idle(cmd_parms *cmd, void *dir, const char *text,
                                   const char *word);

const char *shs_lifetimes_set_absolute(cmd_parms *cmd, void *dir,
                                       const char *text);

/* A time, "On" or "Off". */
const char *shs_lifetimes_set_touch(cmd_parms *cmd, void *dir,
                                    const char *text);

/* A time, or "0". */
const char *shs_lifetimes_set_grace(cmd_parms *cmd, void *dir,
                                    const char *text);

#endif
