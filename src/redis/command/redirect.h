/* SPDX-License-Identifier: Apache-2.0
 *
 * redirect: what a command does on MOVED and ASK: it goes to the server that
 * the reply names, five times at most. After MOVED the slot map remembers that
 * server; after ASK only this command goes there.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
#ifndef SHS_REDIS_COMMAND_REDIRECT_H
#define SHS_REDIS_COMMAND_REDIRECT_H

#include "redis/command/command.h"

/* Called when the last attempt got a redirection. Closes the permit. Returns 1
 * with a permit for the other server; or 0, and the command has failed. */
int shs_redirect_follow(shs_command_t *self);

#endif
