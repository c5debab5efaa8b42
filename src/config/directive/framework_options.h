/* SPDX-License-Identifier: Apache-2.0
 *
 * framework_options: the directives for sessions that a framework has written:
 * SharedSessionProfile, SharedSessionExpiry, SharedSessionAttributes.
 */
#ifndef SHS_CONFIG_DIRECTIVE_FRAMEWORK_OPTIONS_H
#define SHS_CONFIG_DIRECTIVE_FRAMEWORK_OPTIONS_H

#include <httpd.h>
#include <http_config.h>

/* Each returns NULL, or what is wrong and the cure. */
const char *shs_framework_options_set_profile(cmd_parms *cmd, void *dir,
                                              int argc, char *const argv[]);
const char *shs_framework_options_set_expiry(cmd_parms *cmd, void *dir,
                                             const char *name);
const char *shs_framework_options_set_attributes(cmd_parms *cmd, void *dir,
                                                 int argc, char *const argv[]);

#endif
