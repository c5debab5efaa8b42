/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/thread.h"
#include "base/clock.h"

/* The turn to dial is late after this part of the borrower's time. */
#define LATE_PART 8

struct shs_pool_t {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a connection or the turn to dial is free */
    int size;
    int borrowed; /* including dials */
    int idle;
    int is_dialling;
    int is_closing;
    unsigned dial_successes;       /* successful dials so far */
    unsigned dial_failures;        /* failed dials so far ... */
    shs_conn_status_t dial_status; /* ... and the status of the last */
    char dial_reason[160];
    apr_interval_time_t idle_limit;
    _Atomic apr_int64_t trusted_since;
    shs_pool_dial_fn dial;
    void *baton;
    shs_conn_t *stack[]; /* [0..idle), the last returned on top */
};

/* What a borrower gets. */
typedef enum place_t {
    PLACE_IDLE,   /* an idle connection */
    PLACE_DIAL,   /* the turn to dial */
    PLACE_FAILED, /* no thread has one, and the last dial failed */
    PLACE_LATE    /* the deadline passed */
} place_t;

shs_pool_t *shs_pool_create(int size, apr_interval_time_t idle,
                            shs_pool_dial_fn dial, void *baton)
{
    shs_pool_t *pool =
        calloc(1, sizeof(*pool) + (size_t)size * sizeof(shs_conn_t *));

    if (pool) {
        shs_thread_init(&pool->lock, &pool->changed);
        pool->size = size;
        pool->idle_limit = idle;
        pool->dial = dial;
        pool->baton = baton;
    }
    return pool;
}

void shs_pool_close(shs_pool_t *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_closing = 1;
    pthread_mutex_unlock(&pool->lock);
    shs_pool_flush(pool);
}

