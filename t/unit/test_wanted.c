/* SPDX-License-Identifier: Apache-2.0 */
#include "session/wanted.h"

#include "unit.h"

static shs_wanted_t wanted_of(const char *words)
{
    apr_array_header_t *names = unit_words(words);

    return shs_wanted_create((const char *const *)names->elts,
                             (apr_size_t)names->nelts, p);
}

START_TEST(wanted_has__is_true_for_each_name_when_none_is_set)
{
    ck_assert(shs_wanted_has(&shs_wanted_everything, OCTETS("a")));
    ck_assert(shs_wanted_has(&shs_wanted_everything, OCTETS("")));
}
END_TEST

START_TEST(wanted_has__is_true_for_the_names_alone)
{
    static const struct {
        const char *name;
        int is_wanted;
        const char *why;
    } rows[] = {
        { "userId", 1, "a name" },
        { "b", 1, "the shortest" },
        { "scopedTarget.userInfo", 1, "the longest" },
        { "userI", 0, "a part of a name" },
        { "userIds", 0, "more than a name" },
        { "userid", 0, "another case" },
        { "", 0, "nothing" },
    };
    shs_wanted_t wanted = wanted_of("userId scopedTarget.userInfo b userId");
    int i;

    ck_assert_uint_eq(wanted.count, 3);
    for (i = 0; i < ROWS(rows); ++i) {
        ck_assert_msg(shs_wanted_has(&wanted, unit_text(rows[i].name))
                          == rows[i].is_wanted,
                      "%s", rows[i].why);
    }
}
END_TEST

START_TEST(wanted_is_equal__compares_sets)
{
    static const struct {
        const char *a, *b;
        int is_equal;
    } rows[] = {
        { "a b", "b a", 1 }, { "a b", "a b b", 1 }, { "a", "b", 0 },
        { "a", "a b", 0 },   { "ab c", "a bc", 0 }, { "ab", "a b", 0 },
    };
    int i;

    for (i = 0; i < ROWS(rows); ++i) {
        shs_wanted_t a = wanted_of(rows[i].a);
        shs_wanted_t b = wanted_of(rows[i].b);

        ck_assert_int_eq(shs_wanted_is_equal(&a, &b), rows[i].is_equal);
        ck_assert_int_eq(shs_wanted_digest(&a) == shs_wanted_digest(&b),
                         rows[i].is_equal);
        ck_assert(!shs_wanted_is_equal(&a, &shs_wanted_everything));
        ck_assert(!shs_wanted_is_equal(&shs_wanted_everything, &a));
        ck_assert_uint_ne(shs_wanted_digest(&a), 0);
    }
    ck_assert_uint_eq(shs_wanted_digest(&shs_wanted_everything), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, wanted_has__is_true_for_each_name_when_none_is_set);
    tcase_add_test(tc, wanted_has__is_true_for_the_names_alone);
    tcase_add_test(tc, wanted_is_equal__compares_sets);
}

int main(void)
{
    return unit_main("wanted", add);
}
