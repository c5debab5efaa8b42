/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option_table.h"

#include "unit.h"

static const char *keep_value(void *draft, const char *value, apr_pool_t *pool)
{
    (void)pool;
    *(const char **)draft = value;
    return NULL;
}

static const shs_option_t table[] = {
    { "size=", keep_value, 0 },
    { "secure", keep_value, 0 },
    { "size-max=", keep_value, 0 },
    { NULL, NULL, 0 },
};

static const struct {
    const char *word;
    int in_any_case;
    const char *value; /* NULL: no option of the table */
    const char *why;
} words[] = {
    { "size=1M", 0, "1M", "a name and a value" },
    { "size=", 0, "", "an empty value" },
    { "size-max=a=b", 0, "a=b", "a value with an equals sign" },
    { "secure", 0, "", "a word alone" },
    { "Size=1M", 0, NULL, "case counts" },
    { "Size=1M", 1, "1M", "case does not count" },
    { "SECURE", 1, "", "case does not count" },
    { "size", 0, NULL, "a value is missing" },
    { "secure=", 0, NULL, "a word takes no value" },
    { "secures", 0, NULL, "a longer word" },
    { "secur", 0, NULL, "a shorter word" },
    { "colour=red", 0, NULL, "another name" },
    { "", 0, NULL, "nothing" },
};

START_TEST(option_table_find__takes_a_name_with_a_value_or_a_word_alone)
{
    const char *value = NULL, *kept = NULL;
    const shs_option_t *found = shs_option_table_find(
        &value, table, words[_i].word, words[_i].in_any_case);

    ck_assert_msg((found != NULL) == (words[_i].value != NULL), "%s",
                  words[_i].why);
    if (found) {
        ck_assert_pstr_eq(found->parse(&kept, value, p), NULL);
        ck_assert_str_eq(kept, words[_i].value);
    }
}
END_TEST

START_TEST(option_table_describe__lists_the_names)
{
    ck_assert_str_eq(shs_option_table_describe(table, p),
                     "size=, secure and size-max=");
    ck_assert_str_eq(shs_option_table_describe(table + 2, p), "size-max=");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, option_table_find__takes_a_name_with_a_value_or_a_word_alone, 0,
        ROWS(words));
    tcase_add_test(tc, option_table_describe__lists_the_names);
}

int main(void)
{
    return unit_main("option_table", add);
}
