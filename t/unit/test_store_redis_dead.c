/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"
#include "store/store.h"

#include <pthread.h>

#include "fake_store.h"
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
} loader_t;

static void *load_many(void *data)
{
    loader_t *loader = data;
    int i;

    for (i = 0; i < loader->rounds; i++) {
        char key[64];
        shs_query_t query = { { key, 0 }, STRING, 65536, 0 };
        shs_result_t result;

        query.key.len = (apr_size_t)apr_snprintf(key, sizeof(key), "s:%d-%d",
                                                 loader->nth, i);
        query.deadline = unit_in_ms(loader->timeout_ms);
        memset(&result, 0, sizeof(result));
        if (shs_store_load(&result, loader->store, &query, loader->own)
            == FOUND) {
            loader->found++;
            if (!unit_is_equal(result.record.string, query.key)) {
                loader->strangers++;
            }
        }
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
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
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

/* The deadline of a load; longer on a slow machine. */
static int short_ms(void)
{
    return 25 + (unit_slack_ms() - 250) / 10;
}

static void late(void)
{
    unit_let_pass(unit_in_ms(short_ms() + 15));
}

/* Does everything wrong in turn: stalls, closes, replies late, drips. */
static void misbehave(fake_peer_t *peer, void *baton)
{
    (void)baton;
    while (fake_read_command(peer)) {
        char reply[600];
        int turn;
        int len;

        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        turn = __atomic_add_fetch(&turns, 1, __ATOMIC_SEQ_CST);
        len = apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                           (int)strlen(peer->arguments[1]), peer->arguments[1]);
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
        case 19:
            fake_send_text(peer, reply);
            fake_send_text(peer, "$8\r\nstranger\r\n");
            break;
        default:
            fake_send_text(peer, reply);
        }
    }
}

START_TEST(store_redis_load__never_returns_another_keys_session)
{
    fake_t *fake = fake_start(misbehave, NULL);
    shs_store_t *store = fake_store_on(fake, "", "", "pool=6");
    loader_t loaders[16];
    int found = 0;
    int i;

    load_at_once(loaders, 16, store, 60, short_ms(), NULL, 0);
    for (i = 0; i < 16; i++) {
        ck_assert_int_eq(loaders[i].strangers, 0);
        found += loaders[i].found;
    }
    ck_assert_msg(found > 100, "only %d of %d were found", found, 16 * 60);
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
    tcase_add_test(tc, store_redis_load__never_returns_another_keys_session);
    tcase_add_test(tc,
                   store_redis_load__keeps_to_its_pool_with_sixteen_threads);
}

int main(void)
{
    return unit_main("store_redis_dead", add);
}
