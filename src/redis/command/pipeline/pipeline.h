/* SPDX-License-Identifier: Apache-2.0
 *
 * pipeline: the commands for one session in one write, and whether the replies
 * fit them: the value (GET or HGETALL) and, unless the query is without it, its
 * time to live (PTTL); or a script that changes the session; or only the size
 * of the value (size.h). Where a Sentinel named the server, ROLE (or INFO
 * replication) follows, so that no reply of a master that was demoted meanwhile
 * is ever accepted:
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_PIPELINE_H
#define SHS_REDIS_COMMAND_PIPELINE_PIPELINE_H

#include <apr_pools.h>

#include "redis/connection/conn.h"
#include "../mod_shared_session_provider.h"

typedef enum shs_pipeline_form_t {
    SHS_PIPELINE_PLAIN,
    SHS_PIPELINE_ASKING, /* for the cluster node that a slot is moving to */
    SHS_PIPELINE_ROLE,   /* for a master that a Sentinel named ... */
    SHS_PIPELINE_INFO    /* ... and that supports INFO but not ROLE */
} shs_pipeline_form_t;

typedef struct shs_pipeline_t {
    const shs_query_t *query;
    const shs_write_t *write; /* NULL: it loads the value ... */
    int is_size;              /* ... or the size of the value */
    shs_pipeline_form_t form;
    shs_octets_t commands;
} shs_pipeline_t;

/* `write` is NULL, or the write, and then query is its `at`. */
void shs_pipeline_build(shs_pipeline_t *pipeline, const shs_query_t *query,
                        const shs_write_t *write, shs_pipeline_form_t form,
                        apr_pool_t *p);

/* Whether the value is too large, without the value: the cost for the server
 * does not grow with the value. */
void shs_pipeline_build_size(shs_pipeline_t *pipeline, const shs_query_t *query,
                             shs_pipeline_form_t form, apr_pool_t *p);

/* The commands that load the value and nothing more, for a batch
 * (redis/command/pipeline/batch_io.h), which adds what the form needs. */
void shs_pipeline_build_load(shs_pipeline_t *pipeline, const shs_query_t *query,
                             shs_pipeline_form_t form, apr_pool_t *p);

/* The types of its replies (redis/connection/batch.h). Static. */
const char *shs_pipeline_load_types(const shs_pipeline_t *pipeline);

/* Appends ROLE, or INFO replication, if the form has one of them; and the
 * limits of its reply. */
void shs_pipeline_append_role(shs_octets_t *commands, shs_pipeline_form_t form,
                              apr_pool_t *p);
shs_resp_limits_t shs_pipeline_role_limits(void);

/* How large a reply of the pipeline may be. */
shs_resp_limits_t shs_pipeline_limits(const shs_pipeline_t *pipeline);

typedef struct shs_pipeline_reply_t {
    shs_reply_t *replies[2]; /* value and PTTL, or the script's reply; NULL: the
                              * second was not asked for. After OK of the
                              * expected kinds */
    shs_reply_t *error; /* after OK: the error reply to ROLE, else the first
                              * error, or NULL; otherwise the error that the
                              * server sent before it closed the connection, or
                              * NULL */
    apr_size_t octets;  /* of the value; after OK and TOO_LARGE of a load */
    int is_too_large; /* says the size; 0 if the server does not allow to ask */
    int lacks_role;   /* the server does not support ROLE, or not for this user
                       */
    int is_demoted;   /* ROLE says that the server is no master: no other reply
                       * of it counts */
} shs_pipeline_reply_t;

/* Sends the commands and reads their replies. The connection can be used again
 * after OK, and must be closed after any other status. */
shs_conn_status_t shs_pipeline_execute(shs_pipeline_reply_t *reply,
                                       const shs_pipeline_t *pipeline,
                                       shs_conn_t *conn, const char **reason,
                                       apr_pool_t *p);

/* The same for replies that have come: reads them out of `octets`, with that
 * parser. FAILED: they are not exactly the replies of the pipeline. */
shs_conn_status_t shs_pipeline_read(shs_pipeline_reply_t *reply,
                                    const shs_pipeline_t *pipeline,
                                    shs_octets_t octets, shs_resp_t *parser,
                                    const char **reason, apr_pool_t *p);

#endif
