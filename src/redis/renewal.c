/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/renewal.h"

#include "store/thread.h"
#include "store/clock.h"

void shs_renewal_init(shs_renewal_t *renewal, shs_renewal_job_t job)
{
    shs_thread_init(&renewal->lock, &renewal->ended);
    renewal->job = job;
}

static void *run(void *data)
{
    shs_renewal_t *renewal = data;
    const shs_renewal_job_t *job = &renewal->job;
    int is_found = job->find(job->baton);

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

void shs_renewal_begin(shs_renewal_t *renewal, apr_interval_time_t due)
{
    apr_time_t now = shs_clock_now();

    if (renewal->is_running || renewal->is_closing
        || (renewal->began_at != 0 && now - renewal->began_at < due)) {
        return;
    }
    renewal->began_at = now;
    renewal->is_running = shs_thread_start(run, renewal);
}

void shs_renewal_await(shs_renewal_t *renewal, apr_time_t deadline)
{
    while (renewal->is_running && shs_clock_now() < deadline) {
        shs_thread_wait(&renewal->ended, &renewal->lock, deadline);
    }
}

int shs_renewal_since(shs_renewal_t *renewal, apr_time_t since,
                      apr_time_t deadline)
{
    /* One that began before may not have seen what we saw. */
    shs_renewal_await(renewal, deadline);
    while (renewal->began_at < since && shs_clock_now() < deadline
           && !renewal->is_closing) {
        apr_time_t due = renewal->began_at + SHS_RENEWAL_AT_ONCE;

        shs_renewal_begin(renewal, SHS_RENEWAL_AT_ONCE);
        if (!renewal->is_running) {
            shs_thread_wait(&renewal->ended, &renewal->lock,
                            due < deadline ? due : deadline);
        }
        /* Ours, or one that another thread has begun meanwhile. */
        shs_renewal_await(renewal, deadline);
    }
    return renewal->known_at >= since;
}

void shs_renewal_close(shs_renewal_t *renewal, apr_time_t deadline)
{
    pthread_mutex_lock(&renewal->lock);
    renewal->is_closing = 1;
    shs_renewal_await(renewal, deadline);
    pthread_mutex_unlock(&renewal->lock);
}
