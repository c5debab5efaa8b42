/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/refresh.h"

#include "base/thread.h"
#include "base/clock.h"

int shs_refresh_init(shs_refresh_t *refresh, shs_refresh_job_t job)
{
    shs_thread_init(&refresh->lock, &refresh->ended);
    refresh->job = job;
    return shs_halt_init(&refresh->halt);
}

static void *run(void *data)
{
    shs_refresh_t *refresh = data;
    const shs_refresh_job_t *job = &refresh->job;
    int is_found;

    shs_halt_obey(&refresh->halt);
    is_found = job->find(job->baton);
    pthread_mutex_lock(&refresh->lock);
    if (is_found) {
        refresh->known_at = refresh->began_at;
    }
    refresh->failed_at = is_found ? 0 : shs_clock_now();
    job->take(job->baton);
    refresh->is_running = 0;
    pthread_cond_broadcast(&refresh->ended);
    pthread_mutex_unlock(&refresh->lock);
    return NULL;
}

/* A thread that has ended no longer needs the lock. */
static void join(shs_refresh_t *refresh)
{
    if (refresh->is_to_be_joined) {
        pthread_join(refresh->thread, NULL);
        refresh->is_to_be_joined = 0;
    }
}

void shs_refresh_begin(shs_refresh_t *refresh, apr_interval_time_t due)
{
    apr_time_t now = shs_clock_now();

    if (refresh->is_running || refresh->halt.is_set
        || (refresh->began_at != 0 && now - refresh->began_at < due)) {
        return;
    }
    refresh->began_at = now;
    join(refresh);
    refresh->is_running = shs_thread_start(&refresh->thread, run, refresh);
    refresh->is_to_be_joined = refresh->is_running;
}

void shs_refresh_await(shs_refresh_t *refresh, apr_time_t deadline)
{
    while (refresh->is_running && !shs_thread_is_late(deadline)) {
        shs_thread_wait(&refresh->ended, &refresh->lock, deadline);
    }
}

int shs_refresh_await_since(shs_refresh_t *refresh, apr_time_t since,
                            apr_time_t deadline)
{
    /* A job that began before `since` may have missed what the caller saw. */
    shs_refresh_await(refresh, deadline);
    while (refresh->began_at < since && !shs_thread_is_late(deadline)
           && !refresh->halt.is_set) {
        apr_time_t due = refresh->began_at + SHS_REFRESH_AT_ONCE;

        shs_refresh_begin(refresh, SHS_REFRESH_AT_ONCE);
        if (!refresh->is_running) {
            shs_thread_wait(&refresh->ended, &refresh->lock,
                            due < deadline ? due : deadline);
        }
        /* This job, or one that another thread has begun meanwhile. */
        shs_refresh_await(refresh, deadline);
    }
    return refresh->known_at >= since;
}

void shs_refresh_close(shs_refresh_t *refresh)
{
    shs_halt_set(&refresh->halt);
    pthread_mutex_lock(&refresh->lock);
    while (refresh->is_running) {
        pthread_cond_wait(&refresh->ended, &refresh->lock);
    }
    join(refresh);
    pthread_mutex_unlock(&refresh->lock);
}
