/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/big_key.h"

#include <apr_strings.h>

#include "unit.h"

static shs_big_key_t big_key;
static unsigned char secret[SHS_BIG_KEY_SECRET];

static void reset(void)
{
    memset(&big_key, 0, sizeof(big_key));
}

static apr_uint64_t mark_of(int i)
{
    return shs_big_key_mark(unit_text(apr_psprintf(p, "session:%d", i)),
                            secret);
}

/* Without the secret one cannot tell which keys share a mark. */
START_TEST(big_key_mark__is_another_with_each_secret)
{
    apr_uint64_t before = mark_of(1);

    secret[_i] ^= 1;
    ck_assert(mark_of(1) != before);
    secret[_i] ^= 1;
    ck_assert(mark_of(1) == before);
    ck_assert(mark_of(2) != before);
}
END_TEST

START_TEST(big_key__knows_a_key_until_its_value_comes)
{
    apr_uint64_t mark = mark_of(1);

    ck_assert_int_eq(shs_big_key_begin(&big_key, mark), SHS_BIG_KEY_LOAD_VALUE);
    shs_big_key_end(&big_key, mark, SHS_BIG_KEY_BIG);
    ck_assert_int_eq(shs_big_key_begin(&big_key, mark), SHS_BIG_KEY_LOAD_SIZE);
    shs_big_key_end(&big_key, mark, SHS_BIG_KEY_UNKNOWN);
    ck_assert_int_eq(shs_big_key_begin(&big_key, mark), SHS_BIG_KEY_LOAD_SIZE);
    ck_assert_int_eq(shs_big_key_begin(&big_key, mark_of(2)),
                     SHS_BIG_KEY_LOAD_VALUE);
    shs_big_key_end(&big_key, mark, SHS_BIG_KEY_SMALL);
    ck_assert_int_eq(shs_big_key_begin(&big_key, mark), SHS_BIG_KEY_LOAD_VALUE);
    shs_big_key_end(&big_key, mark, SHS_BIG_KEY_BIG);
    ck_assert_int_eq(shs_big_key_begin(&big_key, mark), SHS_BIG_KEY_LOAD_SIZE);
}
END_TEST

START_TEST(big_key__lets_one_of_many_read_an_unknown_key)
{
    apr_uint64_t mark = mark_of(1);
    int i;

    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(shs_big_key_begin(&big_key, mark),
                         i > 0 ? SHS_BIG_KEY_LOAD_SIZE_MEANWHILE
                               : SHS_BIG_KEY_LOAD_VALUE);
    }
    /* It could not be read: another request may try. */
    shs_big_key_end(&big_key, mark, SHS_BIG_KEY_UNKNOWN);
    ck_assert_int_eq(shs_big_key_begin(&big_key, mark), SHS_BIG_KEY_LOAD_VALUE);
    ck_assert_int_eq(shs_big_key_begin(&big_key, mark),
                     SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
    /* It came: from now on all may read it at once. */
    shs_big_key_end(&big_key, mark, SHS_BIG_KEY_SMALL);
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(shs_big_key_begin(&big_key, mark),
                         SHS_BIG_KEY_LOAD_VALUE);
    }
}
END_TEST

START_TEST(big_key__keeps_a_big_key_however_many_are_small)
{
    int noted = 0;
    int i;

    for (i = 0; i < 10; i++) {
        shs_big_key_begin(&big_key, mark_of(i));
        shs_big_key_end(&big_key, mark_of(i), SHS_BIG_KEY_BIG);
    }
    for (i = 10; i < 10 * SHS_BIG_KEY_REQUESTED; i++) {
        ck_assert_int_eq(shs_big_key_begin(&big_key, mark_of(i)),
                         SHS_BIG_KEY_LOAD_VALUE);
        shs_big_key_end(&big_key, mark_of(i), SHS_BIG_KEY_SMALL);
    }
    for (i = 0; i < 10; i++) {
        noted +=
            shs_big_key_begin(&big_key, mark_of(i)) == SHS_BIG_KEY_LOAD_SIZE;
    }
    ck_assert_int_ge(noted, 9); /* two may share a slot */
}
END_TEST

START_TEST(big_key__keeps_the_last_of_more_than_fit)
{
    int known = 0;
    int i;

    for (i = 0; i < 10 * SHS_BIG_KEY_NOTED; i++) {
        shs_big_key_end(&big_key, mark_of(i), SHS_BIG_KEY_BIG);
        ck_assert_int_eq(shs_big_key_begin(&big_key, mark_of(i)),
                         SHS_BIG_KEY_LOAD_SIZE);
    }
    for (i = 0; i < 10 * SHS_BIG_KEY_NOTED; i++) {
        known +=
            shs_big_key_begin(&big_key, mark_of(i)) == SHS_BIG_KEY_LOAD_SIZE;
    }
    /* Keys that differ little are spread over the whole table. */
    ck_assert_int_gt(known, SHS_BIG_KEY_NOTED * 9 / 10);
    ck_assert_int_le(known, SHS_BIG_KEY_NOTED);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_loop_test(tc, big_key_mark__is_another_with_each_secret, 0,
                        SHS_BIG_KEY_SECRET);
    tcase_add_test(tc, big_key__knows_a_key_until_its_value_comes);
    tcase_add_test(tc, big_key__lets_one_of_many_read_an_unknown_key);
    tcase_add_test(tc, big_key__keeps_a_big_key_however_many_are_small);
    tcase_add_test(tc, big_key__keeps_the_last_of_more_than_fit);
}

int main(void)
{
    return unit_main("big_key", add);
}
