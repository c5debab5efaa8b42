/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/shared.h"

#include <pthread.h>

#include "unit.h"

#define NOW apr_time_from_sec(1000)

static shs_shared_t shared;

static void reset(void)
{
    memset(&shared, 0, sizeof(shared));
}

static const shs_breaker_policy_t policy = { 1, APR_USEC_PER_SEC,
                                             APR_USEC_PER_SEC, 0 };

static void failed(shs_breaker_t *breaker)
{
    shs_breaker_note(breaker, &policy, SHS_BREAKER_PASS, SHS_BREAKER_FAILED, 2,
                     0, NOW);
}

START_TEST(shared_breaker_of__is_the_same_for_the_same_key)
{
    shs_breaker_t *first = shs_shared_breaker_of(&shared, 1);
    shs_breaker_t *second = shs_shared_breaker_of(&shared, 0x10001);

    ck_assert_ptr_ne(first, second);
    ck_assert_ptr_ne(first, &shared.breaker);
    ck_assert_ptr_eq(shs_shared_breaker_of(&shared, 1), first);
    ck_assert_ptr_eq(shs_shared_breaker_of(&shared, 0x10001), second);
}
END_TEST

/* Too many shards cost a breaker of their own, and nothing else. */
START_TEST(shared_breaker_of__gives_the_last_to_all_that_are_too_many)
{
    shs_breaker_t *breakers[SHS_SHARED_SHARDS + 100];
    apr_uint32_t i, j;

    for (i = 0; i < SHS_SHARED_SHARDS + 100; i++) {
        breakers[i] = shs_shared_breaker_of(&shared, i + 1);
        for (j = 0; j < i && i < SHS_SHARED_SHARDS; j++) {
            ck_assert_ptr_ne(breakers[i], breakers[j]);
        }
        ck_assert(i < SHS_SHARED_SHARDS
                  || breakers[i] == breakers[SHS_SHARED_SHARDS - 1]);
    }
    ck_assert_ptr_eq(breakers[SHS_SHARED_SHARDS - 1],
                     &shared.shards[SHS_SHARED_SHARDS - 1].breaker);
    for (i = 0; i < SHS_SHARED_SHARDS; i++) {
        ck_assert_ptr_eq(shs_shared_breaker_of(&shared, i + 1), breakers[i]);
    }
}
END_TEST

#define THREADS 8
#define KEYS    40

static pthread_barrier_t barrier;

/* Each begins with another key, so that they claim at the same time. */
typedef struct claimer_t {
    apr_uint32_t nth;
    shs_breaker_t *claimed[KEYS];
} claimer_t;

static void *claim(void *data)
{
    claimer_t *claimer = data;
    apr_uint32_t i;

    pthread_barrier_wait(&barrier);
    for (i = 0; i < KEYS; i++) {
        apr_uint32_t key = (i + claimer->nth / 2 * 10) % KEYS;

        claimer->claimed[key] = shs_shared_breaker_of(&shared, key + 1);
    }
    return NULL;
}

