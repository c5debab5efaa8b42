/* SPDX-License-Identifier: Apache-2.0
 *
 * error_text: the words of an error reply that may be logged. Redis repeats
 * arguments in some of them ("unknown command 'x', with args beginning with:
 * 'session:<id>'"), and a proxy or another server may send any text. So the
 * words of a known form are logged, and of every other error only its first
 * word. The forms are those of Redis 2.8 to 7.4 and Valkey (acl.c, server.c,
 * script.c, script_lua.c).
 */
#ifndef SHS_REDIS_PROTOCOL_ERROR_TEXT_H
#define SHS_REDIS_PROTOCOL_ERROR_TEXT_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"

/* The error in Redis' own words: "NOPERM this user has no permissions to run
 * the 'eval' command". Names of users, keys and channels, and arguments, are
 * left out; "an error" if it does not begin with a word of capital letters.
 * Static, or in p. */
const char *shs_error_text_describe(const shs_reply_t *reply, apr_pool_t *p);

/* Whether the error is known to be about the user's permissions, whatever its
 * first word: the errors of a script begin with ERR. */
int shs_error_text_is_acl(const shs_reply_t *reply);

#endif
