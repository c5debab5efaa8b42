/* SPDX-License-Identifier: Apache-2.0
 *
 * failover: what a command does when its master is gone, or may no longer be
 * the master: it refreshes the topology and goes to the new master, or reads
 * from a replica (read-from=).
 */
#ifndef SHS_REDIS_COMMAND_FAILOVER_H
#define SHS_REDIS_COMMAND_FAILOVER_H

#include "redis/command/command.h"

/* Whether the reply of the last attempt counts: the reply of a master that a
 * Sentinel named counts only if it is still the master. Closes the permit, and
 * may wait for the Sentinels until the deadline. If it returns 0, *is_open says
 * whether there is a permit for another server; if not, the command has
 * failed. */
int shs_failover_confirm_reply(int *is_open, shs_command_t *self);

/* Called when the last attempt failed. Closes the permit and refreshes the
 * topology, twice at most in one command. Returns 1 with a permit for another
 * server. The same server is not tried, because it has just failed. Then, and
 * if no other server is found, returns 0 and keeps the reason of the
 * failure. */
int shs_failover_refresh(shs_command_t *self);

/* Called when the master did not reply and no permit is open. Returns 1 with a
 * permit for the next replica; or 0 if there is none, for a write, or if
 * read-from= does not allow it. */
int shs_failover_open_replica(shs_command_t *self);

#endif
