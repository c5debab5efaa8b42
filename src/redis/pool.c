/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/pool.h"

#include <assert.h>
#include <pthread.h>
#include <time.h>

#include "store/clock.h"

struct shs_pool_t {
    pthread_mutex_t lock;
    pthread_cond_t place_free;
    int size;
    int borrowed; /* and being dialled */
    int idle;
    int is_closing;
    apr_interval_time_t idle_limit;
    shs_pool_dial_fn dial;
    void *baton;
    shs_conn_t *stack[]; /* [0..idle), the last given back on top */
};

static apr_status_t close_idle(void *data)
{
    shs_pool_t *pool = data;

    pthread_mutex_lock(&pool->lock);
    pool->is_closing = 1;
    pthread_mutex_unlock(&pool->lock);
    shs_pool_flush(pool);
    return APR_SUCCESS;
}

shs_pool_t *shs_pool_create(int size, apr_interval_time_t idle,
                            shs_pool_dial_fn dial, void *baton,
                            apr_pool_t *pchild)
{
    shs_pool_t *pool;
    pthread_condattr_t monotonic;
    apr_pool_t *lasting;

    /* Without a parent it lasts until the process ends. */
    apr_pool_create(&lasting, NULL);
    pool = apr_pcalloc(lasting,
                       sizeof(*pool) + (size_t)size * sizeof(shs_conn_t *));
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->place_free, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->size = size;
    pool->idle_limit = idle;
    pool->dial = dial;
    pool->baton = baton;
    apr_pool_cleanup_register(pchild, pool, close_idle, apr_pool_cleanup_null);
    return pool;
}

/* Takes an idle connection, or the place for a new one, waiting for either.
 * Returns 0 at the deadline. */
static int take_place(shs_conn_t **idle, shs_pool_t *pool, apr_time_t deadline)
{
    struct timespec until;
    int is_taken;

    until.tv_sec = (time_t)apr_time_sec(deadline);
    until.tv_nsec = (long)apr_time_usec(deadline) * 1000;
    *idle = NULL;
    pthread_mutex_lock(&pool->lock);
    while (pool->idle == 0 && pool->borrowed == pool->size
           && shs_clock_now() < deadline) {
        pthread_cond_timedwait(&pool->place_free, &pool->lock, &until);
    }
    is_taken = pool->idle > 0 || pool->borrowed < pool->size;
    if (is_taken) {
        if (pool->idle > 0) {
            *idle = pool->stack[--pool->idle];
        }
        ++pool->borrowed;
    }
    assert(pool->idle + pool->borrowed <= pool->size);
    pthread_mutex_unlock(&pool->lock);
    return is_taken;
}

static void free_place(shs_pool_t *pool)
{
    pthread_mutex_lock(&pool->lock);
    assert(pool->borrowed > 0);
    --pool->borrowed;
    pthread_cond_signal(&pool->place_free);
    pthread_mutex_unlock(&pool->lock);
}

shs_conn_status_t shs_pool_borrow(shs_conn_t **out, int *is_new,
                                  shs_pool_t *pool, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p)
{
    shs_conn_status_t status;

    for (;;) {
        if (!take_place(out, pool, deadline)) {
            *reason = "all connections of the pool are busy";
            return SHS_CONN_FAILED;
        }
        if (!*out) {
            break;
        }
        if (shs_clock_now() - shs_conn_used_at(*out) > pool->idle_limit) {
            shs_pool_discard(pool, *out);
        }
        else if (!shs_conn_is_usable(*out)) {
            shs_pool_discard(pool, *out);
            shs_pool_flush(pool);
        }
        else {
            *is_new = 0;
            return SHS_CONN_OK;
        }
    }
    *is_new = 1;
    status = pool->dial(out, pool->baton, deadline, reason, p);
    if (status != SHS_CONN_OK) {
        free_place(pool);
    }
    return status;
}

void shs_pool_give_back(shs_pool_t *pool, shs_conn_t *conn)
{
    int is_kept;

    pthread_mutex_lock(&pool->lock);
    assert(pool->borrowed > 0);
    --pool->borrowed;
    is_kept = !pool->is_closing;
    if (is_kept) {
        pool->stack[pool->idle++] = conn;
    }
    pthread_cond_signal(&pool->place_free);
    pthread_mutex_unlock(&pool->lock);
    if (!is_kept) {
        shs_conn_close(conn);
    }
}

void shs_pool_discard(shs_pool_t *pool, shs_conn_t *conn)
{
    shs_conn_close(conn);
    free_place(pool);
}

void shs_pool_flush(shs_pool_t *pool)
{
    for (;;) {
        shs_conn_t *conn = NULL;

        pthread_mutex_lock(&pool->lock);
        if (pool->idle > 0) {
            conn = pool->stack[--pool->idle];
        }
        pthread_cond_signal(&pool->place_free);
        pthread_mutex_unlock(&pool->lock);
        if (!conn) {
            return;
        }
        shs_conn_close(conn);
    }
}
