/* SPDX-License-Identifier: Apache-2.0
 *
 * script: a write to a session as one EVAL, so that it is one atomic step, and
 * what its reply means. No I/O. The step is on one key, and so works in a
 * Cluster; for writes to a foreign session see script_foreign.h.
 * https://redis.io/docs/latest/develop/programmability/eval-intro/
 *
 * Only the script that creates a session can create one, and each script has
 * the same result when it runs twice: so it may be sent again after a
 * connection died before the reply came.
 */
#ifndef SHS_REDIS_COMMAND_SCRIPT_H
#define SHS_REDIS_COMMAND_SCRIPT_H

#include "redis/protocol/resp.h"
#include "../mod_shared_session_provider.h"

/* The command, from p. Of a foreign session: not with several keys in a
 * Cluster. */
shs_octets_t shs_script_build(const shs_write_t *write, apr_pool_t *p);

/* Whether the reply is of a kind that a script can have. */
int shs_script_is_expected(const shs_reply_t *reply);

/* Reads an expected reply to a write that is no error: its outcome, and *reason
 * unless DONE. CONFLICT of a foreign session: a field has another value than
 * was expected. */
shs_wrote_t shs_script_read(const char **reason, const shs_reply_t *reply,
                            const shs_write_t *write);

#endif
