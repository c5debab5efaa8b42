/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/single_flight.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

struct shs_single_flight_t {
    pthread_mutex_t lock;
    pthread_cond_t landed;
    int count;
    struct {
        apr_uint64_t a;
        apr_uint64_t b;
    } names[SHS_SINGLE_FLIGHT_MAX];
};

shs_single_flight_t *shs_single_flight_create(void)
{
    shs_single_flight_t *single_flight = calloc(1, sizeof(*single_flight));

    if (single_flight) {
        shs_thread_init(&single_flight->lock, &single_flight->landed);
    }
    return single_flight;
}

/* With the lock: its place, or -1. */
static int find(const shs_single_flight_t *single_flight, apr_uint64_t a,
                apr_uint64_t b)
{
    int i;

    for (i = 0; i < single_flight->count; ++i) {
        if (single_flight->names[i].a == a && single_flight->names[i].b == b) {
            return i;
        }
    }
    return -1;
}

int shs_single_flight_join(shs_single_flight_t *single_flight, apr_uint64_t a,
                           apr_uint64_t b, apr_time_t deadline)
{
    int is_leader;

    pthread_mutex_lock(&single_flight->lock);
    is_leader = find(single_flight, a, b) < 0;
    if (is_leader && single_flight->count < SHS_SINGLE_FLIGHT_MAX) {
        single_flight->names[single_flight->count].a = a;
        single_flight->names[single_flight->count].b = b;
        ++single_flight->count;
    }
    while (!is_leader && find(single_flight, a, b) >= 0
           && shs_clock_now() < deadline) {
        shs_thread_wait(&single_flight->landed, &single_flight->lock, deadline);
    }
    pthread_mutex_unlock(&single_flight->lock);
    return is_leader;
}

void shs_single_flight_leave(shs_single_flight_t *single_flight, apr_uint64_t a,
                             apr_uint64_t b)
{
    int place;

    pthread_mutex_lock(&single_flight->lock);
    place = find(single_flight, a, b);
    if (place >= 0) {
        single_flight->names[place] =
            single_flight->names[--single_flight->count];
        pthread_cond_broadcast(&single_flight->landed);
    }
    pthread_mutex_unlock(&single_flight->lock);
}