START_TEST(shared_breaker_of__is_the_same_in_every_thread)
{
    int round;

    for (round = 0; round < 100; round++) {
        pthread_t threads[THREADS];
        claimer_t claimers[THREADS];
        int i, j;

        reset();
        pthread_barrier_init(&barrier, NULL, THREADS);
        for (i = 0; i < THREADS; i++) {
            claimers[i].nth = (apr_uint32_t)i;
            ck_assert_int_eq(
                pthread_create(&threads[i], NULL, claim, &claimers[i]), 0);
        }
        for (i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        pthread_barrier_destroy(&barrier);
        for (j = 0; j < KEYS; j++) {
            for (i = 0; i < THREADS; i++) {
                ck_assert_ptr_eq(claimers[i].claimed[j],
                                 claimers[0].claimed[j]);
            }
            for (i = 0; i < j; i++) {
                ck_assert_ptr_ne(claimers[0].claimed[j],
                                 claimers[0].claimed[i]);
            }
        }
    }
}
END_TEST

/* However many there have been. */
START_TEST(shared_breaker_of__gives_no_shards_place_to_strangers)
{
    shs_breaker_t *first = shs_shared_breaker_of(&shared, 1);
    apr_uint32_t subject;
    int i;

    for (subject = 2; subject < 1000; subject++) {
        shs_breaker_t *breaker =
            shs_shared_breaker_of(&shared, SHS_SHARED_STRANGER(subject));

        ck_assert_ptr_eq(breaker, shs_shared_breaker_of(
                                      &shared, SHS_SHARED_STRANGER(subject)));
        failed(breaker);
    }
    for (i = 1; i < SHS_SHARED_SHARDS; i++) {
        ck_assert_uint_eq(shared.shards[i].key, 0);
    }
    ck_assert_str_eq(shs_breaker_describe(first, NOW), "closed");
    ck_assert_str_eq(
        shs_breaker_describe(shs_shared_breaker_of(&shared, 2), NOW), "closed");
    ck_assert_ptr_ne(shs_shared_breaker_of(&shared, 2),
                     &shared.shards[SHS_SHARED_SHARDS - 1].breaker);
}
END_TEST

/* They need not share one. */
START_TEST(shared_breaker_of__tells_a_few_strangers_apart)
{
    ck_assert_ptr_ne(shs_shared_breaker_of(&shared, SHS_SHARED_STRANGER(2)),
                     shs_shared_breaker_of(&shared, SHS_SHARED_STRANGER(3)));
}
END_TEST

START_TEST(shared_worst_breaker__is_the_first_that_is_not_closed)
{
    ck_assert_ptr_eq(shs_shared_worst_breaker(&shared, NOW), &shared.breaker);
    failed(shs_shared_breaker_of(&shared, 1));
    failed(&shared.breaker);
    ck_assert_ptr_eq(shs_shared_worst_breaker(&shared, NOW), &shared.breaker);
    reset();
    shs_masters_set(&shared.masters, 2, 0, 7, "m", 0, NOW);
    shs_shared_breaker_of(&shared, 1);
    failed(shs_shared_breaker_of(&shared, 2));
    ck_assert_ptr_eq(shs_shared_worst_breaker(&shared, NOW),
                     shs_shared_breaker_of(&shared, 2));
    reset();
    failed(&shared.shards[SHS_SHARED_SHARDS - 1].breaker);
    ck_assert_ptr_eq(shs_shared_worst_breaker(&shared, NOW),
                     &shared.shards[SHS_SHARED_SHARDS - 1].breaker);
}
END_TEST

/* Slot 4's shard has a master. */
static const struct {
    apr_uint32_t key;
    int counts;
    const char *why;
} kinds[] = {
    { SHS_SHARED_MASTER(4), 1, "a master" },
    { SHS_SHARED_REPLICA(4), 1, "its replicas" },
    { SHS_SHARED_MASTER(5), 0, "a shard that is no more" },
    { SHS_SHARED_REPLICA(5), 0, "replicas of one" },
    { SHS_SHARED_STRANGER(5), 0, "a server that the map does not name" },
};

/* Nobody asks for the others any more, and so nothing closes them. */
START_TEST(shared_worst_breaker__looks_at_shards_that_there_are)
{
    shs_breaker_t *breaker = shs_shared_breaker_of(&shared, kinds[_i].key);

    shs_masters_set(&shared.masters, SHS_SHARED_MASTER(5), 0, 7, "n", 0, NOW);
    shs_masters_set(&shared.masters, SHS_SHARED_MASTER(4), 0, 7, "m", 0, NOW);
    failed(breaker);
    ck_assert_ptr_eq(shs_shared_worst_breaker(&shared, NOW),
                     kinds[_i].key & 0x80000000u ? &shared.breaker : breaker);
    shs_masters_keep(&shared.masters,
                     (const apr_uint32_t[]){ SHS_SHARED_MASTER(4) }, 1);
    ck_assert_msg(shs_shared_worst_breaker(&shared, NOW)
                      == (kinds[_i].counts ? breaker : &shared.breaker),
                  "%s", kinds[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_test(tc, shared_breaker_of__is_the_same_for_the_same_key);
    tcase_add_test(tc,
                   shared_breaker_of__gives_the_last_to_all_that_are_too_many);
    tcase_add_test(tc, shared_breaker_of__is_the_same_in_every_thread);
    tcase_add_test(tc, shared_breaker_of__gives_no_shards_place_to_strangers);
    tcase_add_test(tc, shared_breaker_of__tells_a_few_strangers_apart);
    tcase_add_test(tc, shared_worst_breaker__is_the_first_that_is_not_closed);
    tcase_add_loop_test(tc,
                        shared_worst_breaker__looks_at_shards_that_there_are, 0,
                        ROWS(kinds));
}

int main(void)
{
    return unit_main("shared", add);
}
