/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/host_state.h"

#include <pthread.h>

#include "unit.h"

#define NOW apr_time_from_sec(1000)

static shs_host_state_t host_state;

static void reset(void)
{
    memset(&host_state, 0, sizeof(host_state));
}

static const shs_breaker_policy_t policy = { 1, APR_USEC_PER_SEC,
                                             APR_USEC_PER_SEC, 0 };

static void failed(shs_breaker_t *breaker)
{
    shs_breaker_note(breaker, &policy, SHS_BREAKER_PASS, SHS_BREAKER_FAILED, 2,
                     0, NOW);
}

START_TEST(host_state_shard_breaker__is_the_same_for_the_same_key)
{
    shs_breaker_t *first = shs_host_state_shard_breaker(&host_state, 1);
    shs_breaker_t *second = shs_host_state_shard_breaker(&host_state, 0x10001);

    ck_assert_ptr_ne(first, second);
    ck_assert_ptr_ne(first, &host_state.breaker);
    ck_assert_ptr_eq(shs_host_state_shard_breaker(&host_state, 1), first);
    ck_assert_ptr_eq(shs_host_state_shard_breaker(&host_state, 0x10001),
                     second);
}
END_TEST

/* Beyond the maximum, shards share a breaker; nothing else changes. */
START_TEST(host_state_shard_breaker__gives_further_shards_the_last)
{
    shs_breaker_t *breakers[SHS_HOST_STATE_SHARDS + 100];
    apr_uint32_t i, j;

    for (i = 0; i < SHS_HOST_STATE_SHARDS + 100; i++) {
        breakers[i] = shs_host_state_shard_breaker(&host_state, i + 1);
        for (j = 0; j < i && i < SHS_HOST_STATE_SHARDS; j++) {
            ck_assert_ptr_ne(breakers[i], breakers[j]);
        }
        ck_assert(i < SHS_HOST_STATE_SHARDS
                  || breakers[i] == breakers[SHS_HOST_STATE_SHARDS - 1]);
    }
    ck_assert_ptr_eq(breakers[SHS_HOST_STATE_SHARDS - 1],
                     &host_state.shards[SHS_HOST_STATE_SHARDS - 1].breaker);
    for (i = 0; i < SHS_HOST_STATE_SHARDS; i++) {
        ck_assert_ptr_eq(shs_host_state_shard_breaker(&host_state, i + 1),
                         breakers[i]);
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

        claimer->claimed[key] =
            shs_host_state_shard_breaker(&host_state, key + 1);
    }
    return NULL;
}

START_TEST(host_state_shard_breaker__is_the_same_in_every_thread)
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

/* However many such servers there have been. */
START_TEST(host_state_breaker_of__gives_no_shards_place_to_unmapped)
{
    shs_breaker_t *first = shs_host_state_shard_breaker(&host_state, 1);
    apr_uint32_t subject;
    int i;

    for (subject = 2; subject < 1000; subject++) {
        shs_breaker_t *breaker = shs_host_state_shard_breaker(
            &host_state, SHS_HOST_STATE_UNMAPPED(subject));

        ck_assert_ptr_eq(breaker,
                         shs_host_state_shard_breaker(
                             &host_state, SHS_HOST_STATE_UNMAPPED(subject)));
        failed(breaker);
    }
    for (i = 1; i < SHS_HOST_STATE_SHARDS; i++) {
        ck_assert_uint_eq(host_state.shards[i].key, 0);
    }
    ck_assert_str_eq(shs_breaker_describe(first, NOW), "closed");
    ck_assert_str_eq(
        shs_breaker_describe(shs_host_state_shard_breaker(&host_state, 2), NOW),
        "closed");
    ck_assert_ptr_ne(shs_host_state_shard_breaker(&host_state, 2),
                     &host_state.shards[SHS_HOST_STATE_SHARDS - 1].breaker);
}
END_TEST

