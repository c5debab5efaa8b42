/* SPDX-License-Identifier: Apache-2.0 */
/* gettid() */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "redis/connection/pool.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "fake.h"
#include "base/clock.h"
#include "unit.h"

#define FOREVER apr_time_from_sec(3600)

static const shs_resp_limits_t roomy = { 65536, 8192 };

/* -------------------------------------------------------------- the server */

/* Replies to each command with its last argument. */
static void echo(fake_peer_t *peer, void *baton)
{
    (void)baton;
    while (fake_read_command(peer)) {
        char reply[600];
        const char *last = peer->arguments[peer->count - 1];

        apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n", (int)strlen(last),
                     last);
        fake_send_text(peer, reply);
    }
}

static int ended;

/* The same, and counts the connections that were closed. */
static void until_closed(fake_peer_t *peer, void *baton)
{
    echo(peer, baton);
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
}

static void wait_until_ended(int count)
{
    unit_await(__atomic_load_n(&ended, __ATOMIC_SEQ_CST) >= count,
               "%d are closed", ended);
}

/* Replies to one command, then closes. */
static void answer_once(fake_peer_t *peer, void *baton)
{
    (void)baton;
    if (fake_read_command(peer)) {
        fake_send_text(peer, "+OK\r\n");
    }
}

/* ---------------------------------------------------------------- dialling */

typedef struct dialler_t {
    shs_resolver_address_t address;
    int dials;
    int is_broken;
    shs_conn_status_t status; /* when broken */
} dialler_t;

static shs_conn_status_t dial(shs_conn_t **out, void *baton,
                              apr_time_t deadline, const char **reason,
                              apr_pool_t *borrower)
{
    dialler_t *dialler = baton;

    (void)borrower;
    __atomic_add_fetch(&dialler->dials, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&dialler->is_broken, __ATOMIC_SEQ_CST)) {
        *reason = "the dialler is broken";
        return dialler->status;
    }
    return shs_conn_open(out, &dialler->address, 1, NULL, "127.0.0.1", deadline,
                         reason);
}

static dialler_t dialler;

static apr_status_t destroy(void *pool)
{
    shs_pool_destroy(pool);
    return APR_SUCCESS;
}

static shs_pool_t *pool_of(fake_t *fake, int size, apr_interval_time_t idle)
{
    shs_pool_t *pool;

    memset(&dialler, 0, sizeof(dialler));
    fake_address(&dialler.address, fake);
    pool = shs_pool_create(size, idle, dial, &dialler);
    ck_assert_ptr_nonnull(pool);
    apr_pool_cleanup_register(p, pool, destroy, apr_pool_cleanup_null);
    return pool;
}

static shs_conn_t *borrow(shs_pool_t *pool, int *is_new)
{
    shs_conn_t *conn = NULL;
    const char *reason = "none";
    int any = -1;
    shs_conn_status_t status = shs_pool_borrow(
        &conn, is_new ? is_new : &any, pool, unit_in_ms(5000), &reason, p);

    ck_assert_msg(status == SHS_CONN_OK, "%d: %s", status, reason);
    ck_assert_ptr_nonnull(conn);
    return conn;
}

/* Sends the echo a text and returns whether that text came back. */
static int is_echoed(shs_conn_t *conn, const char *text, apr_pool_t *pool)
{
    shs_octets_t buffer = { NULL, 0 };
    shs_octets_t arguments[2] = { { "ECHO", 4 }, { NULL, 0 } };
    shs_reply_t *reply = NULL;
    const char *reason = NULL;

    arguments[1].data = text;
    arguments[1].len = strlen(text);
    shs_resp_append(&buffer, arguments, 2, pool);
    return shs_conn_execute(&reply, 1, conn, buffer, roomy, unit_in_ms(5000),
                            &reason, pool)
               == SHS_CONN_OK
           && reply->text.len == strlen(text)
           && !memcmp(reply->text.data, text, reply->text.len);
}

/* Waits until the peer has closed an idle connection. */
static void wait_until_closed(const shs_conn_t *conn)
{
    unit_await(!shs_conn_is_usable(conn), "the fake did not close");
}

/* ------------------------------------------------------------------- rules */

START_TEST(pool_create__does_not_dial)
{
    fake_t *fake = fake_start(echo, NULL);

    ck_assert_ptr_nonnull(pool_of(fake, 4, FOREVER));
    ck_assert_int_eq(dialler.dials, 0);
    fake_stop(fake);
}
END_TEST

