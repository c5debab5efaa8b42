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
    shs_single_flight_t *flights = calloc(1, sizeof(*flights));

    if (flights) {
        shs_thread_init(&flights->lock, &flights->landed);
    }
    return flights;
}

/* With the lock: its place, or -1. */
static int find(const shs_single_flight_t *flights, apr_uint64_t a, apr_uint64_t b)
{
    int i;

    for (i = 0; i < flights->count; ++i) {
        if (flights->names[i].a == a && flights->names[i].b == b) {
            return i;
        }
    }
    return -1;
}

int shs_single_flight_join(shs_single_flight_t *flights, apr_uint64_t a, apr_uint64_t b,
                    apr_time_t deadline)
{
    int is_leader;

    pthread_mutex_lock(&flights->lock);
    is_leader = find(flights, a, b) < 0;
    if (is_leader && flights->count < SHS_SINGLE_FLIGHT_MAX) {
        flights->names[flights->count].a = a;
        flights->names[flights->count].b = b;
        ++flights->count;
    }
    while (!is_leader && find(flights, a, b) >= 0
           && shs_clock_now() < deadline) {
        shs_thread_wait(&flights->landed, &flights->lock, deadline);
    }
    pthread_mutex_unlock(&flights->lock);
    return is_leader;
}

void shs_single_flight_leave(shs_single_flight_t *flights, apr_uint64_t a, apr_uint64_t b)
{
    int place;

    pthread_mutex_lock(&flights->lock);
    place = find(flights, a, b);
    if (place >= 0) {
        flights->names[place] = flights->names[--flights->count];
        pthread_cond_broadcast(&flights->landed);
    }
    pthread_mutex_unlock(&flights->lock);
}
