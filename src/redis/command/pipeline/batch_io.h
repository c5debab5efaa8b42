/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_io: sends a batch (redis/connection/batch.h) on one connection and
 * reads its replies. After the commands of all loads come ROLE, if the loads
 * need it (redis/command/pipeline/pipeline.h), and ECHO with a number that is
 * used once. So the replies of the batch are known to be those to its commands,
 * and no reply of a master that was demoted is used: each reply has the type
 * that its command allows, the last one is that number, and nothing follows it.
 * https://redis.io/docs/latest/commands/echo/
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_BATCH_IO_H
#define SHS_REDIS_COMMAND_PIPELINE_BATCH_IO_H

#include "redis/command/pipeline/pipeline.h"
#include "redis/connection/batch.h"

typedef struct shs_batch_io_t {
    char *octets; /* that were read; NULL: none */
    apr_size_t len;
    apr_size_t size;
    shs_octets_t role; /* the reply to ROLE in `octets`; len 0: none was sent */
} shs_batch_io_t;

/* Sends the batch and reads all replies, by the deadline. After OK each item
 * has its place in io->octets. After any other status the connection must be
 * closed, nothing that was read counts, and *reason is set (static text).
 * REFUSED: the last reply is an error. TOO_LARGE: a reply exceeds the limits of
 * its load, or all together are too many octets. The caller frees `io` in any
 * case. */
shs_conn_status_t shs_batch_io_run(shs_batch_io_t *io, shs_batch_item_t *first,
                                   shs_pipeline_form_t form, shs_conn_t *conn,
                                   apr_time_t deadline, const char **reason,
                                   apr_pool_t *p);

void shs_batch_io_free(shs_batch_io_t *io);

#endif
