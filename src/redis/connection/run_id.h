/* SPDX-License-Identifier: Apache-2.0
 *
 * run_id: identifies the server of a connection. An address does not: behind a
 * balancer, or with a name that moves, the next connection may lead to another
 * server. A server chooses a new run_id (INFO server, Redis 2.8) at each start:
 * https://redis.io/docs/latest/commands/info/
 */
#ifndef SHS_REDIS_CONNECTION_RUN_ID_H
#define SHS_REDIS_CONNECTION_RUN_ID_H

#include "redis/connection/conn.h"

/* The server does not report one; others are 2 or more. 0: not loaded. */
#define SHS_RUN_ID_UNKNOWN 1

/* A hash of the run_id, the same in every child; UNKNOWN if the reply to INFO
 * has none or is an error. */
apr_uint32_t shs_run_id_parse(const shs_reply_t *reply);

/* The command to send. */
shs_octets_t shs_run_id_command(void);

/* Loads the run_id on a connection that is ready for commands, and stores it in
 * the connection. OK, even if the server reports none; or the connection
 * failed, and *reason. */
shs_conn_status_t shs_run_id_load(shs_conn_t *conn, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p);

#endif
