/* SPDX-License-Identifier: Apache-2.0
 *
 * server: the settings of a whole server: its store, its near-cache policy, its
 * own headers. Part of settings.
 */
#ifndef SHS_CONFIG_SERVER_H
#define SHS_CONFIG_SERVER_H

#include <apr_tables.h>

#include "config/own_headers.h"
#include "session/id/key.h"
#include "store/cache/memory/near_policy.h"
#include "store/store.h"

struct shs_settings_t;

/* A section that has SharedSession On, a key, a format or a cookie, or the
 * server itself, and where the first three stand ("file:line", or NULL). The
 * last directive in a section wins, so whether one is in force is in the
 * settings. */
typedef struct shs_place_t {
    const struct shs_settings_t *settings;
    const char *section; /* "<Location", ...; NULL: the server itself */
    const char *path;    /* of the section */
    const char *enabled_line;
    const char *key_line;
    const char *format_line;
} shs_place_t;

/* Per server. */
typedef struct shs_server_settings_t {
    shs_store_t *store;       /* or NULL */
    int has_cache;            /* SharedSessionCache is configured ... */
    shs_near_policy_t cache;  /* ... or this is the default */
    apr_array_header_t *keys; /* of const shs_key_t *: the templates of this
                               * server and of the main server */
    shs_own_headers_t own_headers; /* of all sections of this server and of the
                                    * main server */
    apr_array_header_t *places;    /* of shs_place_t: of this server's own
                                 * configuration */
    const shs_key_t *const *keys_that_overlap; /* NULL-terminated: all templates
                                                * of the store, if some overlap;
                                                * or NULL */
} shs_server_settings_t;

#endif
