/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/masters.h"

#include <pthread.h>
#include <stdint.h>

#include "unit.h"

#define NOW apr_time_from_sec(1000)

static shs_masters_t masters;

static void reset(void)
{
    memset(&masters, 0, sizeof(masters));
}

static const char *list(void)
{
    apr_time_t since;

    return shs_masters_list(&since, &masters, p);
}

static const char *take(void)
{
    return shs_masters_take_failover(&masters, NOW, p);
}

START_TEST(masters_set__reports_a_failover_once)
{
    reset();
    ck_assert_ptr_null(list());
    ck_assert(shs_masters_set(&masters, 1, 0, 7, "a:1", 0, NOW));
    ck_assert_str_eq(list(), "a:1");
    ck_assert_ptr_null(take());
    ck_assert(shs_masters_set(&masters, 1, 7, 8, "b:1", 1, NOW));
    /* A child that is slower finds the same. */
    ck_assert(!shs_masters_set(&masters, 1, 7, 8, "b:1", 1, NOW));
    ck_assert_uint_eq(shs_masters_get(&masters, 1), 8);
    ck_assert_str_eq(list(), "b:1");
    ck_assert_str_eq(take(), "b:1, was a:1");
    ck_assert_ptr_null(take());
}
END_TEST

START_TEST(masters_take_failover__reports_each_shard)
{
    apr_uint32_t key;

    reset();
    for (key = 1; key <= 3; key++) {
        ck_assert(shs_masters_set(&masters, key, 0, 7,
                                  apr_psprintf(p, "a:%u", key), 0, NOW));
        ck_assert(shs_masters_set(&masters, key, 7, 8,
                                  apr_psprintf(p, "b:%u", key), key != 2, NOW));
    }
    ck_assert_str_eq(take(), "b:1, was a:1");
    ck_assert_str_eq(take(), "b:3, was a:3");
    ck_assert_ptr_null(take());
    ck_assert_str_eq(list(), "b:1, b:2, b:3");
}
END_TEST

START_TEST(masters_take_failover__says_how_long_ago_it_was)
{
    reset();
    shs_masters_set(&masters, 1, 0, 7, "a:1", 0, NOW);
    shs_masters_set(&masters, 1, 7, 8, "b:1", 1, NOW);
    ck_assert_str_eq(
        shs_masters_take_failover(&masters, NOW + apr_time_from_sec(3600), p),
        "b:1, was a:1 (for 3600 s)");
}
END_TEST

START_TEST(masters_list__says_when_the_last_was_found)
{
    apr_time_t since;

    reset();
    shs_masters_set(&masters, 1, 0, 7, "a:1", 0, NOW);
    shs_masters_set(&masters, 2, 0, 7, "a:2", 0, NOW + 5);
    shs_masters_set(&masters, 3, 0, 7, "a:3", 0, NOW + 2);
    shs_masters_list(&since, &masters, p);
    ck_assert_int_eq(since, NOW + 5);
}
END_TEST

/* Slots that moved: a former shard no longer exists. */
START_TEST(masters_keep__removes_all_others)
{
    static const apr_uint32_t keys[] = { 2, 9 };

    reset();
    shs_masters_set(&masters, 1, 0, 7, "a:1", 0, NOW);
    shs_masters_set(&masters, 2, 0, 8, "a:2", 0, NOW);
    shs_masters_keep(&masters, keys, 2);
    ck_assert_str_eq(list(), "a:2");
    ck_assert_uint_eq(shs_masters_get(&masters, 1), 0);
    ck_assert_uint_eq(shs_masters_get(&masters, 2), 8);
}
END_TEST

/* Slots that move again and again: each new shard has a place. */
START_TEST(masters_keep__frees_the_places_of_former_shards)
{
    apr_uint32_t key;

    reset();
    for (key = 1; key <= 3 * SHS_MASTERS_MAX; key++) {
        ck_assert(shs_masters_set(&masters, key, 0, 7, "a:1", 0, NOW));
        shs_masters_keep(&masters, &key, 1);
        ck_assert_str_eq(list(), "a:1");
    }
    --key;
    ck_assert(shs_masters_set(&masters, key, 7, 8, "b:1", 1, NOW));
    ck_assert_str_eq(take(), "b:1, was a:1");
}
END_TEST

