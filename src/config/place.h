/* SPDX-License-Identifier: Apache-2.0
 *
 * place: the sections of the configuration that say SharedSession On, a key or
 * a format, and what comes of several of them sharing a store. Two places may
 * share sessions, or keep them apart; what must not be is that one reads as a
 * session what the other has stored for another purpose.
 *
 * All of it is known when the configuration has been read: .htaccess can name
 * neither keys nor formats.
 */
#ifndef SHS_CONFIG_PLACE_H
#define SHS_CONFIG_PLACE_H

#include "config/settings.h"

/* The place that a directive stands in; it is made with the first directive of
 * a section. Not for .htaccess. */
shs_place_t *shs_place_of(cmd_parms *cmd, const shs_settings_t *settings);

/* "file:line" of a directive, from its pool. */
const char *shs_place_at(const cmd_parms *cmd);

/* Looks at all places of all virtual hosts whose stores are the same server
 * and database by what their URLs say, whatever their options; after httpd has
 * merged the virtual hosts. Gives each server its keys_that_overlap, from p,
 * and returns what is to be warned of: sentences (const char *) that name both
 * places and the cure, from p; of overlapping keys in *keys, of different
 * formats of one key in *formats. */
void shs_place_check(apr_array_header_t **keys, apr_array_header_t **formats,
                     server_rec *main_server, apr_pool_t *p);

#endif