START_TEST(pool_borrow__takes_the_last_given_back_first)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 4, FOREVER);
    int is_new = -1;
    shs_conn_t *a = borrow(pool, &is_new);
    shs_conn_t *b = borrow(pool, NULL);
    shs_conn_t *c = borrow(pool, NULL);

    ck_assert_int_eq(is_new, 1);
    ck_assert(a != b && b != c && a != c);
    shs_pool_give_back(pool, a);
    shs_pool_give_back(pool, b);
    shs_pool_give_back(pool, c);
    ck_assert_ptr_eq(borrow(pool, &is_new), c);
    ck_assert_int_eq(is_new, 0);
    ck_assert_ptr_eq(borrow(pool, NULL), b);
    ck_assert_ptr_eq(borrow(pool, NULL), a);
    ck_assert_int_eq(dialler.dials, 3);
    shs_pool_discard(pool, a);
    shs_pool_discard(pool, b);
    shs_pool_discard(pool, c);
    fake_stop(fake);
}
END_TEST

START_TEST(pool_borrow__lends_a_connection_once)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 4, FOREVER);
    shs_conn_t *a = borrow(pool, NULL);
    shs_conn_t *b;

    shs_pool_give_back(pool, a);
    a = borrow(pool, NULL);
    b = borrow(pool, NULL);
    ck_assert_ptr_ne(a, b);
    shs_pool_give_back(pool, a);
    shs_pool_give_back(pool, b);
    fake_stop(fake);
}
END_TEST

START_TEST(pool_borrow__waits_no_longer_than_the_deadline)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 1, FOREVER);
    shs_conn_t *a = borrow(pool, NULL);
    shs_conn_t *b = NULL;
    const char *reason = NULL;
    int is_new;
    apr_time_t deadline = unit_in_ms(60);

    ck_assert_int_ne(shs_pool_borrow(&b, &is_new, pool, deadline, &reason, p),
                     SHS_CONN_OK);
    ck_assert_msg(reason && *reason, "no reason");
    ck_assert_int_ge(shs_clock_now(), deadline - 1000);
    ck_assert_int_le(shs_clock_now(),
                     deadline + unit_slack_ms() * (apr_time_t)1000);
    ck_assert_int_eq(dialler.dials, 1);
    /* No place was lost by the waiting. */
    shs_pool_give_back(pool, a);
    ck_assert_ptr_eq(borrow(pool, NULL), a);
    shs_pool_discard(pool, a);
    fake_stop(fake);
}
END_TEST

START_TEST(pool_discard__makes_room_for_a_new_one)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 1, FOREVER);
    int i;

    for (i = 0; i < 10; i++) {
        int is_new = 0;
        shs_conn_t *conn = borrow(pool, &is_new);

        ck_assert_int_eq(is_new, 1);
        shs_pool_discard(pool, conn);
    }
    ck_assert_int_eq(dialler.dials, 10);
    fake_stop(fake);
}
END_TEST

static const shs_conn_status_t statuses[] = { SHS_CONN_FAILED, SHS_CONN_DEAD,
                                              SHS_CONN_TOO_LARGE,
                                              SHS_CONN_REFUSED };

START_TEST(pool_borrow__a_failed_dial_takes_no_room)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 2, FOREVER);
    int i;

    dialler.is_broken = 1;
    dialler.status = statuses[_i];
    for (i = 0; i < 10; i++) {
        shs_conn_t *conn = NULL;
        const char *reason = NULL;
        int is_new;

        ck_assert_int_eq(
            shs_pool_borrow(&conn, &is_new, pool, unit_in_ms(1000), &reason, p),
            statuses[_i]);
        ck_assert_str_eq(reason, "the dialler is broken");
    }
    ck_assert_int_eq(dialler.dials, 10);
    dialler.is_broken = 0;
    shs_pool_discard(pool, borrow(pool, NULL));
    fake_stop(fake);
}
END_TEST

/* ----------------------------------------------------------- idle and dead */

START_TEST(pool_borrow__closes_what_was_idle_for_too_long)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 4, 20 * 1000);
    shs_conn_t *conn = borrow(pool, NULL);
    int is_new = -1;

    shs_pool_give_back(pool, conn);
    unit_let_pass(unit_in_ms(25));
    conn = borrow(pool, &is_new);
    ck_assert_int_eq(is_new, 1);
    ck_assert_int_eq(dialler.dials, 2);
    ck_assert(is_echoed(conn, "hello", p));
    shs_pool_discard(pool, conn);
    fake_stop(fake);
}
END_TEST

