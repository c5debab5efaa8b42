/* SPDX-License-Identifier: Apache-2.0
 *
 * pool: the connections of one child to one server. It is bounded and last in,
 * first out, so that the rest ages out: each return may close one connection
 * that was idle for too long. It dials when a connection is needed and none is
 * idle. No I/O happens under its lock.
 *
 * One thread dials at a time. The others wait for a returned connection or for
 * their turn to dial. When the dial fails they fail with it, at once and for
 * the same reason, so that an unreachable server costs one dial and not one
 * after the other.
 *
 * Numbered rules:
 *  1. A connection is in exactly one place: idle in the pool, or with one
 *     borrower.
 *  2. idle + borrowed (including dials) <= size.
 *  3. Only a connection whose last reply was complete is given back; every
 *     other one is discarded.
 */
#ifndef SHS_REDIS_CONNECTION_POOL_H
#define SHS_REDIS_CONNECTION_POOL_H

#include <apr_pools.h>
#include <apr_time.h>

#include "redis/connection/conn.h"

typedef struct shs_pool_t shs_pool_t;

/* Opens a connection that is ready for commands by the deadline. OK and *out,
 * or another status and *reason. `p` is the borrower's. */
typedef shs_conn_status_t (*shs_pool_dial_fn)(shs_conn_t **out, void *baton,
                                              apr_time_t deadline,
                                              const char **reason,
                                              apr_pool_t *p);

/* NULL only without memory. It belongs to no APR pool: a thread that is still
 * at work when the child's pools go must not find a destroyed lock. */
shs_pool_t *shs_pool_create(int size, apr_interval_time_t idle,
                            shs_pool_dial_fn dial, void *baton);

/* Closes the idle connections, and from now on each that is given back. */
void shs_pool_close(shs_pool_t *pool);

/* Frees a pool that is no longer used and of which nothing is borrowed. */
void shs_pool_destroy(shs_pool_t *pool);

/* Borrows a connection for this thread alone, by the deadline: an idle one that
 * is still open and silent, else a new one, else the next one that is given
 * back. *is_new: it was dialled now. OK and *out, or another status and
 * *reason; BUSY if other threads had all connections until the deadline, or
 * until too little time was left to dial. */
shs_conn_status_t shs_pool_borrow(shs_conn_t **out, int *is_new,
                                  shs_pool_t *pool, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p);

/* From now on an idle connection whose last reply came before `since` (by
 * shs_clock_now()) is closed instead of used: a similar one got no reply. Takes
 * no lock. */
void shs_pool_distrust(shs_pool_t *pool, apr_time_t since);

/* These two end a loan (rule 3). */
void shs_pool_give_back(shs_pool_t *pool, shs_conn_t *conn);
void shs_pool_discard(shs_pool_t *pool, shs_conn_t *conn);

/* Closes the idle connections: one was found dead, so the server restarted or
 * cut all of them off. */
void shs_pool_flush(shs_pool_t *pool);

#endif
