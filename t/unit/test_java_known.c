/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_known.h"

#include "unit.h"

START_TEST(java_known_find__finds_each_class)
{
    apr_size_t count, i;
    const shs_java_known_t *all = shs_java_known_all(&count);

    for (i = 0; i < count; ++i) {
        ck_assert_msg(shs_java_known_find(unit_text(all[i].name)) == &all[i],
                      "%s is not in its place", all[i].name);
        ck_assert_uint_eq(all[i].len, strlen(all[i].name));
    }
}
END_TEST

static const struct {
    const char *name;
    const char *why;
} others[] = {
    { "", "no name" },
    { "a", "before the first" },
    { "java.util.ArrayLis", "the beginning of a name" },
    { "java.util.ArrayListX", "a name with more behind it" },
    { "java.util.LinkedHashMap", "means what its superclass means" },
    { "zz", "behind the last" },
};

START_TEST(java_known_find__knows_no_other_name)
{
    ck_assert_msg(!shs_java_known_find(unit_text(others[_i].name)), "%s: %s",
                  others[_i].name, others[_i].why);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_test(tc, java_known_find__finds_each_class);
    tcase_add_loop_test(tc, java_known_find__knows_no_other_name, 0,
                        ROWS(others));
}

int main(void)
{
    return unit_main("java_known", add_tests);
}
