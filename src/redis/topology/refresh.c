/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/refresh.h"

#include "base/thread.h"
#include "base/clock.h"

int shs_refresh_init(shs_refresh_t *renewal, shs_refresh_job_t job)
{
    shs_thread_init(&renewal->lock, &renewal->ended);
    renewal->job = job;
    return shs_halt_init(&renewal->halt);
}

static void *run(void *data)
{
    shs_refresh_t *renewal = data;
    const shs_refresh_job_t *job = &renewal->job;
    int is_found;

    shs_halt_obey(&renewal->halt);
    is_found = job->find(job->baton);
    pthread_mutex_lock(&renewal->lock);
    if (is_found) {
        renewal->known_at = renewal->began_at;
    }
    job->take(job->baton);
    renewal->is_running = 0;
    pthread_cond_broadcast(&renewal->ended);
    pthread_mutex_unlock(&renewal->lock);
    return NULL;
}

/* One that has ended needs the lock no more. */
static void join(shs_refresh_t *renewal)
{
    if (renewal->is_to_be_joined) {
        pthread_join(renewal->thread, NULL);
        renewal->is_to_be_joined = 0;
    }
}

void shs_refresh_begin(shs_refresh_t *renewal, apr_interval_time_t due)
{
    apr_time_t now = shs_clock_now();

    if (renewal->is_running || renewal->halt.is_set
        || (renewal->began_at != 0 && now - renewal->began_at < due)) {
        return;
    }
    renewal->began_at = now;
    join(renewal);
    renewal->is_running = shs_thread_start(&renewal->thread, run, renewal);
    renewal->is_to_be_joined = renewal->is_running;
}

void shs_refresh_await(shs_refresh_t *renewal, apr_time_t deadline)
{
    while (renewal->is_running && !shs_thread_is_late(deadline)) {
        shs_thread_wait(&renewal->ended, &renewal->lock, deadline);
    }
}

int shs_refresh_since(shs_refresh_t *renewal, apr_time_t since,
                      apr_time_t deadline)
{
    /* One that began before may not have seen what we saw. */
    shs_refresh_await(renewal, deadline);
    while (renewal->began_at < since && !shs_thread_is_late(deadline)
           && !renewal->halt.is_set) {
        apr_time_t due = renewal->began_at + SHS_REFRESH_AT_ONCE;

        shs_refresh_begin(renewal, SHS_REFRESH_AT_ONCE);
        if (!renewal->is_running) {
            shs_thread_wait(&renewal->ended, &renewal->lock,
                            due < deadline ? due : deadline);
        }
        /* Ours, or one that another thread has begun meanwhile. */
        shs_refresh_await(renewal, deadline);
    }
    return renewal->known_at >= since;
}

void shs_refresh_close(shs_refresh_t *renewal)
{
    shs_halt_set(&renewal->halt);
    pthread_mutex_lock(&renewal->lock);
    while (renewal->is_running) {
        pthread_cond_wait(&renewal->ended, &renewal->lock);
    }
    join(renewal);
    pthread_mutex_unlock(&renewal->lock);
}