START_TEST(pool_distrust__closes_connections_without_a_reply_since)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 4, 5 * APR_USEC_PER_SEC);
    shs_conn_t *conns[3];
    apr_time_t since;
    int is_new = -1;
    int i;

    for (i = 0; i < 3; i++) {
        conns[i] = borrow(pool, NULL);
    }
    since = shs_clock_now() + 1;
    while (shs_clock_now() <= since) {
        continue;
    }
    /* One of them gets a later reply. */
    ck_assert(is_echoed(conns[0], "hello", p));
    for (i = 0; i < 3; i++) {
        shs_pool_give_back(pool, conns[i]);
    }
    shs_pool_distrust(pool, since);
    shs_pool_distrust(pool, 1); /* takes nothing back */
    conns[1] = borrow(pool, &is_new);
    ck_assert_ptr_eq(conns[1], conns[0]);
    ck_assert_int_eq(is_new, 0);
    conns[2] = borrow(pool, &is_new);
    ck_assert_int_eq(is_new, 1);
    ck_assert_int_eq(dialler.dials, 4);
    shs_pool_give_back(pool, conns[1]);
    shs_pool_give_back(pool, conns[2]);
    fake_stop(fake);
}
END_TEST

/* After a peak, one connection is enough. */
START_TEST(pool_give_back__closes_what_is_no_longer_needed)
{
    fake_t *fake = fake_start(until_closed, NULL);
    shs_pool_t *pool = pool_of(fake, 4, 100 * 1000);
    apr_time_t until = unit_in_ms(5000);
    shs_conn_t *conns[4];
    int i;

    ended = 0;
    for (i = 0; i < 4; i++) {
        conns[i] = borrow(pool, NULL);
    }
    for (i = 0; i < 4; i++) {
        ck_assert(is_echoed(conns[i], "peak", p));
        shs_pool_give_back(pool, conns[i]);
    }
    while (fake_accepted(fake) - __atomic_load_n(&ended, __ATOMIC_SEQ_CST)
           != 1) {
        shs_conn_t *conn = borrow(pool, NULL);

        ck_assert(is_echoed(conn, "now and then", p));
        shs_pool_give_back(pool, conn);
        ck_assert_msg(unit_poll(until), "%d of %d are closed", ended,
                      fake_accepted(fake));
    }
    fake_stop(fake);
}
END_TEST

START_TEST(pool_borrow__never_lends_one_that_was_closed)
{
    fake_t *fake = fake_start(answer_once, NULL);
    shs_pool_t *pool = pool_of(fake, 4, FOREVER);
    shs_conn_t *conn = borrow(pool, NULL);
    int is_new = -1;

    /* It is not the echo that replies here, but octets come. */
    is_echoed(conn, "hello", p);
    wait_until_closed(conn);
    shs_pool_give_back(pool, conn);
    conn = borrow(pool, &is_new);
    ck_assert_int_eq(is_new, 1);
    shs_pool_discard(pool, conn);
    fake_stop(fake);
}
END_TEST

static void say_late(fake_peer_t *peer, void *baton)
{
    (void)baton;
    if (peer->nth > 0) {
        echo(peer, NULL);
        return;
    }
    if (fake_read_command(peer)) {
        fake_send_text(peer, "$5\r\nfirst\r\n");
        fake_wait(peer);
        fake_send_text(peer, "$6\r\nsecret\r\n");
        fake_stall(peer);
    }
}

/* The worst bug there is: a late reply must not be taken for the next
 * command's. */
START_TEST(pool_borrow__never_lends_one_with_unread_octets)
{
    fake_t *fake = fake_start(say_late, NULL);
    shs_pool_t *pool = pool_of(fake, 1, FOREVER);
    shs_conn_t *conn = borrow(pool, NULL);
    int is_new = -1;

    ck_assert(is_echoed(conn, "first", p));
    shs_pool_give_back(pool, conn);
    fake_resume(fake);
    wait_until_closed(conn);
    conn = borrow(pool, &is_new);
    ck_assert_int_eq(is_new, 1);
    ck_assert(is_echoed(conn, "mine", p));
    shs_pool_give_back(pool, conn);
    fake_stop(fake);
}
END_TEST

START_TEST(pool_flush__closes_what_is_idle_and_nothing_else)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 4, FOREVER);
    shs_conn_t *a = borrow(pool, NULL);
    shs_conn_t *b = borrow(pool, NULL);
    shs_conn_t *c = borrow(pool, NULL);
    int is_new = -1;

    shs_pool_give_back(pool, a);
    shs_pool_give_back(pool, b);
    shs_pool_flush(pool);
    ck_assert_msg(is_echoed(c, "lent", p), "what is lent was closed");
    a = borrow(pool, &is_new);
    ck_assert_int_eq(is_new, 1);
    b = borrow(pool, &is_new);
    ck_assert_int_eq(is_new, 1);
    ck_assert_int_eq(dialler.dials, 5);
    shs_pool_discard(pool, a);
    shs_pool_discard(pool, b);
    shs_pool_discard(pool, c);
    shs_pool_flush(pool);
    fake_stop(fake);
}
END_TEST

