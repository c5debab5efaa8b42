/* SPDX-License-Identifier: Apache-2.0
 *
 * refresh: one job that is done again when it is due, in a thread of its own,
 * never twice at once, while others wait for it only as long as they can
 * afford. Its lock guards what the job renews.
 */
#ifndef SHS_REDIS_TOPOLOGY_REFRESH_H
#define SHS_REDIS_TOPOLOGY_REFRESH_H

#include <pthread.h>

#include <apr_time.h>

#include "base/halt.h"

/* How soon after one the next may begin when somebody waits for it. */
#define SHS_REFRESH_AT_ONCE (5 * 1000)

typedef struct shs_refresh_job_t {
    int (*find)(void *baton);  /* does it, without the lock; 1 if it succeeds */
    void (*take)(void *baton); /* then, with the lock: puts in place what was
                                * found, or notes the failure */
    void *baton;
} shs_refresh_job_t;

/* Of its user's own structure; fields are read with the lock held. Times are of
 * shs_clock_now(). */
typedef struct shs_refresh_t {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    shs_refresh_job_t job;
    shs_halt_t halt;     /* of the job, and of whoever ends with it */
    pthread_t thread;    /* of the last one, which is_running ... */
    int is_to_be_joined; /* ... or has run */
    int is_running;
    apr_time_t began_at; /* the last one; 0: there was none */
    apr_time_t known_at; /* when the last one that succeeded began */
} shs_refresh_t;

/* Returns 0 when the system gives no descriptors. */
int shs_refresh_init(shs_refresh_t *refresh, shs_refresh_job_t job);

/* No other begins; halts the one that runs, and joins it. */
void shs_refresh_close(shs_refresh_t *refresh);

/* All of the following with the lock held. */

/* Begins one, unless one is running or the last began less than `due` ago. */
void shs_refresh_begin(shs_refresh_t *refresh, apr_interval_time_t due);

/* Waits until none is running, or the deadline. */
void shs_refresh_await(shs_refresh_t *refresh, apr_time_t deadline);

/* Waits for the end of one that began at `since` or later. Returns whether it
 * succeeded. */
int shs_refresh_await_since(shs_refresh_t *refresh, apr_time_t since,
                            apr_time_t deadline);

#endif
