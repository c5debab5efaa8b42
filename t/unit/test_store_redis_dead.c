/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"
#include "store/store.h"

#include <pthread.h>
#include <stdio.h>

#include "fake_store.h"
#include "base/clock.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE
#define STRING      SHS_SHAPE_STRING

/* -------------------------------------------------------- dead connections */

typedef struct dying_t {
    int mortal;      /* so many connections die */
    int is_dead_now; /* atomic: once set, they die at their next command */
    int is_waiting;  /* their first reply waits for fake_resume() */
    const char *last_reply;
} dying_t;

static void run_dying(fake_peer_t *peer, void *baton)
{
    dying_t *self = baton;
    int is_first = 1;

    while (fake_read_command(peer)) {
        char reply[600];

        /* The size, if another thread loads a key in the same slot. */
        if (!strcmp(peer->arguments[0], "STRLEN")) {
            fake_send_text(peer, ":8\r\n");
        }
        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        if (peer->nth < self->mortal
            && __atomic_load_n(&self->is_dead_now, __ATOMIC_SEQ_CST)) {
            fake_send_text(peer, self->last_reply);
            return;
        }
        if (is_first && peer->nth < self->mortal && self->is_waiting) {
            fake_wait(peer);
        }
        is_first = 0;
        apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                     (int)strlen(peer->arguments[1]), peer->arguments[1]);
        fake_send_text(peer, reply);
    }
}

