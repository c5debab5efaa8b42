/* SPDX-License-Identifier: Apache-2.0
 *
 * single_flight: concurrent misses of one child's threads share one fetch. One
 * thread fetches; the others wait until it has finished and then look into the
 * near-cache.
 */
#ifndef SHS_STORE_CACHE_SINGLE_FLIGHT_H
#define SHS_STORE_CACHE_SINGLE_FLIGHT_H

#include <apr.h>
#include <apr_time.h>

/* The most names that are in flight at once; a thread with another name fetches
 * for itself. */
#define SHS_SINGLE_FLIGHT_MAX 64

typedef struct shs_single_flight_t shs_single_flight_t;

/* NULL when out of memory. Belongs to no pool. */
shs_single_flight_t *shs_single_flight_create(void);

/* 1: this thread is the leader: it fetches, then calls leave(). 0: it has
 * waited until another thread's fetch was finished, or until the deadline. */
int shs_single_flight_join(shs_single_flight_t *single_flight, apr_uint64_t a,
                           apr_uint64_t b, apr_time_t deadline);

/* The leader has finished: wakes the threads that wait. */
void shs_single_flight_leave(shs_single_flight_t *single_flight, apr_uint64_t a,
                             apr_uint64_t b);

#endif
