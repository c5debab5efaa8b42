/* SPDX-License-Identifier: Apache-2.0
 *
 * channel: the three ways out of a session. Notes, variables and headers are
 * tables that differ in which names are one, how an attribute's name becomes a
 * name there, and how a value becomes a string.
 */
#ifndef SHS_REQUEST_CHANNEL_H
#define SHS_REQUEST_CHANNEL_H

#include <apr_pools.h>

#include "session/octets.h"

typedef struct shs_channel_t {
    const char *noun; /* for the log: "note", "variable", "header" */

    /* A character of a name as it counts in comparisons. httpd's tables ignore
     * case; headers are folded as CGI and backends fold them. */
    char (*fold)(char c);

    /* PREFIX and an attribute's name as a name, from p, or NULL when it can be
     * none or is not ours to take. */
    const char *(*make_name)(const char *prefix, shs_octets_t attribute,
                             apr_pool_t *p);

    /* A value as a string, from p, or NULL when it cannot be carried. */
    const char *(*make_value)(shs_octets_t value, shs_encoding_t encoding,
                              apr_pool_t *p);
} shs_channel_t;

extern const shs_channel_t shs_channel_notes;
extern const shs_channel_t shs_channel_env;
extern const shs_channel_t shs_channel_headers;

/* Whether two names are one in the channel. */
int shs_channel_is_same(const shs_channel_t *channel, const char *a,
                        const char *b);

#endif
