/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/large_keys.h"

#include <pthread.h>

#include "unit.h"

static shs_large_keys_t keys;

static void forget(void)
{
    memset(&keys, 0, sizeof(keys));
}

static shs_octets_t key(int nth)
{
    return unit_text(apr_psprintf(p, "session:%d", nth));
}

START_TEST(large_keys_has__is_false_at_first)
{
    int i;

    for (i = 0; i < 10000; i++) {
        ck_assert(!shs_large_keys_has(&keys, key(i), 0));
    }
    ck_assert(!shs_large_keys_has(&keys, OCTETS(""), 0));
}
END_TEST

static const struct {
    int octets[4]; /* of the loads, one after the other; -1: no more */
    int has;
    const char *why;
} sizes[] = {
    { { SHS_LARGE_KEY_OCTETS, -1 }, 1, "the smallest that is large" },
    { { SHS_LARGE_KEY_OCTETS - 1, -1 }, 0, "an octet less" },
    { { 0, -1 }, 0, "no value" },
    { { 1 << 30, -1 }, 1, "a gigabyte" },
    { { 100000, 100000, -1 }, 1, "large again" },
    { { 100000, 200, -1 }, 0, "it is small by now" },
    { { 100000, 0, -1 }, 0, "or has been deleted" },
    { { 200, 100000, -1 }, 1, "it has grown" },
    { { 100000, 200, 100000, -1 }, 1, "and again" },
};

START_TEST(large_keys_note__remembers_the_last_size)
{
    int i;

    for (i = 0; sizes[_i].octets[i] >= 0; i++) {
        shs_large_keys_note(&keys, key(1), 0, (apr_size_t)sizes[_i].octets[i]);
    }
    ck_assert_msg(!shs_large_keys_has(&keys, key(1), 0) == !sizes[_i].has, "%s",
                  sizes[_i].why);
}
END_TEST

START_TEST(large_keys_has__knows_a_key_by_all_its_octets)
{
    static const char *const others[] = { "user\0a", "user\0c", "user\0bb",
                                          "User\0b", "" };
    static const int lens[] = { 6, 6, 7, 6, 0 };
    int taken_for_it = 0;
    int i;

    shs_large_keys_note(&keys, OCTETS("user\0b"), 0, 100000);
    ck_assert(shs_large_keys_has(&keys, OCTETS("user\0b"), 0));
    for (i = 0; i < ROWS(others); i++) {
        taken_for_it += !!shs_large_keys_has(
            &keys, unit_exact(others[i], (apr_size_t)lens[i]), 0);
    }
    ck_assert_int_eq(taken_for_it, 0);
}
END_TEST

/* It may take one key for another, but not so often that it matters. */
START_TEST(large_keys_has__takes_few_keys_for_others)
{
    int taken = 0;
    int i;

    for (i = 0; i < SHS_LARGE_KEYS; i++) {
        shs_large_keys_note(&keys, key(i), 0, 100000);
    }
    for (i = 0; i < 20000; i++) {
        taken += !!shs_large_keys_has(&keys, key(100000 + i), 0);
    }
    ck_assert_int_le(taken, 2);
}
END_TEST

/* A table that maps all keys to few places would forget most of them. */
START_TEST(large_keys_note__remembers_most_of_some_keys)
{
    int known = 0;
    int i;

    for (i = 0; i < SHS_LARGE_KEYS / 8; i++) {
        shs_large_keys_note(&keys, key(i), 0, 100000);
    }
    for (i = 0; i < SHS_LARGE_KEYS / 8; i++) {
        known += !!shs_large_keys_has(&keys, key(i), 0);
    }
    ck_assert_int_ge(known, SHS_LARGE_KEYS / 8 * 8 / 10);
}
END_TEST

START_TEST(large_keys_note__forgets_an_older_key_for_a_newer_one)
{
    int i;

    for (i = 0; i < 100 * SHS_LARGE_KEYS; i++) {
        shs_large_keys_note(&keys, key(i), 0, 100000);
        ck_assert(shs_large_keys_has(&keys, key(i), 0));
        if (i % 1000 == 0) {
            apr_pool_clear(p);
        }
    }
    /* Most of the old ones are forgotten, and nothing else than this array was
     * written to. */
    ck_assert(!shs_large_keys_has(&keys, key(0), 0));
}
END_TEST

/* A small value of another key leaves the key that has its place. */
START_TEST(large_keys_note__a_small_value_removes_its_own_key_only)
{
    int i;

    shs_large_keys_note(&keys, key(0), 0, 100000);
    for (i = 1; i < 50 * SHS_LARGE_KEYS; i++) {
        shs_large_keys_note(&keys, key(i), 0, 200);
        if (i % 1000 == 0) {
            apr_pool_clear(p);
        }
    }
    ck_assert(shs_large_keys_has(&keys, key(0), 0));
}
END_TEST

static void *use(void *data)
{
    const int *nth = data;
    int i;

    for (i = 0; i < 20000; i++) {
        char text[32];
        shs_octets_t own = { text, 0 };

        own.len = (apr_size_t)apr_snprintf(text, sizeof(text), "%d:%d", *nth,
                                           i % 500);
        shs_large_keys_note(&keys, own, 0, i % 3 ? 100000 : 1);
        shs_large_keys_has(&keys, own, 0);
    }
    return NULL;
}

/* For ThreadSanitizer and AddressSanitizer: any thread at any time. */
START_TEST(large_keys_note__may_be_called_by_all_threads_at_once)
{
    pthread_t threads[4];
    int nth[4];
    int i;

    for (i = 0; i < 4; i++) {
        nth[i] = i;
        ck_assert(!pthread_create(&threads[i], NULL, use, &nth[i]));
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    shs_large_keys_note(&keys, key(1), 0, 100000);
    ck_assert(shs_large_keys_has(&keys, key(1), 0));
}
END_TEST

START_TEST(large_keys_note__distinguishes_the_parts_of_a_key)
{
    shs_large_keys_note(&keys, key(1), 0, 100000);
    shs_large_keys_note(&keys, key(1), 7, 100);
    ck_assert(shs_large_keys_has(&keys, key(1), 0));
    ck_assert(!shs_large_keys_has(&keys, key(1), 7));
    shs_large_keys_note(&keys, key(1), 7, 100000);
    shs_large_keys_note(&keys, key(1), 0, 100);
    ck_assert(!shs_large_keys_has(&keys, key(1), 0));
    ck_assert(shs_large_keys_has(&keys, key(1), 7));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, large_keys_note__distinguishes_the_parts_of_a_key);
    tcase_add_checked_fixture(tc, forget, NULL);
    tcase_add_test(tc, large_keys_has__is_false_at_first);
    tcase_add_loop_test(tc, large_keys_note__remembers_the_last_size, 0,
                        ROWS(sizes));
    tcase_add_test(tc, large_keys_has__knows_a_key_by_all_its_octets);
    tcase_add_test(tc, large_keys_has__takes_few_keys_for_others);
    tcase_add_test(tc, large_keys_note__remembers_most_of_some_keys);
    tcase_add_test(tc, large_keys_note__forgets_an_older_key_for_a_newer_one);
    tcase_add_test(tc, large_keys_note__a_small_value_removes_its_own_key_only);
    tcase_add_test(tc, large_keys_note__may_be_called_by_all_threads_at_once);
}

int main(void)
{
    return unit_main("large_keys", add);
}
