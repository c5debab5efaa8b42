/* SPDX-License-Identifier: Apache-2.0
 *
 * retry_loop: one load or one write of a session, sent to the right server
 * until there is a reply or the deadline has passed.
 * redis/command/attempt/retry_action.h decides what follows an attempt.
 *
 *   a pooled connection was dead      sent again on another connection,
 *                                     retry= times at most
 *   MOVED, ASK                        followed, five times at most
 *   LOADING, MASTERDOWN, CLUSTERDOWN,
 *   TRYAGAIN                          sent again after a pause
 *   READONLY, ROLE says no master     the topology is refreshed, and the
 *                                     command goes to the new master
 *   no reply                          the same; then a replica, where
 *                                     read-from= allows it, but never for a
 *                                     write
 *   the circuit breaker is open       not sent; a replica, likewise
 *
 * Each of these events, and a failure, is reported to the query's trace
 * (shs_trace_t).
 *
 * A key that may be too large (redis/health/big_key.h) has its size loaded
 * first, and its value only if a session may be so large.
 */
#ifndef SHS_REDIS_COMMAND_RETRY_LOOP_H
#define SHS_REDIS_COMMAND_RETRY_LOOP_H

#include "redis/command/command.h"

/* Runs the command to its end, which comes by query->deadline. For a write
 * `query` is its `at`. The arguments are borrowed as long as *self is used;
 * replies and reasons are in p. */
void shs_retry_loop_run(shs_command_t *self, const shs_client_t *client,
                        const shs_query_t *query, const shs_write_t *write,
                        apr_pool_t *p);

#endif