START_TEST(pool_close__closes_what_is_idle_and_what_is_given_back)
{
    fake_t *fake = fake_start(until_closed, NULL);
    shs_pool_t *pool = pool_of(fake, 4, FOREVER);
    shs_conn_t *idle = borrow(pool, NULL);
    shs_conn_t *lent = borrow(pool, NULL);
    int is_new = -1;

    shs_pool_give_back(pool, idle);
    shs_pool_close(pool);
    wait_until_ended(1);
    /* A thread that is still at work continues and ends its loan. */
    ck_assert(is_echoed(lent, "at work", p));
    shs_pool_give_back(pool, lent);
    wait_until_ended(2);
    /* A later call does not crash, and leaves nothing open. */
    lent = borrow(pool, &is_new);
    ck_assert_int_eq(is_new, 1);
    shs_pool_give_back(pool, lent);
    wait_until_ended(3);
    fake_stop(fake);
}
END_TEST

/* ----------------------------------------------------------------- threads */

typedef struct lender_t {
    shs_pool_t *pool;
    shs_conn_t *conn;
    int is_discarding;
    int borrower; /* the thread that waits for the loan to end */
} lender_t;

static void *end_loan_later(void *data)
{
    lender_t *lender = data;

    unit_await_sleeper(lender->borrower);
    if (lender->is_discarding) {
        shs_pool_discard(lender->pool, lender->conn);
    }
    else {
        shs_pool_give_back(lender->pool, lender->conn);
    }
    return NULL;
}

START_TEST(pool_borrow__waits_until_another_ends_its_loan)
{
    fake_t *fake = fake_start(echo, NULL);
    lender_t lender;
    pthread_t thread;
    shs_conn_t *conn;
    apr_time_t begun;
    int is_new = -1;

    lender.pool = pool_of(fake, 1, FOREVER);
    lender.conn = borrow(lender.pool, NULL);
    lender.is_discarding = _i;
    lender.borrower = gettid();
    begun = shs_clock_now();
    ck_assert_int_eq(pthread_create(&thread, NULL, end_loan_later, &lender), 0);
    conn = borrow(lender.pool, &is_new);
    /* Not only at its deadline. */
    ck_assert_int_lt(shs_clock_now() - begun, apr_time_from_sec(4));
    ck_assert_int_eq(is_new, _i);
    ck_assert(is_echoed(conn, "hello", p));
    pthread_join(thread, NULL);
    shs_pool_discard(lender.pool, conn);
    fake_stop(fake);
}
END_TEST

static void *fail_later(void *data)
{
    lender_t *lender = data;

    unit_await_sleeper(lender->borrower);
    __atomic_store_n(&dialler.is_broken, 1, __ATOMIC_SEQ_CST);
    shs_pool_discard(lender->pool, lender->conn);
    return NULL;
}

START_TEST(pool_borrow__waiters_fail_when_the_store_is_gone)
{
    fake_t *fake = fake_start(echo, NULL);
    lender_t lender;
    pthread_t thread;
    shs_conn_t *conn = NULL;
    const char *reason = NULL;
    int is_new;
    apr_time_t begun;

    lender.pool = pool_of(fake, 1, FOREVER);
    lender.conn = borrow(lender.pool, NULL);
    lender.borrower = gettid();
    dialler.status = SHS_CONN_FAILED;
    begun = shs_clock_now();
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_later, &lender), 0);
    ck_assert_int_eq(shs_pool_borrow(&conn, &is_new, lender.pool,
                                     unit_in_ms(20000), &reason, p),
                     SHS_CONN_FAILED);
    ck_assert_int_le(shs_clock_now() - begun, apr_time_from_sec(10));
    ck_assert_ptr_nonnull(reason);
    pthread_join(thread, NULL);
    fake_stop(fake);
}
END_TEST

typedef struct worker_t {
    shs_pool_t *pool;
    int nth;
    int foreign;
    int failures;
} worker_t;

static int borrowed;
static int most_borrowed;

