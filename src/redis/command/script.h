/* SPDX-License-Identifier: Apache-2.0
 *
 * script: a write to a session as one EVAL, so that it is one atomic step on
 * one key (and so works in a Cluster), and what its reply means. No I/O.
 * https://redis.io/docs/latest/develop/programmability/eval-intro/
 *
 * The scripts never create a session but to create it, and each comes to the
 * same when it is done twice: a connection that died before an answer came is
 * no reason not to ask again.
 */
#ifndef SHS_REDIS_COMMAND_SCRIPT_H
#define SHS_REDIS_COMMAND_SCRIPT_H

#include "redis/protocol/resp.h"
#include "store/store.h"

/* The command, from p. */
shs_octets_t shs_script_build(const shs_write_t *write, apr_pool_t *p);

/* Whether a reply is of a kind that the command can have. */
int shs_script_is_expected(const shs_reply_t *reply);

/* What an expected reply that is no error came to, and *reason unless DONE. */
shs_wrote_t shs_script_read(const char **reason, const shs_reply_t *reply);

#endif
