/* SPDX-License-Identifier: Apache-2.0
 *
 * refresh: repeats one job when it is due, in a thread of its own and never
 * twice at once. Other threads wait for it only as long as they can afford. Its
 * lock guards what the job refreshes.
 */
#ifndef SHS_REDIS_TOPOLOGY_REFRESH_H
#define SHS_REDIS_TOPOLOGY_REFRESH_H

#include <pthread.h>

#include <apr_time.h>

#include "base/halt.h"

/* The least time between two jobs if a thread waits for the result. */
#define SHS_REFRESH_AT_ONCE (5 * 1000)

/* The same after a server failed, and after a cluster's member named another
 * (MOVED). */
#define SHS_REFRESH_AFTER_FAILURE (100 * 1000)
#define SHS_REFRESH_AFTER_MOVED   (1 * APR_USEC_PER_SEC)

typedef struct shs_refresh_job_t {
    int (*find)(void *baton);  /* does the work, without the lock; 1 if it
                                * succeeds */
    void (*take)(void *baton); /* then, with the lock: installs the result, or
                                * notes the failure */
    void *baton;
} shs_refresh_job_t;

/* A part of its owner's structure; fields are read with the lock held. Times
 * are by shs_clock_now(). */
typedef struct shs_refresh_t {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    shs_refresh_job_t job;
    shs_halt_t halt;     /* of the job, and of the threads that end with it */
    pthread_t thread;    /* of the last job, which is_running ... */
    int is_to_be_joined; /* ... or has ended */
    int is_running;
    apr_time_t began_at;  /* the last job; 0: there was none */
    apr_time_t known_at;  /* when the last successful job began */
    apr_time_t failed_at; /* when the last job failed; 0: it succeeded */
} shs_refresh_t;

/* Returns 0 if the system is out of descriptors. */
int shs_refresh_init(shs_refresh_t *refresh, shs_refresh_job_t job);

/* Begins no further job; halts and joins the one that runs. */
void shs_refresh_close(shs_refresh_t *refresh);

/* All functions below are called with the lock held. */

/* Begins a job, unless one is running or the last one began less than `due`
 * ago. */
void shs_refresh_begin(shs_refresh_t *refresh, apr_interval_time_t due);

/* Waits until no job is running, or until the deadline. */
void shs_refresh_await(shs_refresh_t *refresh, apr_time_t deadline);

/* Waits for the end of a job that began at `since` or later, and begins one if
 * need be. Returns whether it succeeded. */
int shs_refresh_await_since(shs_refresh_t *refresh, apr_time_t since,
                            apr_time_t deadline);

#endif