static void *work(void *data)
{
    worker_t *worker = data;
    apr_pool_t *own;
    int i;

    apr_pool_create(&own, NULL);
    for (i = 0; i < 100; i++) {
        shs_conn_t *conn = NULL;
        const char *reason = NULL;
        int is_new;
        int now;
        int most;

        if (shs_pool_borrow(&conn, &is_new, worker->pool, unit_in_ms(20000),
                            &reason, own)
            != SHS_CONN_OK) {
            worker->failures++;
            continue;
        }
        now = __atomic_add_fetch(&borrowed, 1, __ATOMIC_SEQ_CST);
        most = __atomic_load_n(&most_borrowed, __ATOMIC_SEQ_CST);
        while (now > most
               && !__atomic_compare_exchange_n(&most_borrowed, &most, now, 0,
                                               __ATOMIC_SEQ_CST,
                                               __ATOMIC_SEQ_CST)) {
            /* another was faster */
        }
        if (!is_echoed(conn, apr_psprintf(own, "%d-%d", worker->nth, i), own)) {
            worker->foreign++;
        }
        __atomic_sub_fetch(&borrowed, 1, __ATOMIC_SEQ_CST);
        if (i % 10 == 9) {
            shs_pool_discard(worker->pool, conn);
        }
        else {
            shs_pool_give_back(worker->pool, conn);
        }
        if (i % 33 == 32) {
            shs_pool_flush(worker->pool);
        }
        apr_pool_clear(own);
    }
    apr_pool_destroy(own);
    return NULL;
}

START_TEST(pool__keeps_its_bound_under_sixteen_threads)
{
    enum { THREADS = 16, SIZE = 4 };
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, SIZE, FOREVER);
    pthread_t threads[THREADS];
    worker_t workers[THREADS];
    int i;

    for (i = 0; i < THREADS; i++) {
        workers[i].pool = pool;
        workers[i].nth = i;
        workers[i].foreign = 0;
        workers[i].failures = 0;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]),
                         0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(workers[i].foreign, 0);
        ck_assert_int_eq(workers[i].failures, 0);
    }
    ck_assert_int_le(most_borrowed, SIZE);
    ck_assert_int_eq(borrowed, 0);
    shs_pool_flush(pool);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------------------- dials */

/* A dial that waits until it is released, and then fails or does not. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int is_open; /* no need to wait */
    int tickets; /* so many need not wait */
    int dials, now, most;
} gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0, 0 };

static shs_conn_status_t dial_at_gate(shs_conn_t **out, void *baton,
                                      apr_time_t deadline, const char **reason,
                                      apr_pool_t *borrower)
{
    shs_conn_status_t status;

    pthread_mutex_lock(&gate.lock);
    gate.dials++;
    gate.now++;
    gate.most = gate.now > gate.most ? gate.now : gate.most;
    pthread_cond_broadcast(&gate.changed);
    while (!gate.is_open && gate.tickets == 0) {
        pthread_cond_wait(&gate.changed, &gate.lock);
    }
    gate.tickets -= !gate.is_open;
    pthread_mutex_unlock(&gate.lock);
    /* A dial may succeed at once, even past the deadline. */
    *reason = "no connection by the deadline";
    status = shs_clock_now() < deadline
                 ? dial(out, baton, deadline, reason, borrower)
                 : SHS_CONN_TIMEOUT;
    pthread_mutex_lock(&gate.lock);
    gate.now--;
    pthread_mutex_unlock(&gate.lock);
    return status;
}

static void open_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.is_open = 1;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

