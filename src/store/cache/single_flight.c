/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/single_flight.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

struct shs_single_flight_t {
    pthread_mutex_t lock;
    pthread_cond_t finished;
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
        shs_thread_init(&single_flight->lock, &single_flight->finished);
    }
    return single_flight;
}

/* With the lock held: the index of the name, or -1. */
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
        shs_thread_wait(&single_flight->finished, &single_flight->lock,
                        deadline);
    }
    pthread_mutex_unlock(&single_flight->lock);
    return is_leader;
}

void shs_single_flight_leave(shs_single_flight_t *single_flight, apr_uint64_t a,
                             apr_uint64_t b)
{
    int i;

    pthread_mutex_lock(&single_flight->lock);
    i = find(single_flight, a, b);
    if (i >= 0) {
        single_flight->names[i] = single_flight->names[--single_flight->count];
        pthread_cond_broadcast(&single_flight->finished);
    }
    pthread_mutex_unlock(&single_flight->lock);
}
