/* SPDX-License-Identifier: Apache-2.0
 *
 * flight: threads of one child that are about to ask the same at once. One of
 * them asks; the others wait for it to have come back, and look at what it has
 * left in the near-cache.
 */
#ifndef SHS_STORE_CACHE_SINGLE_FLIGHT_H
#define SHS_STORE_CACHE_SINGLE_FLIGHT_H

#include <apr.h>
#include <apr_time.h>

/* The most that are told apart at once; whoever is more asks for itself. */
#define SHS_FLIGHT_MAX 64

typedef struct shs_flights_t shs_flights_t;

/* NULL without memory. Belongs to no pool. */
shs_flights_t *shs_flight_create(void);

/* 1: this thread asks, and has to land() then. 0: it has waited for one that
 * asked, or until the deadline. */
int shs_flight_join(shs_flights_t *flights, apr_uint64_t a, apr_uint64_t b,
                    apr_time_t deadline);

void shs_flight_land(shs_flights_t *flights, apr_uint64_t a, apr_uint64_t b);

#endif