/* Lets one dial pass. */
static void admit_one(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.tickets++;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void await_dials(int count)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.dials < count) {
        pthread_cond_wait(&gate.changed, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
}

static shs_pool_t *gated_pool_of(fake_t *fake, int size)
{
    shs_pool_t *pool;

    memset(&dialler, 0, sizeof(dialler));
    fake_address(&dialler.address, fake);
    gate.is_open = gate.dials = gate.most = gate.tickets = 0;
    pool = shs_pool_create(size, FOREVER, dial_at_gate, &dialler);
    apr_pool_cleanup_register(p, pool, destroy, apr_pool_cleanup_null);
    return pool;
}

/* A thread that borrows once, and ends its loan at once, or keeps it. */
typedef struct waiter_t {
    shs_pool_t *pool;
    int ms;
    int keeps;
    shs_conn_t *kept;
    pthread_t thread;
    int tid; /* set when it has one */
    shs_conn_status_t status;
    char reason[100];
    apr_time_t took;
} waiter_t;

static void *borrow_once(void *data)
{
    waiter_t *waiter = data;
    apr_time_t begun = shs_clock_now();
    shs_conn_t *conn = NULL;
    const char *reason = "";
    apr_pool_t *own;
    int is_new;

    apr_pool_create(&own, NULL);
    __atomic_store_n(&waiter->tid, gettid(), __ATOMIC_SEQ_CST);
    waiter->status = shs_pool_borrow(&conn, &is_new, waiter->pool,
                                     unit_in_ms(waiter->ms), &reason, own);
    waiter->took = shs_clock_now() - begun;
    if (waiter->status == SHS_CONN_OK && waiter->keeps) {
        waiter->kept = conn;
    }
    else if (waiter->status == SHS_CONN_OK) {
        shs_pool_give_back(waiter->pool, conn);
    }
    else {
        apr_cpystrn(waiter->reason, reason, sizeof(waiter->reason));
    }
    apr_pool_destroy(own);
    return NULL;
}

/* Returns when it waits, for the gate or for other threads. */
static void run_waiter(waiter_t *waiter)
{
    ck_assert_int_eq(pthread_create(&waiter->thread, NULL, borrow_once, waiter),
                     0);
    while (__atomic_load_n(&waiter->tid, __ATOMIC_SEQ_CST) == 0) {
        sched_yield();
    }
    unit_await_sleeper(waiter->tid);
}

static void start_waiter(waiter_t *waiter, shs_pool_t *pool, int ms)
{
    memset(waiter, 0, sizeof(*waiter));
    waiter->pool = pool;
    waiter->ms = ms;
    run_waiter(waiter);
}

static void start_holder(waiter_t *waiter, shs_pool_t *pool, int ms)
{
    memset(waiter, 0, sizeof(*waiter));
    waiter->pool = pool;
    waiter->ms = ms;
    waiter->keeps = 1;
    run_waiter(waiter);
}

#define WAITERS 8

/* Loop 0: all fail with the one that dials; 1: it succeeds. */
START_TEST(pool_borrow__dials_once_while_others_wait)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = gated_pool_of(fake, WAITERS);
    waiter_t waiters[WAITERS];
    int i;

    dialler.status = SHS_CONN_FAILED;
    dialler.is_broken = _i == 0;
    for (i = 0; i < WAITERS; i++) {
        start_waiter(&waiters[i], pool, 50000);
    }
    ck_assert_int_eq(gate.dials, 1);
    open_gate();
    for (i = 0; i < WAITERS; i++) {
        pthread_join(waiters[i].thread, NULL);
        if (_i == 0) {
            ck_assert_int_eq(waiters[i].status, SHS_CONN_FAILED);
            ck_assert_str_eq(waiters[i].reason, "the dialler is broken");
        }
        else {
            ck_assert_int_eq(waiters[i].status, SHS_CONN_OK);
        }
        ck_assert_int_lt(waiters[i].took, apr_time_from_sec(20));
    }
    ck_assert_int_eq(gate.most, 1);
    ck_assert(_i == 1 || gate.dials == 1);
    fake_stop(fake);
}
END_TEST

/* A server at its maxclients: the existing connections will do. */
START_TEST(pool_borrow__waits_for_a_loan_to_end_after_a_failed_dial)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = gated_pool_of(fake, 4);
    waiter_t waiters[3];
    shs_conn_t *conn;
    int i;

    open_gate();
    conn = borrow(pool, NULL);
    dialler.is_broken = 1;
    dialler.status = SHS_CONN_TURNED_AWAY;
    for (i = 0; i < 3; i++) {
        start_waiter(&waiters[i], pool, 50000);
    }
    ck_assert(is_echoed(conn, "at work", p));
    shs_pool_give_back(pool, conn);
    for (i = 0; i < 3; i++) {
        pthread_join(waiters[i].thread, NULL);
        ck_assert_int_eq(waiters[i].status, SHS_CONN_OK);
    }
    fake_stop(fake);
}
END_TEST

/* ... and if none is given back, the reason is that of the failed dial. */
START_TEST(pool_borrow__says_why_the_dial_failed_at_the_deadline)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 4, FOREVER);
    shs_conn_t *conn = borrow(pool, NULL);
    shs_conn_t *none = NULL;
    const char *reason = NULL;
    int is_new;

    dialler.is_broken = 1;
    dialler.status = SHS_CONN_TURNED_AWAY;
    ck_assert_int_eq(
        shs_pool_borrow(&none, &is_new, pool, unit_in_ms(60), &reason, p),
        SHS_CONN_TURNED_AWAY);
    ck_assert_str_eq(reason, "the dialler is broken");
    shs_pool_give_back(pool, conn);
    fake_stop(fake);
}
END_TEST

/* A wrong password is wrong on each connection. */
START_TEST(pool_borrow__does_not_wait_after_a_refusal)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = pool_of(fake, 4, FOREVER);
    shs_conn_t *conn = borrow(pool, NULL);
    shs_conn_t *none = NULL;
    const char *reason = NULL;
    int is_new;
    apr_time_t begun = shs_clock_now();

    dialler.is_broken = 1;
    dialler.status = _i ? SHS_CONN_WRONG_ROLE : SHS_CONN_REFUSED;
    ck_assert_int_eq(
        shs_pool_borrow(&none, &is_new, pool, unit_in_ms(50000), &reason, p),
        dialler.status);
    ck_assert_int_lt(shs_clock_now() - begun, apr_time_from_sec(20));
    shs_pool_give_back(pool, conn);
    fake_stop(fake);
}
END_TEST

