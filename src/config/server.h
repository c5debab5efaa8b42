/* SPDX-License-Identifier: Apache-2.0
 *
 * server: what the directives said of a whole server: its store, what of it is
 * kept near, which headers are ours. Part of settings.
 */
#ifndef SHS_CONFIG_SERVER_H
#define SHS_CONFIG_SERVER_H

#include <apr_tables.h>

#include "config/own_headers.h"
#include "session/id/key.h"
#include "store/cache/near_cache.h"
#include "store/store.h"

struct shs_settings_t;

/* A section that says SharedSession On, a key or a format, or the server
 * itself; where each was said ("file:line", or NULL). Whether it still holds is
 * in the settings, as the last word in a section counts. */
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
    shs_store_t *store;       /* NULL: none */
    int has_cache;            /* SharedSessionCache was said ... */
    shs_near_policy_t cache;  /* ... or what holds without */
    apr_array_header_t *keys; /* of const shs_key_t *: the templates of this
                                 * server and of the main server */
    apr_array_header_t
        *own_headers; /* of shs_own_header_t: of this server and of the
                                 * main server, from all their sections */
    apr_array_header_t *places; /* of shs_place_t: of this server's own
                                 * configuration */
    const shs_key_t *const *keys_that_overlap; /* NULL-terminated: all
                                                * templates of the store, if
                                                * some overlap; or NULL */
} shs_server_settings_t;

#endif