START_TEST(masters_keep__leaves_an_unreported_failover)
{
    reset();
    shs_masters_set(&masters, 1, 0, 7, "a:1", 0, NOW);
    shs_masters_set(&masters, 1, 7, 8, "b:1", 1, NOW);
    shs_masters_keep(&masters, NULL, 0);
    if (_i) { /* but not as another shard's */
        shs_masters_set(&masters, 2, 0, 9, "c:1", 0, NOW);
    }
    ck_assert_pstr_eq(take(), _i ? NULL : "b:1, was a:1");
}
END_TEST

/* Two children can claim two places for one shard. */
START_TEST(masters_keep__removes_a_second_place)
{
    static const apr_uint32_t keys[] = { 1 };

    reset();
    shs_masters_set(&masters, 1, 0, 7, "a:1", 0, NOW);
    shs_masters_set(&masters, 2, 0, 7, "a:1", 0, NOW);
    atomic_store(&masters.shards[1].shard,
                 atomic_load(&masters.shards[0].shard));
    ck_assert_str_eq(list(), "a:1, a:1");
    shs_masters_keep(&masters, keys, 1);
    ck_assert_str_eq(list(), "a:1");
}
END_TEST

/* A child that was killed while writing has left half of a name. */
START_TEST(masters_take_failover__shows_no_half_of_a_name)
{
    reset();
    shs_masters_set(&masters, 1, 0, 7, "a:1", 0, NOW);
    shs_masters_set(&masters, 1, 7, 8, "b:1", 1, NOW);
    masters.shards[0].name.words[1] = 1;
    ck_assert_str_eq(take(), "another, was a:1");
    ck_assert_str_eq(list(), "another");
}
END_TEST

START_TEST(masters_set__truncates_a_long_name)
{
    char name[300];

    reset();
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    shs_masters_set(&masters, 1, 0, 7, name, 0, NOW);
    ck_assert_uint_eq(strlen(list()), SHS_MASTERS_WORDS * 8 - 1);
}
END_TEST

/* Further shards are not reported, and nothing breaks. */
START_TEST(masters_set__takes_as_many_as_there_is_room_for)
{
    apr_uint32_t key;

    reset();
    for (key = 1; key <= SHS_MASTERS_MAX; key++) {
        ck_assert(shs_masters_set(&masters, key, 0, 7, "a", 0, NOW));
    }
    ck_assert(!shs_masters_set(&masters, key, 0, 7, "a", 1, NOW));
    ck_assert_uint_eq(shs_masters_get(&masters, key), 0);
    ck_assert_ptr_null(take());
}
END_TEST

static void *fail_over(void *data)
{
    int *own = data;
    apr_uint32_t subject;

    for (subject = 1; subject < 1000; subject++) {
        *own += shs_masters_set(&masters, 1, subject, subject + 1, "x", 1, NOW);
    }
    return NULL;
}

START_TEST(masters_set__one_of_all_children_is_first)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int own[THREADS] = { 0 };
    int sum = 0;
    int i;

    reset();
    ck_assert(shs_masters_set(&masters, 1, 0, 1, "x", 0, NOW));
    for (i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fail_over, &own[i]),
                         0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += own[i];
    }
    ck_assert_int_eq(sum, (int)shs_masters_get(&masters, 1) - 1);
    ck_assert_int_gt(sum, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, masters_set__reports_a_failover_once);
    tcase_add_test(tc, masters_take_failover__reports_each_shard);
    tcase_add_test(tc, masters_take_failover__says_how_long_ago_it_was);
    tcase_add_test(tc, masters_list__says_when_the_last_was_found);
    tcase_add_test(tc, masters_keep__removes_all_others);
    tcase_add_test(tc, masters_keep__frees_the_places_of_former_shards);
    tcase_add_loop_test(tc, masters_keep__leaves_an_unreported_failover, 0, 2);
    tcase_add_test(tc, masters_keep__removes_a_second_place);
    tcase_add_test(tc, masters_take_failover__shows_no_half_of_a_name);
    tcase_add_test(tc, masters_set__truncates_a_long_name);
    tcase_add_test(tc, masters_set__takes_as_many_as_there_is_room_for);
    tcase_add_test(tc, masters_set__one_of_all_children_is_first);
}

int main(void)
{
    return unit_main("masters", add);
}
