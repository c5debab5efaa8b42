/* SPDX-License-Identifier: Apache-2.0
 *
 * reply: what Redis' replies mean: error replies in words, and the replies to a
 * load (GET, HGETALL or HMGET, then perhaps PTTL) as an outcome.
 * Commands and their replies: https://redis.io/docs/latest/commands/.
 */
#ifndef SHS_REDIS_PROTOCOL_REPLY_H
#define SHS_REDIS_PROTOCOL_REPLY_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "../mod_shared_session_provider.h"

/* Whether an error reply begins with that code, as in "NOAUTH". */
int shs_reply_has_code(const shs_reply_t *reply, const char *code);

/* An error reply in words for the log: the server's own words if they are known
 * to repeat no argument (error_text.h). */
const char *shs_reply_describe_error(const shs_reply_t *reply, apr_pool_t *p);

/* Whether an error reply says that the server does not accept our user or
 * password (NOAUTH, WRONGPASS, NOPERM, and the errors of a script whose user
 * lacks a permission). The administrator has to change that. */
int shs_reply_is_refusal(const shs_reply_t *reply);

/* Whether an error reply says that the server does not support the command, or
 * not for this user (ERR, NOPERM). */
int shs_reply_is_unsupported(const shs_reply_t *reply);

/* Whether an error reply says that the server has reached its maxclients. The
 * server closes the connection after it. */
int shs_reply_is_max_clients(const shs_reply_t *reply);

/* Whether an error reply says that the server, or its cluster, will be ready
 * soon (LOADING, MASTERDOWN, CLUSTERDOWN, TRYAGAIN). */
int shs_reply_is_not_ready(const shs_reply_t *reply);

/* Whether the two replies are of the kinds that the commands for this query can
 * have. If not, the connection is out of step and must not be used again. The
 * second one is NULL, here and below, if PTTL was not asked for. */
int shs_reply_is_expected(shs_reply_t *const replies[2],
                          const shs_query_t *query);

/* Reads two expected replies: FOUND, ABSENT, MALFORMED or UNAVAILABLE, with
 * result->record or result->reason set, allocated from p or borrowed from the
 * replies and the query's names. Without PTTL the record has SHS_TTL_UNKNOWN.
 */
shs_outcome_t shs_reply_read(shs_result_t *result,
                             shs_reply_t *const replies[2],
                             const shs_query_t *query, apr_pool_t *p);

#endif
