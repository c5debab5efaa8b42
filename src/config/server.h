/* SPDX-License-Identifier: Apache-2.0
 *
 * server: what the directives said of a whole server: its store, what of it is
 * kept near, which headers are ours. Part of settings.
 */
#ifndef SHS_CONFIG_SERVER_H
#define SHS_CONFIG_SERVER_H

#include <apr_tables.h>

#include "config/claims.h"
#include "store/near_cache.h"
#include "store/store.h"

struct shs_settings_t;

/* A place that said SharedSession On; whether it still does is in its settings,
 * as the last word there counts. */
typedef struct shs_enabling_t {
    const struct shs_settings_t *settings;
    const char *at; /* "file:line" */
} shs_enabling_t;

/* Per server. */
typedef struct shs_server_settings_t {
    shs_store_t *store;      /* NULL: none */
    int has_cache;           /* SharedSessionCache was said ... */
    shs_near_policy_t cache; /* ... or what holds without */
    apr_array_header_t
        *prefixes;              /* of const char *: how the keys of this server
                                   * and of the main server begin */
    apr_array_header_t *claims; /* of shs_claim_t: of this server and of the
                                 * main server, from all their sections */
    apr_array_header_t *enablings; /* of shs_enabling_t: of this server's own
                                    * configuration */
} shs_server_settings_t;

#endif
