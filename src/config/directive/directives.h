/* SPDX-License-Identifier: Apache-2.0
 *
 * directives: the command table. `httpd -t` runs these parsers, so they check
 * everything that an administrator writes. A message begins with the
 * directive's name, ends with the cure, and never repeats a URL that may
 * contain a password.
 */
#ifndef SHS_CONFIG_DIRECTIVE_DIRECTIVES_H
#define SHS_CONFIG_DIRECTIVE_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

extern const command_rec shs_directives[];

#endif