START_TEST(store_redis_load__retries_once_after_a_dead_connection)
{
    dying_t self = { 1, 0, 0, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_found(store, "s:bob", "s:bob");
    ck_assert_int_eq(fake_accepted(fake), 2);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__does_not_retry_twice)
{
    dying_t self = { 1000, 0, 0, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(fake_store_load(&result, store, "s:bob", 3000),
                     UNAVAILABLE);
    ck_assert_int_eq(fake_accepted(fake), 2);
    ck_assert_ptr_nonnull(result.reason);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__does_not_retry_after_the_first_octet)
{
    dying_t self = { 1, 0, 0, "$" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(fake_store_load(&result, store, "s:bob", 3000),
                     UNAVAILABLE);
    fake_stop(fake);
}
END_TEST

typedef struct loader_t {
    shs_store_t *store;
    apr_pool_t *own;
    int nth;
    int rounds;
    int timeout_ms;
    int strangers;
    int found;
    apr_time_t slowest;
} loader_t;

static void *load_many(void *data)
{
    loader_t *loader = data;
    int i;

    for (i = 0; i < loader->rounds; i++) {
        char key[64];
        shs_query_t query = { { key, 0 }, STRING, 65536, 0 };
        shs_result_t result;
        apr_time_t began, took;

        query.key.len = (apr_size_t)apr_snprintf(key, sizeof(key), "s:%d-%d",
                                                 loader->nth, i);
        query.deadline = unit_in_ms(loader->timeout_ms);
        memset(&result, 0, sizeof(result));
        began = shs_clock_now();
        if (shs_store_load(&result, loader->store, &query, loader->own)
            == FOUND) {
            loader->found++;
            if (!unit_is_equal(result.record.string, query.key)) {
                loader->strangers++;
            }
        }
        took = shs_clock_now() - began;
        loader->slowest = took > loader->slowest ? took : loader->slowest;
        apr_pool_clear(loader->own);
    }
    return NULL;
}

static void load_at_once(loader_t *loaders, int count, shs_store_t *store,
                         int rounds, int timeout_ms, fake_t *going,
                         int expected)
{
    pthread_t threads[16];
    int i;

    for (i = 0; i < count; i++) {
        memset(&loaders[i], 0, sizeof(loaders[i]));
        loaders[i].store = store;
        loaders[i].nth = i;
        loaders[i].rounds = rounds;
        loaders[i].timeout_ms = timeout_ms;
        apr_pool_create(&loaders[i].own, NULL);
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, load_many, &loaders[i]), 0);
    }
    if (going) {
        unit_await(fake_accepted(going) >= expected, "no connection came");
        for (i = 0; i < expected; i++) {
            fake_resume(going);
        }
    }
    for (i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(loaders[i].own);
    }
}

START_TEST(store_redis_load__flushes_the_pool_after_a_dead_connection)
{
    dying_t self = { 5, 0, 1, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = fake_store_on(fake, "", "", "share=off");
    loader_t loaders[5];
    int commands;

    load_at_once(loaders, 5, store, 1, 20000, fake, 5);
    commands = fake_commands(fake);
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_found(store, "s:a", "s:a");
    ck_found(store, "s:b", "s:b");
    /* One pair was lost; the four other idle connections were not tried. */
    ck_assert_int_eq(fake_accepted(fake), 6);
    ck_assert_int_eq(fake_commands(fake), commands + 3 * 2);
    fake_stop(fake);
}
END_TEST

/* ----------------------------------------------------------------- threads */

static int turns;

/* The deadline of a load; longer on a slow machine. Batches need one of which a
 * reply takes a small part. */
static int deadline_ms;

static void set_deadline(int are_batches)
{
    deadline_ms = (are_batches ? 200 : 25) + (unit_slack_ms() - 250) / 10;
}

static void late(void)
{
    unit_let_pass(unit_in_ms(deadline_ms + 15));
}

/* The batches that were sent since the test began. */
static int batches;

static void answer_ping(fake_peer_t *peer)
{
    char reply[600];

    __atomic_add_fetch(&batches, 1, __ATOMIC_SEQ_CST);
    apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n",
                 (int)strlen(peer->arguments[1]), peer->arguments[1]);
    fake_send_text(peer, reply);
}

/* Does everything wrong in turn: stalls, closes, replies late, drips, twice or
 * not at all. */
static void misbehave(fake_peer_t *peer, void *baton)
{
    const int *good_batches = baton;
    int has_lied = 0;

    while (fake_read_command(peer)) {
        char reply[600];
        int turn;
        int len;

        if (!strcmp(peer->arguments[0], "ECHO")) {
            answer_ping(peer);
            has_lied = 0;
        }
        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        /* First some batches are sent: none is after a reply that was late. */
        turn = __atomic_load_n(&batches, __ATOMIC_SEQ_CST) < *good_batches
                   ? 0
                   : __atomic_add_fetch(&turns, 1, __ATOMIC_SEQ_CST);
        len = apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                           (int)strlen(peer->arguments[1]), peer->arguments[1]);
        /* In one batch, a reply too many would hide one that is missing. */
        if (turn % 23 == 5 || turn % 23 == 13 || turn % 23 == 19) {
            turn = has_lied ? 0 : turn;
            has_lied = 1;
        }
        switch (turn % 23) {
        case 3:
            late(); /* and then all of it */
            fake_send_text(peer, reply);
            break;
        case 7:
            fake_send(peer, reply, (size_t)len / 2);
            return;
        case 11:
            fake_reset(peer);
            return;
        case 15:
            fake_send(peer, reply, (size_t)len - 1);
            late();
            fake_send(peer, reply + len - 1, 1);
            break;
        case 5:
            break; /* nothing: the next reply is another key's */
        case 13:
            /* In one piece, or else it could come when the connection is used
             * again. */
            strcat(reply, "$8\r\nstranger\r\n:5000\r\n");
            fake_send_text(peer, reply);
            break;
        case 19:
            fake_send_text(peer, reply);
            fake_send_text(peer, "$8\r\nstranger\r\n");
            break;
        default:
            fake_send_text(peer, reply);
        }
    }
}

