/* SPDX-License-Identifier: Apache-2.0
 *
 * run_id: which server a connection leads to. An address does not tell:
 * behind a balancer, or a name that moves, the next connection may lead to
 * another one. A server's run_id (INFO server, Redis 2.8) is drawn anew at each
 * start:
 * https://redis.io/docs/latest/commands/info/
 */
#ifndef SHS_REDIS_CONNECTION_RUN_ID_H
#define SHS_REDIS_CONNECTION_RUN_ID_H

#include "redis/connection/conn.h"

/* A server that does not tell; others are 2 or more. 0: it was not asked. */
#define SHS_RUN_ID_UNKNOWN 1

/* A hash of the run_id, the same in every child; UNKNOWN, where the reply to
 * INFO names none or is an error. */
apr_uint32_t shs_run_id_parse(const shs_reply_t *reply);

/* The command. */
shs_octets_t shs_run_id_command(void);

/* Asks, on a connection that is ready for commands, and notes what it is told
 * there. OK, told or not; or the connection failed, and *reason. */
shs_conn_status_t shs_run_id_load(shs_conn_t *conn, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p);

#endif