/* A few of them need not share one. */
START_TEST(host_state_breaker_of__tells_a_few_unmapped_apart)
{
    ck_assert_ptr_ne(
        shs_host_state_shard_breaker(&host_state, SHS_HOST_STATE_UNMAPPED(2)),
        shs_host_state_shard_breaker(&host_state, SHS_HOST_STATE_UNMAPPED(3)));
}
END_TEST

START_TEST(host_state_worst_breaker__is_the_first_that_is_not_closed)
{
    ck_assert_ptr_eq(shs_host_state_worst_breaker(&host_state, NOW),
                     &host_state.breaker);
    failed(shs_host_state_shard_breaker(&host_state, 1));
    failed(&host_state.breaker);
    ck_assert_ptr_eq(shs_host_state_worst_breaker(&host_state, NOW),
                     &host_state.breaker);
    reset();
    shs_masters_set(&host_state.masters, 2, 0, 7, "m", 0, NOW);
    shs_host_state_shard_breaker(&host_state, 1);
    failed(shs_host_state_shard_breaker(&host_state, 2));
    ck_assert_ptr_eq(shs_host_state_worst_breaker(&host_state, NOW),
                     shs_host_state_shard_breaker(&host_state, 2));
    reset();
    failed(&host_state.shards[SHS_HOST_STATE_SHARDS - 1].breaker);
    ck_assert_ptr_eq(shs_host_state_worst_breaker(&host_state, NOW),
                     &host_state.shards[SHS_HOST_STATE_SHARDS - 1].breaker);
}
END_TEST

/* In the end only the shard with slot 4 has a master. */
static const struct {
    apr_uint32_t key;
    int counts;
    const char *why;
} breaker_kinds[] = {
    { SHS_HOST_STATE_MASTER(4), 1, "a master" },
    { SHS_HOST_STATE_REPLICA(4), 1, "its replicas" },
    { SHS_HOST_STATE_MASTER(5), 0, "a former shard" },
    { SHS_HOST_STATE_REPLICA(5), 0, "the replicas of a former shard" },
    { SHS_HOST_STATE_UNMAPPED(5), 0,
      "a server that the slot map does not name" },
};

/* The others are not used any more, so nothing closes them. */
START_TEST(host_state_worst_breaker__ignores_former_shards)
{
    shs_breaker_t *breaker =
        shs_host_state_shard_breaker(&host_state, breaker_kinds[_i].key);

    shs_masters_set(&host_state.masters, SHS_HOST_STATE_MASTER(5), 0, 7, "n", 0,
                    NOW);
    shs_masters_set(&host_state.masters, SHS_HOST_STATE_MASTER(4), 0, 7, "m", 0,
                    NOW);
    failed(breaker);
    ck_assert_ptr_eq(shs_host_state_worst_breaker(&host_state, NOW),
                     breaker_kinds[_i].key & 0x80000000u ? &host_state.breaker
                                                         : breaker);
    shs_masters_keep(&host_state.masters,
                     (const apr_uint32_t[]){ SHS_HOST_STATE_MASTER(4) }, 1);
    ck_assert_msg(
        shs_host_state_worst_breaker(&host_state, NOW)
            == (breaker_kinds[_i].counts ? breaker : &host_state.breaker),
        "%s", breaker_kinds[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_test(tc, host_state_shard_breaker__is_the_same_for_the_same_key);
    tcase_add_test(tc, host_state_shard_breaker__gives_further_shards_the_last);
    tcase_add_test(tc, host_state_shard_breaker__is_the_same_in_every_thread);
    tcase_add_test(tc,
                   host_state_breaker_of__gives_no_shards_place_to_unmapped);
    tcase_add_test(tc, host_state_breaker_of__tells_a_few_unmapped_apart);
    tcase_add_test(tc,
                   host_state_worst_breaker__is_the_first_that_is_not_closed);
    tcase_add_loop_test(tc, host_state_worst_breaker__ignores_former_shards, 0,
                        ROWS(breaker_kinds));
}

int main(void)
{
    return unit_main("host_state", add);
}