/* Each load on a connection of its own, or in batches. */
START_TEST(store_redis_load__never_returns_another_keys_session)
{
    int good_batches = _i ? 3 : 0;
    fake_t *fake = fake_start(misbehave, &good_batches);
    const char *words;
    shs_store_t *store;
    apr_time_t until = unit_in_ms(20000);
    loader_t loaders[16];
    int found = 0;
    int i;

    batches = 0;
    set_deadline(_i);
    words = apr_psprintf(
        p, "pool=6 breaker=off timeout=%dms connect-timeout=%dms share=%s",
        deadline_ms, deadline_ms, _i ? "on" : "off");
    store = fake_store_on(fake, "", "", words);
    fake_read_echoes(fake);
    do {
        load_at_once(loaders, 16, store, 60, deadline_ms, NULL, 0);
        for (i = 0; i < 16; i++) {
            ck_assert_int_eq(loaders[i].strangers, 0);
            found += loaders[i].found;
        }
    } while (batches < good_batches && shs_clock_now() < until);
    ck_assert_msg(found > 100, "only %d were found", found);
    ck_assert_msg(_i ? batches >= good_batches : !batches, "%d batches",
                  batches);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------------ in one batch */

/* "s:1-..." is large, or slow; all other keys are neither. */
typedef struct trouble_t {
    int size;
    int slow_ms;
} trouble_t;

static void have_trouble(fake_peer_t *peer, void *baton)
{
    const trouble_t *self = baton;

    while (fake_read_command(peer)) {
        const char *key = peer->arguments[1];
        int is_it = !strncmp(key, "s:1-", 4);
        char *reply;

        if (!strcmp(peer->arguments[0], "ECHO")) {
            answer_ping(peer);
        }
        else if (!strcmp(peer->arguments[0], "STRLEN")) {
            fake_send_text(peer, ":8\r\n");
        }
        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        if (is_it && self->slow_ms) {
            unit_let_pass(unit_in_ms(self->slow_ms));
        }
        reply = calloc(1, (size_t)self->size + 600);
        if (is_it && self->size) {
            snprintf(reply, 32, "$%d\r\n", self->size);
            memset(reply + strlen(reply), 'x', (size_t)self->size);
            strcat(reply, "\r\n:5000\r\n");
        }
        else {
            snprintf(reply, 600, "$%d\r\n%s\r\n:5000\r\n", (int)strlen(key),
                     key);
        }
        fake_send_text(peer, reply);
        free(reply);
    }
}

static const struct {
    trouble_t trouble;
    int rounds;
    int worst_ms;
    const char *why;
} troubles[] = {
    { { 0, 0 }, 200, 0, "none" },
    { { 60000, 0 }, 100, 0, "large, and it fits" },
    { { 200000, 0 }, 100, 0, "too large" },
    { { 0, 30 }, 10, 3 * 30, "slow" },
};

/* It may have to be sent again, alone: it waits for the key twice, and once
 * behind the sender before it. */
START_TEST(store_redis_load__one_key_hurts_no_other_load_of_its_batch)
{
    trouble_t trouble = troubles[_i].trouble;
    fake_t *fake = fake_start(have_trouble, &trouble);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    loader_t loaders[16];
    int i;

    batches = 0;
    fake_read_echoes(fake);
    load_at_once(loaders, 16, store, troubles[_i].rounds, 5000, NULL, 0);
    for (i = 0; i < 16; i++) {
        if (i != 1) {
            ck_assert_msg(loaders[i].found == troubles[_i].rounds,
                          "%d of %d: %s", loaders[i].found, troubles[_i].rounds,
                          troubles[_i].why);
            ck_assert_int_eq(loaders[i].strangers, 0);
            ck_assert_msg(
                loaders[i].slowest <= (troubles[_i].worst_ms + unit_slack_ms())
                                          * (apr_time_t)1000,
                "%d us: %s", (int)loaders[i].slowest, troubles[_i].why);
        }
    }
    ck_assert_int_gt(batches, 0);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------- batches and time */

typedef struct server_t {
    int delay_ms; /* of each reply; -1: there is none */
    int sizes;    /* loaded */
} server_t;

static void delay(fake_peer_t *peer, void *baton)
{
    server_t *self = baton;

    while (fake_read_command(peer)) {
        int ms = __atomic_load_n(&self->delay_ms, __ATOMIC_SEQ_CST);

        if (ms > 0) {
            unit_let_pass(unit_in_ms(ms));
        }
        if (ms < 0) {
            continue;
        }
        if (!strcmp(peer->arguments[0], "ECHO")) {
            answer_ping(peer);
        }
        else if (!strcmp(peer->arguments[0], "PTTL")) {
            fake_send_text(peer, ":5000\r\n");
        }
        else if (!strcmp(peer->arguments[0], "STRLEN")) {
            __atomic_add_fetch(&self->sizes, 1, __ATOMIC_SEQ_CST);
            fake_send_text(peer, ":1\r\n");
        }
        else {
            fake_send_text(peer, "$1\r\nv\r\n");
        }
    }
}

/* `sent`: whether batches are sent to the server. */
static const struct {
    int delay_ms;
    int deadline_ms; /* of 1000 */
    int sent;
    const char *why;
} times[] = {
    { 0, 990, 1, "all its time" },
    { 0, 700, 0, "less than three quarters: it would end others' batch" },
    { 200, 990, 0, "each reply takes more than an eighth" },
};

START_TEST(store_redis_load__is_sent_with_others_if_there_is_time)
{
    server_t self = { times[_i].delay_ms, 0 };
    fake_t *fake = fake_start(delay, &self);
    shs_store_t *store =
        fake_store_on(fake, "", "", "timeout=1s connect-timeout=1s");
    apr_time_t until = unit_in_ms(20000);
    loader_t loaders[16];

    batches = 0;
    fake_read_echoes(fake);
    if (self.delay_ms) {
        load_at_once(loaders, 1, store, 1, 990, NULL, 0);
    }
    do {
        load_at_once(loaders, 16, store, self.delay_ms ? 3 : 100,
                     times[_i].deadline_ms, NULL, 0);
    } while (times[_i].sent && !batches && shs_clock_now() < until);
    ck_assert_msg(!batches == !times[_i].sent, "%d batches: %s", batches,
                  times[_i].why);
    fake_stop(fake);
}
END_TEST

/* Sixteen loads wait in vain: four alone, and the others in three batches at
 * most. */
START_TEST(store_redis_load__counts_a_batch_without_a_reply_as_one_failure)
{
    server_t self = { 0, 0 };
    fake_t *fake = fake_start(delay, &self);
    shs_store_t *store = fake_store_on(
        fake, "", "", "timeout=400ms connect-timeout=400ms breaker=8/30s");
    loader_t loaders[16];
    int found = 0;
    int i;

    fake_read_echoes(fake);
    load_at_once(loaders, 16, store, 1, 395, NULL, 0);
    __atomic_store_n(&self.delay_ms, -1, __ATOMIC_SEQ_CST);
    load_at_once(loaders, 16, store, 1, 395, NULL, 0);
    for (i = 0; i < 16; i++) {
        found += loaders[i].found;
    }
    ck_assert_int_eq(found, 0);
    __atomic_store_n(&self.delay_ms, 0, __ATOMIC_SEQ_CST);
    load_at_once(loaders, 1, store, 1, 395, NULL, 0);
    ck_assert_msg(loaders[0].found == 1, "the circuit breaker is open");
    /* Each key may have been the cause, whichever thread has sent its load. */
    load_at_once(loaders, 16, store, 1, 395, NULL, 0);
    ck_assert_int_ge(self.sizes, 12);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__keeps_to_its_pool_with_sixteen_threads)
{
    dying_t self = { 0, 0, 0, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = fake_store_on(fake, "", "", "pool=3");
    loader_t loaders[16];
    int i;

    load_at_once(loaders, 16, store, 40, 20000, NULL, 0);
    for (i = 0; i < 16; i++) {
        ck_assert_int_eq(loaders[i].found, 40);
        ck_assert_int_eq(loaders[i].strangers, 0);
    }
    ck_assert_int_le(fake_accepted(fake), 3);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, store_redis_load__retries_once_after_a_dead_connection);
    tcase_add_test(tc, store_redis_load__does_not_retry_twice);
    tcase_add_test(tc, store_redis_load__does_not_retry_after_the_first_octet);
    tcase_add_test(tc,
                   store_redis_load__flushes_the_pool_after_a_dead_connection);
    tcase_add_loop_test(
        tc, store_redis_load__never_returns_another_keys_session, 0, 2);
    tcase_add_loop_test(
        tc, store_redis_load__one_key_hurts_no_other_load_of_its_batch, 0,
        ROWS(troubles));
    tcase_add_loop_test(tc,
                        store_redis_load__is_sent_with_others_if_there_is_time,
                        0, ROWS(times));
    tcase_add_test(
        tc, store_redis_load__counts_a_batch_without_a_reply_as_one_failure);
    tcase_add_test(tc,
                   store_redis_load__keeps_to_its_pool_with_sixteen_threads);
}

int main(void)
{
    return unit_main("store_redis_dead", add);
}
