/* SPDX-License-Identifier: Apache-2.0
 *
 * place: the sections of the configuration that have SharedSession On, a key, a
 * format or a cookie, and the conflicts between places that share a store. Two
 * places may share sessions, or keep them apart. But no place may read as a
 * session what another one has stored for another purpose.
 *
 * Everything is known once the configuration has been read: .htaccess can set
 * neither keys nor formats.
 */
#ifndef SHS_CONFIG_CHECK_PLACE_H
#define SHS_CONFIG_CHECK_PLACE_H

#include "config/settings.h"

/* The place that contains the directive. The first directive of a section
 * creates it. Not for .htaccess. */
shs_place_t *shs_place_of(cmd_parms *cmd, const shs_settings_t *settings);

/* "file:line" of a directive, from its pool. */
const char *shs_place_describe_line(const cmd_parms *cmd);

/* Checks all places of all virtual hosts whose stores are the same server and
 * database by their URLs, whatever their options. Call it after httpd has
 * merged the virtual hosts. Sets each server's keys_that_overlap, from p.
 * Returns the warnings (const char *) from p, each with both places and the
 * cure: overlapping keys in *keys; in *formats different formats of one key, a
 * signature that only some places of one key need, and expiry rules and
 * attributes that do not fit a format. */
void shs_place_check(apr_array_header_t **keys, apr_array_header_t **formats,
                     server_rec *main_server, apr_pool_t *p);

#endif
