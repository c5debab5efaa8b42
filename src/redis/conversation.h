/* SPDX-License-Identifier: Apache-2.0
 *
 * conversation: one question for a session, or one write, put to the right node
 * until there is an answer or the deadline. This is where it is decided what
 * becomes of an answer that is none: a dead connection, a redirection, a server
 * that is loading, demoted, or gone.
 *
 *   a pooled connection was dead      asked once more on another
 *   MOVED, ASK                        followed, five times at most
 *   LOADING, MASTERDOWN, CLUSTERDOWN,
 *   TRYAGAIN                          asked again after a moment
 *   READONLY, ROLE says no master     found out anew who it is, asked there
 *   no answer                         the same; or a replica, where allowed,
 *                                     but never for a write
 *   the circuit breaker is open       not asked; a replica, likewise
 *
 * A key that may be heavy is asked for its size first, and for its value only
 * if that is one that a session may have.
 */
#ifndef SHS_REDIS_CONVERSATION_H
#define SHS_REDIS_CONVERSATION_H

#include "redis/attempt.h"
#include "redis/passage.h"

typedef struct shs_conversation_t {
    const shs_client_t *client;
    const shs_query_t *query;
    const shs_write_t *write; /* NULL: it asks for the value */
    apr_pool_t *p;
    shs_passage_t passage;
    apr_uint64_t mark; /* of the key, for heavy.h */
    int must_size;     /* the size is asked for before the value ... */
    int is_meanwhile;  /* ... because another asks for the value at that time */
    int is_doubted;    /* the value did not come, from one server at least */
    int is_asking;
    int is_replica;
    int redirections;
    int retries; /* that are left */
    int renewals;
    int replicas; /* that were tried */
    apr_interval_time_t pause;
    apr_interval_time_t took; /* the last attempt; 0: none has waited yet */
    apr_uint32_t waits_for; /* the subject that said last that it must be waited
                             * for; 0: none */
    int is_error;           /* the last attempt came to an error of the server,
                             * or to no answer in what that had left of the
                             * time */
    shs_attempt_t attempt;  /* the last one ... */
    shs_verdict_t verdict;  /* ... and what it, or the way to it, came to: TAKE,
                            * and the attempt has the answer; or FAIL, or what
                            * else could not be followed any more */
} shs_conversation_t;

/* Holds it, from beginning to end; no longer than query->deadline. With a write
 * `query` is its `at`. Everything is borrowed; what comes is in p. */
void shs_conversation_hold(shs_conversation_t *self, const shs_client_t *client,
                           const shs_query_t *query, const shs_write_t *write,
                           apr_pool_t *p);

#endif