/* If all are lent this is another matter than a dial that takes too long. */
START_TEST(pool_borrow__says_whether_all_were_lent)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = gated_pool_of(fake, 2);
    waiter_t dialling, late;
    shs_conn_t *conn;

    open_gate();
    conn = borrow(pool, NULL);
    gate.is_open = gate.dials = 0;
    start_waiter(&dialling, pool, 50000);
    await_dials(1);
    start_waiter(&late, pool, 30);
    pthread_join(late.thread, NULL);
    ck_assert_int_eq(late.status, SHS_CONN_BUSY);
    shs_pool_discard(pool, conn);
    start_waiter(&late, pool, 30);
    pthread_join(late.thread, NULL);
    ck_assert_int_eq(late.status, SHS_CONN_TIMEOUT);
    open_gate();
    pthread_join(dialling.thread, NULL);
    ck_assert_int_eq(dialling.status, SHS_CONN_OK);
    fake_stop(fake);
}
END_TEST

#define OTHERS 5

/* A server that is far away, and more threads than connections: each dial takes
 * time, and the turn of one of them does not come. The server is well. */
START_TEST(pool_borrow__says_that_others_could_dial)
{
    fake_t *fake = fake_start(echo, NULL);
    shs_pool_t *pool = gated_pool_of(fake, OTHERS + 2);
    waiter_t others[OTHERS], late;
    apr_time_t passed;
    int i;

    start_holder(&others[0], pool, 50000);
    await_dials(1);
    passed = unit_in_ms(801);
    start_waiter(&late, pool, 800);
    for (i = 1; i < OTHERS; i++) {
        start_holder(&others[i], pool, 50000);
    }
    /* A thread that has the turn is late itself after an eighth of its time. */
    unit_let_pass(passed - apr_time_from_msec(600));
    admit_one();
    await_dials(2);
    unit_let_pass(passed);
    open_gate();
    pthread_join(late.thread, NULL);
    ck_assert_int_eq(late.status, SHS_CONN_BUSY);
    for (i = 0; i < OTHERS; i++) {
        pthread_join(others[i].thread, NULL);
        ck_assert_int_eq(others[i].status, SHS_CONN_OK);
        shs_pool_give_back(pool, others[i].kept);
    }
    fake_stop(fake);
}
END_TEST

/* Lets one thread begin to dial and be late, while another waits with a long
 * deadline and keeps what it gets: if it were given back, the late one would
 * get it after all. */
static void outwait_dial(waiter_t *late, waiter_t *other, shs_pool_t *pool,
                         int ms)
{
    apr_time_t passed;

    start_waiter(late, pool, ms);
    await_dials(1);
    passed = unit_in_ms(ms + 1);
    start_holder(other, pool, 20000);
    unit_let_pass(passed);
    open_gate();
    pthread_join(late->thread, NULL);
    pthread_join(other->thread, NULL);
    ck_assert_msg(other->status == SHS_CONN_OK, "%d: %s after %d ms",
                  other->status, other->reason, (int)(other->took / 1000));
    shs_pool_give_back(pool, other->kept);
}

/* Its deadline passed: that proves nothing about the server, nor about the
 * others' deadlines. On a busy machine its turn may come late, and then the
 * pool was busy: it is given more time. */
