/* SPDX-License-Identifier: Apache-2.0
 *
 * pipeline: what is asked for a session, in one write, and whether what came
 * back is an answer to it: the value (GET or HGETALL) and its time to live
 * (PTTL), or a script that changes it, or only how large the value is (STRLEN,
 * or HLEN and MEMORY USAGE); and where a Sentinel named the server, its ROLE
 * (or INFO replication, https://redis.io/docs/latest/develop/reference/
 * sentinel-clients/), so that no answer of a master that was demoted meanwhile
 * is ever taken.
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_H
#define SHS_REDIS_COMMAND_PIPELINE_H

#include <apr_pools.h>

#include "redis/connection/conn.h"
#include "store/store.h"

typedef enum shs_pipeline_form_t {
    SHS_PIPELINE_PLAIN,
    SHS_PIPELINE_ASKING, /* of a cluster's node that a slot is moving to */
    SHS_PIPELINE_ROLE,   /* of a master that a Sentinel named ... */
    SHS_PIPELINE_INFO    /* ... and that answers no ROLE, but INFO */
} shs_pipeline_form_t;

typedef struct shs_pipeline_t {
    const shs_query_t *query;
    const shs_write_t *write; /* NULL: it asks for the value ... */
    int is_size;              /* ... or how large that is */
    shs_pipeline_form_t form;
    shs_octets_t commands;
} shs_pipeline_t;

/* `write` is NULL, or what is done there, and then query is its `at`. */
void shs_pipeline_build(shs_pipeline_t *pipeline, const shs_query_t *query,
                        const shs_write_t *write, shs_pipeline_form_t form,
                        apr_pool_t *p);

/* Whether the value is too large, without the value: what it costs the server
 * does not grow with it. */
void shs_pipeline_build_size(shs_pipeline_t *pipeline, const shs_query_t *query,
                             shs_pipeline_form_t form, apr_pool_t *p);

typedef struct shs_pipeline_reply_t {
    shs_reply_t *replies[2]; /* value and PTTL, or the script's and NULL; of the
                              * expected kinds when OK */
    shs_reply_t *error;      /* OK: the error to ROLE, else the first, or NULL;
                              * otherwise what the server said before it closed
                              * the connection, or NULL */
    int is_too_large; /* the answer to a question of size. One that the server
                       * does not allow is answered 0 */
    int lacks_role;   /* the server does not know ROLE, or not for this user */
    int is_demoted;   /* ROLE says that it is not the master: then nothing
                              * else it says counts */
} shs_pipeline_reply_t;

/* Asks on the connection, which can be used again after OK, and must be closed
 * after anything else. */
shs_conn_status_t shs_pipeline_execute(shs_pipeline_reply_t *reply,
                                       const shs_pipeline_t *pipeline,
                                       shs_conn_t *conn, const char **reason,
                                       apr_pool_t *p);

#endif
