/* SPDX-License-Identifier: Apache-2.0
 *
 * pool: the connections of one child to one server. Bounded; the last given
 * back is the first borrowed, so that the rest ages out: with each one given
 * back another may be closed that was idle for too long. Dialled when one is
 * needed and none is idle. No I/O happens under its lock.
 *
 * One thread dials at a time. The others wait for what is given back or for
 * their turn; when the dial fails they fail with it, at once and for the same
 * reason, so that a server that cannot be reached costs one dial and not one
 * after the other.
 *
 * Numbered rules:
 *  1. A connection is in exactly one place: idle in the pool, or with one
 *     borrower.
 *  2. idle + borrowed (dials included) <= size.
 *  3. Only a connection whose last answer was complete is given back; every
 *     other one is discarded.
 */
#ifndef SHS_REDIS_CONNECTION_POOL_H
#define SHS_REDIS_CONNECTION_POOL_H

#include <apr_pools.h>
#include <apr_time.h>

#include "redis/connection/conn.h"

typedef struct shs_pool_t shs_pool_t;

/* Makes a connection that is ready for commands by the deadline. OK and *out,
 * or anything else and *reason. `p` is the borrower's. */
typedef shs_conn_status_t (*shs_pool_dial_fn)(shs_conn_t **out, void *baton,
                                              apr_time_t deadline,
                                              const char **reason,
                                              apr_pool_t *p);

/* NULL only without memory. Belongs to no APR pool: a thread that is still at
 * work when the child's pools go must not find a destroyed lock. */
shs_pool_t *shs_pool_create(int size, apr_interval_time_t idle,
                            shs_pool_dial_fn dial, void *baton);

/* Closes what is idle, and from now on what is given back. */
void shs_pool_close(shs_pool_t *pool);

/* Frees it; nothing is borrowed and nobody uses it any more. */
void shs_pool_destroy(shs_pool_t *pool);

/* A connection for this thread alone, by the deadline: an idle one that is
 * still open and silent, else a new one, else the next that another gives
 * back. *is_new tells whether it was dialled now. OK and *out, or anything
 * else and *reason; BUSY when others had them all until the deadline, or until
 * too little time was left to dial. */
shs_conn_status_t shs_pool_borrow(shs_conn_t **out, int *is_new,
                                  shs_pool_t *pool, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p);

/* From now on an idle connection whose last answer came before `since` (by
 * shs_clock_now()) is closed instead of used: one like it got no answer. Takes
 * no lock. */
void shs_pool_distrust(shs_pool_t *pool, apr_time_t since);

/* Ends a loan (rule 3). */
void shs_pool_give_back(shs_pool_t *pool, shs_conn_t *conn);
void shs_pool_discard(shs_pool_t *pool, shs_conn_t *conn);

/* Closes what is idle: one connection was found dead, so the server was
 * restarted or cut us off, and the others are dead too. */
void shs_pool_flush(shs_pool_t *pool);

#endif
