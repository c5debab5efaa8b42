/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include "unit.h"

/* A: 1, B: 2, a: 3. */
static apr_table_t *make_source(void)
{
    apr_table_t *table = apr_table_make(p, 3);

    apr_table_addn(table, "A", "1");
    apr_table_addn(table, "B", "2");
    apr_table_addn(table, "a", "3");
    return table;
}

static void expect_entries(const apr_table_t *table, const char *wanted)
{
    const apr_array_header_t *entries = apr_table_elts(table);
    const char *got = "";
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        const apr_table_entry_t *entry =
            &APR_ARRAY_IDX(entries, i, apr_table_entry_t);

        got = apr_pstrcat(p, got, entry->key, entry->val, " ", NULL);
    }
    ck_assert_str_eq(got, wanted);
}

START_TEST(table_append__keeps_what_is_there_and_adds_all_in_order)
{
    apr_table_t *to = apr_table_make(p, 1);

    apr_table_addn(to, "A", "0");
    shs_table_append(to, make_source(), NULL);
    expect_entries(to, "A0 A1 B2 a3 ");
}
END_TEST

START_TEST(table_append__adds_the_entries_of_one_name_in_any_case)
{
    apr_table_t *to = apr_table_make(p, 1);

    shs_table_append(to, make_source(), "a");
    expect_entries(to, "A1 a3 ");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, table_append__keeps_what_is_there_and_adds_all_in_order);
    tcase_add_test(tc, table_append__adds_the_entries_of_one_name_in_any_case);
}

int main(void)
{
    return unit_main("table", add);
}