void shs_pool_destroy(shs_pool_t *pool)
{
    shs_pool_close(pool);
    assert(pool->borrowed == 0);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* With the lock: what is available at once; LATE: nothing. `seen` is the number
 * of failed dials when the thread began to wait. */
static place_t find_place(shs_conn_t **out, shs_pool_t *pool, int may_dial,
                          unsigned seen)
{
    if (pool->idle > 0) {
        *out = pool->stack[--pool->idle];
        ++pool->borrowed;
        return PLACE_IDLE;
    }
    if (pool->borrowed == 0 && (!may_dial || pool->dial_failures != seen)) {
        return PLACE_FAILED;
    }
    if (may_dial && !pool->is_dialling && pool->borrowed < pool->size) {
        pool->is_dialling = 1;
        ++pool->borrowed;
        return PLACE_DIAL;
    }
    return PLACE_LATE;
}

/* `is_slow`: after LATE, whether other threads could dial meanwhile. */
static place_t take_place(shs_conn_t **out, int *is_slow, shs_pool_t *pool,
                          int may_dial, apr_time_t deadline)
{
    unsigned seen, successes;
    place_t place;

    pthread_mutex_lock(&pool->lock);
    seen = pool->dial_failures;
    successes = pool->dial_successes;
    place = find_place(out, pool, may_dial, seen);
    while (place == PLACE_LATE && !shs_thread_is_late(deadline)) {
        shs_thread_wait(&pool->changed, &pool->lock, deadline);
        place = find_place(out, pool, may_dial, seen);
    }
    if (place == PLACE_LATE) {
        /* A signal that came with the deadline is for another thread. */
        pthread_cond_signal(&pool->changed);
    }
    *is_slow = pool->dial_successes != successes;
    assert(pool->idle + pool->borrowed <= pool->size);
    pthread_mutex_unlock(&pool->lock);
    return place;
}

/* Not every waiter can use a free place, so all are woken. */
static void free_place(shs_pool_t *pool)
{
    pthread_mutex_lock(&pool->lock);
    assert(pool->borrowed > 0);
    --pool->borrowed;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

/* All waiting threads share a failure, unless only the dialling thread's
 * deadline passed. */
static void end_dial(shs_pool_t *pool, shs_conn_status_t status,
                     const char *reason, int is_private)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_dialling = 0;
    if (status == SHS_CONN_OK) {
        ++pool->dial_successes;
    }
    else {
        --pool->borrowed;
    }
    if (status != SHS_CONN_OK && !is_private) {
        ++pool->dial_failures;
        pool->dial_status = status;
        apr_cpystrn(pool->dial_reason, reason, sizeof(pool->dial_reason));
    }
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

static shs_conn_status_t read_failure(const char **reason, shs_pool_t *pool,
                                      apr_pool_t *p)
{
    shs_conn_status_t status;

    pthread_mutex_lock(&pool->lock);
    status = pool->dial_status;
    *reason = apr_pstrdup(p, pool->dial_reason);
    pthread_mutex_unlock(&pool->lock);
    return status;
}

/* No connection by the deadline: other threads had all of them; or they opened
 * new ones, one after the other, and this thread's turn did not come; or a dial
 * took too long. Only the last is a fault of the server. */
static shs_conn_status_t describe_lateness(const char **reason,
                                           shs_pool_t *pool, int is_slow)
{
    int is_full;

    pthread_mutex_lock(&pool->lock);
    is_full = pool->borrowed == pool->size;
    pthread_mutex_unlock(&pool->lock);
    if (is_full || is_slow) {
        *reason = is_full ? "all connections of the pool are busy"
                          : "all connections of the pool are busy, and new ones"
                            " take too long to open";
        return SHS_CONN_BUSY;
    }
    *reason = "no connection by the deadline";
    return SHS_CONN_TIMEOUT;
}

/* Returns whether an idle connection can still be used. If not, closes it; if
 * the server cut it off, closes all other idle ones too. */
static int check_idle(shs_pool_t *pool, shs_conn_t *conn)
{
    if (shs_clock_now() - shs_conn_used_at(conn) > pool->idle_limit
        || shs_conn_used_at(conn) < atomic_load(&pool->trusted_since)) {
        shs_pool_discard(pool, conn);
        return 0;
    }
    if (!shs_conn_is_usable(conn)) {
        shs_pool_discard(pool, conn);
        shs_pool_flush(pool);
        return 0;
    }
    return 1;
}

/* Whether a failed dial is final for the server, so that waiting for another
 * thread's connection is useless. */
static int is_final(shs_conn_status_t status)
{
    return status == SHS_CONN_REFUSED || status == SHS_CONN_WRONG_ROLE;
}

/* Dials. If the turn to dial came late and the deadline passes, this proves
 * nothing about the server, only that the pool is too small. */
static shs_conn_status_t dial(shs_conn_t **out, shs_pool_t *pool,
                              apr_time_t began_at, apr_time_t deadline,
                              const char **reason, apr_pool_t *p)
{
    apr_time_t now = shs_clock_now();
    int is_late = now - began_at > (deadline - began_at) / LATE_PART;
    shs_conn_status_t status =
        pool->dial(out, pool->baton, deadline, reason, p);
    int is_over = status == SHS_CONN_TIMEOUT && shs_clock_now() >= deadline;

    end_dial(pool, status, *reason, is_over);
    if (is_over && is_late) {
        *reason = "all connections of the pool were busy for too long";
        return SHS_CONN_BUSY;
    }
    return status;
}

shs_conn_status_t shs_pool_borrow(shs_conn_t **out, int *is_new,
                                  shs_pool_t *pool, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p)
{
    shs_conn_status_t status = SHS_CONN_OK;
    apr_time_t began_at = shs_clock_now();
    int is_slow;

    *is_new = 0;
    for (;;) {
        switch (take_place(out, &is_slow, pool, !*is_new, deadline)) {
        case PLACE_IDLE:
            if (check_idle(pool, *out)) {
                *is_new = 0;
                return SHS_CONN_OK;
            }
            break;
        case PLACE_DIAL:
            *is_new = 1;
            status = dial(out, pool, began_at, deadline, reason, p);
            if (status == SHS_CONN_OK || is_final(status)) {
                return status;
            }
            /* Other threads have connections: the next one given back will
             * do. */
            break;
        case PLACE_FAILED:
            /* *reason is that of this thread's own dial, if there was one. */
            return status == SHS_CONN_OK ? read_failure(reason, pool, p)
                                         : status;
        case PLACE_LATE:
            return status == SHS_CONN_OK
                       ? describe_lateness(reason, pool, is_slow)
                       : status;
        }
    }
}

/* With the lock: removes the connection that has been idle for the longest
 * time, if for too long. With few borrowers none is used down to it. */
static shs_conn_t *take_bottom(shs_pool_t *pool, apr_time_t now)
{
    shs_conn_t *bottom = pool->stack[0];

    if (pool->idle == 0 || now - shs_conn_used_at(bottom) <= pool->idle_limit) {
        return NULL;
    }
    --pool->idle;
    memmove(&pool->stack[0], &pool->stack[1],
            (size_t)pool->idle * sizeof(pool->stack[0]));
    return bottom;
}

/* Uses the time of the reply that has just come, which saves a reading of the
 * clock. */
void shs_pool_give_back(shs_pool_t *pool, shs_conn_t *conn)
{
    shs_conn_t *closed;

    pthread_mutex_lock(&pool->lock);
    assert(pool->borrowed > 0);
    --pool->borrowed;
    if (pool->is_closing) {
        closed = conn;
    }
    else {
        closed = take_bottom(pool, shs_conn_used_at(conn));
        pool->stack[pool->idle++] = conn;
    }
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    if (closed) {
        shs_conn_close(closed);
    }
}

void shs_pool_distrust(shs_pool_t *pool, apr_time_t since)
{
    apr_int64_t before = atomic_load(&pool->trusted_since);

    while (since > before
           && !atomic_compare_exchange_weak(&pool->trusted_since, &before,
                                            since)) {
        continue;
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
        pthread_cond_signal(&pool->changed);
        pthread_mutex_unlock(&pool->lock);
        if (!conn) {
            return;
        }
        shs_conn_close(conn);
    }
}
