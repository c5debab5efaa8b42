/* SPDX-License-Identifier: Apache-2.0
 *
 * command: one load or one write of a session, sent to the right server until
 * there is a reply or the deadline has passed. The retry loop is here: what
 * happens after a dead connection, a redirection, or a server that is loading,
 * was demoted, or is gone.
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
 * Each of these transitions, and a failure, is reported to the query's trace
 * (shs_trace_t).
 *
 * A key that may be too large (redis/health/big_key.h) has its size loaded
 * first, and its value only if a session may be so large.
 */
#ifndef SHS_REDIS_COMMAND_COMMAND_H
#define SHS_REDIS_COMMAND_COMMAND_H

#include "redis/command/attempt.h"
#include "redis/command/key_check.h"
#include "redis/command/permit.h"

typedef struct shs_command_t {
    shs_operation_t operation;
    shs_permit_t permit;
    shs_key_check_t key_check;
    int is_asking; /* an ASK redirection is followed */
    int is_replica;
    int redirects; /* that were followed */
    int retries;   /* that are left */
    int refreshes; /* of the topology */
    int replicas;  /* that were tried */
    apr_interval_time_t pause;
    apr_time_t paused_at;   /* the end of the last pause; 0: none */
    apr_uint32_t waits_for; /* the breaker's subject that replied last that the
                             * command has to wait; 0: none */
    int is_error; /* the last attempt got an error reply, or ran into the
                   * deadline after one that asked to wait */
    shs_attempt_t attempt; /* the last one */
    shs_retry_t retry;     /* what the last attempt, or the failure to open a
                            * permit, came to. ACCEPT: the attempt has the
                            * reply. After execute any other action means that
                            * the command failed */
} shs_command_t;

/* Runs the command to its end, which comes by query->deadline. For a write
 * `query` is its `at`. The arguments are borrowed as long as *self is used;
 * replies and reasons are in p. */
void shs_command_execute(shs_command_t *self, const shs_client_t *client,
                         const shs_query_t *query, const shs_write_t *write,
                         apr_pool_t *p);

#endif
