/* SPDX-License-Identifier: Apache-2.0
 *
 * single_flight: threads of one child that are about to ask the same at once. One of
 * them asks; the others wait for it to have come back, and look at what it has
 * left in the near-cache.
 */
#ifndef SHS_STORE_CACHE_SINGLE_FLIGHT_H
#define SHS_STORE_CACHE_SINGLE_FLIGHT_H

#include <apr.h>
#include <apr_time.h>

/* The most that are told apart at once; whoever is more asks for itself. */
#define SHS_SINGLE_FLIGHT_MAX 64

typedef struct shs_single_flight_t shs_single_flight_t;

/* NULL without memory. Belongs to no pool. */
shs_single_flight_t *shs_single_flight_create(void);

/* 1: this thread asks, and has to land() then. 0: it has waited for one that
 * asked, or until the deadline. */
int shs_single_flight_join(shs_single_flight_t *single_flight, apr_uint64_t a,
                           apr_uint64_t b, apr_time_t deadline);

void shs_single_flight_leave(shs_single_flight_t *single_flight, apr_uint64_t a,
                             apr_uint64_t b);

#endif
