/* SPDX-License-Identifier: Apache-2.0
 *
 * pool: the connections of one child to one Redis. Bounded; the last given
 * back is the first borrowed, so that the rest may age out; dialled when one
 * is needed and none is idle. No I/O happens under its lock.
 *
 * Numbered rules:
 *  1. A connection is in exactly one place: idle in the pool, or with one
 *     borrower.
 *  2. idle + borrowed (dials included) <= size.
 *  3. Only a connection whose last answer was complete is given back; every
 *     other one is discarded.
 */
#ifndef SHS_REDIS_POOL_H
#define SHS_REDIS_POOL_H

#include <apr_pools.h>
#include <apr_time.h>

#include "redis/conn.h"

typedef struct shs_pool_t shs_pool_t;

/* Makes a connection that is ready for commands by the deadline. OK and *out,
 * or anything else and *reason. Called by several threads at once. `p` is the
 * borrower's. */
typedef shs_conn_status_t (*shs_pool_dial_fn)(shs_conn_t **out, void *baton,
                                              apr_time_t deadline,
                                              const char **reason,
                                              apr_pool_t *p);

/* Lives until the child ends: a thread that is still at work when the child's
 * pools go must not find a destroyed lock. With `pchild`, what is idle is
 * closed. */
shs_pool_t *shs_pool_create(int size, apr_interval_time_t idle,
                            shs_pool_dial_fn dial, void *baton,
                            apr_pool_t *pchild);

/* A connection for this thread alone, by the deadline: an idle one that is
 * still open and silent, else a new one, else the next that another gives
 * back. *is_new tells whether it was dialled now. OK and *out, or anything
 * else and *reason. */
shs_conn_status_t shs_pool_borrow(shs_conn_t **out, int *is_new,
                                  shs_pool_t *pool, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p);

/* Ends a loan (rule 3). */
void shs_pool_give_back(shs_pool_t *pool, shs_conn_t *conn);
void shs_pool_discard(shs_pool_t *pool, shs_conn_t *conn);

/* Closes what is idle: one connection was found dead, so the server was
 * restarted or cut us off, and the others are dead too. */
void shs_pool_flush(shs_pool_t *pool);

#endif
