/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/heavy.h"

#include <apr_strings.h>

#include "unit.h"

static shs_heavy_t heavy;
static unsigned char secret[SHS_HEAVY_SECRET];

static void reset(void)
{
    memset(&heavy, 0, sizeof(heavy));
}

static apr_uint64_t mark_of(int i)
{
    return shs_heavy_mark(unit_text(apr_psprintf(p, "session:%d", i)), secret);
}

/* Who does not know the secret cannot tell which keys share one. */
START_TEST(heavy_mark__is_another_with_each_secret)
{
    apr_uint64_t before = mark_of(1);

    secret[_i] ^= 1;
    ck_assert(mark_of(1) != before);
    secret[_i] ^= 1;
    ck_assert(mark_of(1) == before);
    ck_assert(mark_of(2) != before);
}
END_TEST

START_TEST(heavy__knows_a_key_until_its_value_comes)
{
    apr_uint64_t mark = mark_of(1);

    ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_VALUE);
    shs_heavy_end(&heavy, mark, SHS_HEAVY_HEAVY);
    ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_SIZE);
    shs_heavy_end(&heavy, mark, SHS_HEAVY_UNKNOWN);
    ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_SIZE);
    ck_assert_int_eq(shs_heavy_begin(&heavy, mark_of(2)), SHS_HEAVY_VALUE);
    shs_heavy_end(&heavy, mark, SHS_HEAVY_LIGHT);
    ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_VALUE);
    shs_heavy_end(&heavy, mark, SHS_HEAVY_HEAVY);
    ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_SIZE);
}
END_TEST

START_TEST(heavy__lets_one_of_many_ask_for_the_value_of_an_unknown_key)
{
    apr_uint64_t mark = mark_of(1);
    int i;

    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(shs_heavy_begin(&heavy, mark),
                         i > 0 ? SHS_HEAVY_SIZE_MEANWHILE : SHS_HEAVY_VALUE);
    }
    /* It could not be asked for: another one may. */
    shs_heavy_end(&heavy, mark, SHS_HEAVY_UNKNOWN);
    ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_VALUE);
    ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_SIZE_MEANWHILE);
    /* It came: from now on all may at once. */
    shs_heavy_end(&heavy, mark, SHS_HEAVY_LIGHT);
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(shs_heavy_begin(&heavy, mark), SHS_HEAVY_VALUE);
    }
}
END_TEST

START_TEST(heavy__keeps_what_is_heavy_however_many_are_light)
{
    int heavies = 0;
    int i;

    for (i = 0; i < 10; i++) {
        shs_heavy_begin(&heavy, mark_of(i));
        shs_heavy_end(&heavy, mark_of(i), SHS_HEAVY_HEAVY);
    }
    for (i = 10; i < 10 * SHS_HEAVY_ASKED; i++) {
        ck_assert_int_eq(shs_heavy_begin(&heavy, mark_of(i)), SHS_HEAVY_VALUE);
        shs_heavy_end(&heavy, mark_of(i), SHS_HEAVY_LIGHT);
    }
    for (i = 0; i < 10; i++) {
        heavies += shs_heavy_begin(&heavy, mark_of(i)) == SHS_HEAVY_SIZE;
    }
    ck_assert_int_ge(heavies, 9); /* two may have one place */
}
END_TEST

START_TEST(heavy__keeps_the_last_of_more_than_it_has_places_for)
{
    int known = 0;
    int i;

    for (i = 0; i < 10 * SHS_HEAVY_NOTED; i++) {
        shs_heavy_end(&heavy, mark_of(i), SHS_HEAVY_HEAVY);
        ck_assert_int_eq(shs_heavy_begin(&heavy, mark_of(i)), SHS_HEAVY_SIZE);
    }
    for (i = 0; i < 10 * SHS_HEAVY_NOTED; i++) {
        known += shs_heavy_begin(&heavy, mark_of(i)) == SHS_HEAVY_SIZE;
    }
    /* Keys that differ little are spread over the whole table. */
    ck_assert_int_gt(known, SHS_HEAVY_NOTED * 9 / 10);
    ck_assert_int_le(known, SHS_HEAVY_NOTED);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_loop_test(tc, heavy_mark__is_another_with_each_secret, 0,
                        SHS_HEAVY_SECRET);
    tcase_add_test(tc, heavy__knows_a_key_until_its_value_comes);
    tcase_add_test(tc,
                   heavy__lets_one_of_many_ask_for_the_value_of_an_unknown_key);
    tcase_add_test(tc, heavy__keeps_what_is_heavy_however_many_are_light);
    tcase_add_test(tc, heavy__keeps_the_last_of_more_than_it_has_places_for);
}

int main(void)
{
    return unit_main("heavy", add);
}