START_TEST(pool_borrow__a_late_dial_fails_no_other_borrower)
{
    fake_t *fake = fake_start(echo, NULL);
    waiter_t late = { 0 }, other;
    int ms;

    late.status = SHS_CONN_BUSY;
    for (ms = 100; late.status == SHS_CONN_BUSY && ms < 10000; ms *= 2) {
        outwait_dial(&late, &other, gated_pool_of(fake, 4), ms);
    }
    ck_assert_int_eq(late.status, SHS_CONN_TIMEOUT);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------------ lost wakeups */

/* Every third dial fails. */
static shs_conn_status_t dial_badly(shs_conn_t **out, void *baton,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *borrower)
{
    dialler_t *self = baton;

    if (__atomic_load_n(&self->dials, __ATOMIC_SEQ_CST) % 3 == 2) {
        __atomic_add_fetch(&self->dials, 1, __ATOMIC_SEQ_CST);
        *reason = "this one fails";
        return SHS_CONN_FAILED;
    }
    return dial(out, baton, deadline, reason, borrower);
}

typedef struct runner_t {
    shs_pool_t *pool;
    int nth;
    int got, failed, late;
    apr_time_t longest;
} runner_t;

#define RUNNERS 24
#define RUNS    150

static void *run_often(void *data)
{
    runner_t *runner = data;
    apr_pool_t *own;
    int i;

    apr_pool_create(&own, NULL);
    for (i = 0; i < RUNS; i++) {
        apr_time_t begun = shs_clock_now();
        shs_conn_t *conn = NULL;
        const char *reason = NULL;
        int is_new;

        switch (shs_pool_borrow(&conn, &is_new, runner->pool, unit_in_ms(15000),
                                &reason, own)) {
        case SHS_CONN_OK:
            runner->got++;
            if (i % 4 == runner->nth % 4) {
                shs_pool_discard(runner->pool, conn);
            }
            else {
                shs_pool_give_back(runner->pool, conn);
            }
            break;
        case SHS_CONN_FAILED:
            runner->failed++;
            break;
        default:
            runner->late++;
            break;
        }
        if (i % 16 == runner->nth % 16) {
            shs_pool_flush(runner->pool);
        }
        begun = shs_clock_now() - begun;
        runner->longest = begun > runner->longest ? begun : runner->longest;
        apr_pool_clear(own);
    }
    apr_pool_destroy(own);
    return NULL;
}

/* No loan lasts longer than a moment, so no wait does. */
START_TEST(pool__wakes_all_waiters_although_dials_fail)
{
    fake_t *fake = fake_start(until_closed, NULL);
    shs_pool_t *pool;
    pthread_t threads[RUNNERS];
    runner_t runners[RUNNERS];
    int got = 0;
    int i;

    memset(&dialler, 0, sizeof(dialler));
    fake_address(&dialler.address, fake);
    pool = shs_pool_create(2 + _i, FOREVER, dial_badly, &dialler);
    apr_pool_cleanup_register(p, pool, destroy, apr_pool_cleanup_null);
    for (i = 0; i < RUNNERS; i++) {
        memset(&runners[i], 0, sizeof(runners[i]));
        runners[i].pool = pool;
        runners[i].nth = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, run_often, &runners[i]), 0);
    }
    for (i = 0; i < RUNNERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(runners[i].late, 0);
        ck_assert_msg(runners[i].longest < apr_time_from_sec(7), "%d ms",
                      (int)(runners[i].longest / 1000));
        got += runners[i].got;
    }
    ck_assert_int_gt(got, RUNNERS * RUNS / 4);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, pool_create__does_not_dial);
    tcase_add_test(tc, pool_borrow__takes_the_last_given_back_first);
    tcase_add_test(tc, pool_borrow__lends_a_connection_once);
    tcase_add_test(tc, pool_borrow__waits_no_longer_than_the_deadline);
    tcase_add_test(tc, pool_discard__makes_room_for_a_new_one);
    tcase_add_loop_test(tc, pool_borrow__a_failed_dial_takes_no_room, 0,
                        ROWS(statuses));
    tcase_add_test(tc, pool_borrow__closes_what_was_idle_for_too_long);
    tcase_add_test(tc, pool_distrust__closes_connections_without_a_reply_since);
    tcase_add_test(tc, pool_give_back__closes_what_is_no_longer_needed);
    tcase_add_test(tc, pool_borrow__never_lends_one_that_was_closed);
    tcase_add_test(tc, pool_borrow__never_lends_one_with_unread_octets);
    tcase_add_test(tc, pool_flush__closes_what_is_idle_and_nothing_else);
    tcase_add_test(tc, pool_close__closes_what_is_idle_and_what_is_given_back);
    tcase_add_loop_test(tc, pool_borrow__waits_until_another_ends_its_loan, 0,
                        2);
    tcase_add_test(tc, pool_borrow__waiters_fail_when_the_store_is_gone);
    tcase_add_test(tc, pool__keeps_its_bound_under_sixteen_threads);
    tcase_add_loop_test(tc, pool_borrow__dials_once_while_others_wait, 0, 2);
    tcase_add_test(tc,
                   pool_borrow__waits_for_a_loan_to_end_after_a_failed_dial);
    tcase_add_test(tc, pool_borrow__says_why_the_dial_failed_at_the_deadline);
    tcase_add_loop_test(tc, pool_borrow__does_not_wait_after_a_refusal, 0, 2);
    tcase_add_test(tc, pool_borrow__says_whether_all_were_lent);
    tcase_add_test(tc, pool_borrow__says_that_others_could_dial);
    tcase_add_test(tc, pool_borrow__a_late_dial_fails_no_other_borrower);
    tcase_add_loop_test(tc, pool__wakes_all_waiters_although_dials_fail, 0, 3);
}

int main(void)
{
    return unit_main("pool", add);
}
