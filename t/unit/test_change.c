/* SPDX-License-Identifier: Apache-2.0 */
#include "session/change.h"

#include "unit.h"

START_TEST(change_create__is_empty)
{
    shs_change_t *change = shs_change_create(p);
    int count = -1;

    shs_change_entries(change, &count);
    ck_assert_int_eq(count, 0);
    ck_assert_pstr_eq(shs_change_check(change), NULL);
}
END_TEST

START_TEST(change_add__keeps_the_order_and_borrows)
{
    static const shs_change_kind_t kinds[] = { SHS_CHANGE_TEXT, SHS_CHANGE_JSON,
                                               SHS_CHANGE_MERGE,
                                               SHS_CHANGE_UNSET };
    shs_octets_t names[] = { unit_text("d"), unit_text("c"), unit_text("b"),
                             unit_text("a") };
    shs_octets_t value = unit_exact("v\0w", 3);
    shs_change_t *change = shs_change_create(p);
    const shs_change_entry_t *entries;
    int count, i;

    for (i = 0; i < ROWS(kinds); i++) {
        shs_change_add(change, kinds[i], names[i], value);
    }
    entries = shs_change_entries(change, &count);
    ck_assert_int_eq(count, ROWS(kinds));
    for (i = 0; i < ROWS(kinds); i++) {
        ck_assert_int_eq(entries[i].kind, kinds[i]);
        ck_assert_ptr_eq(entries[i].name.data, names[i].data);
        ck_assert_uint_eq(entries[i].name.len, 1);
        ck_assert_ptr_eq(entries[i].value.data, value.data);
        ck_assert_uint_eq(entries[i].value.len, 3);
    }
}
END_TEST

START_TEST(change_add__keeps_the_last_entry_for_a_name)
{
    shs_change_t *change = shs_change_create(p);
    const shs_change_entry_t *entries;
    int count;

    shs_change_add(change, SHS_CHANGE_TEXT, unit_text("n"), unit_text("old"));
    shs_change_add(change, SHS_CHANGE_TEXT, unit_text("m"), unit_text("other"));
    shs_change_add(change, SHS_CHANGE_UNSET, unit_text("n"), unit_text(""));
    entries = shs_change_entries(change, &count);
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq(entries[0].kind, SHS_CHANGE_UNSET);
    ck_octets_eq(entries[0].name, OCTETS("n"), "where it was first");
    ck_assert_uint_eq(entries[0].value.len, 0);
    ck_assert_int_eq(entries[1].kind, SHS_CHANGE_TEXT);
    ck_octets_eq(entries[1].value, OCTETS("other"), "the other is untouched");
}
END_TEST

/* A longer name, or one in another case, is another name. */
START_TEST(change_add__compares_all_octets_of_names)
{
    static const struct {
        const char *name;
        apr_size_t len;
    } names[] = { { "a", 1 },    { "ab", 2 },   { "A", 1 }, { "a\0", 2 },
                  { "a\0b", 3 }, { "a\0c", 3 }, { "", 0 },  { "\0", 1 } };
    shs_change_t *change = shs_change_create(p);
    int count, i;

    for (i = 0; i < ROWS(names); i++) {
        shs_change_add(change, SHS_CHANGE_TEXT,
                       unit_exact(names[i].name, names[i].len), OCTETS("v"));
    }
    shs_change_entries(change, &count);
    ck_assert_int_eq(count, ROWS(names));
}
END_TEST

START_TEST(change_add__takes_thousands)
{
    const int many = 5000;
    shs_change_t *change = shs_change_create(p);
    const shs_change_entry_t *entries;
    int count, i;

    for (i = 0; i < 2 * many; i++) {
        shs_change_add(change, SHS_CHANGE_TEXT,
                       unit_text(apr_psprintf(p, "n%d", i % many)),
                       unit_text(apr_psprintf(p, "%d", i)));
    }
    entries = shs_change_entries(change, &count);
    ck_assert_int_eq(count, many);
    for (i = 0; i < many; i++) {
        ck_octets_eq(entries[i].value,
                     unit_text(apr_psprintf(p, "%d", many + i)), "the last");
    }
}
END_TEST

START_TEST(change_set__is_text_of_c_strings)
{
    shs_change_t *change = shs_change_create(p);
    const shs_change_entry_t *entries;
    int count;

    shs_change_set(change, "name", "value");
    entries = shs_change_entries(change, &count);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(entries[0].kind, SHS_CHANGE_TEXT);
    ck_octets_eq(entries[0].name, OCTETS("name"), "name");
    ck_octets_eq(entries[0].value, OCTETS("value"), "value");
}
END_TEST

static const struct {
    const char *name;
    apr_size_t len; /* 0: strlen */
    int is_good;
    const char *why;
} names[] = {
    { "userId", 0, 1, "a name" },
    { "a b", 0, 1, "a space" },
    { "a@b", 0, 1, "the sign inside" },
    { "a.b/c[0]", 0, 1, "what a path would read otherwise" },
    { "\xea\xb9\x80", 0, 1, "UTF-8" },
    { "a\xff", 0, 1, "no UTF-8; a format may hold it" },
    { "", 0, 0, "no name" },
    { "@created", 0, 0, "a session's age" },
    { "@rotated", 0, 0, "where a session leads" },
    { "@user", 0, 0, "reserved for later" },
    { "@", 0, 0, "the sign alone" },
    { "a\0b", 3, 0, "a NUL" },
    { "\0", 1, 0, "a NUL alone" },
    { "a\r\nb", 0, 0, "a line's end" },
    { "a\tb", 0, 0, "a tabulator" },
    { "a\x7f", 0, 0, "DEL" },
    { "a\x1f", 0, 0, "the last control character" },
};

START_TEST(change_check__refuses_reserved_and_impossible_names)
{
    apr_size_t len = names[_i].len ? names[_i].len : strlen(names[_i].name);
    shs_change_t *change = shs_change_create(p);
    const char *wrong;

    shs_change_set(change, "first", "v");
    shs_change_add(change, SHS_CHANGE_UNSET, unit_exact(names[_i].name, len),
                   OCTETS(""));
    shs_change_set(change, "last", "v");
    wrong = shs_change_check(change);
    ck_assert_msg((wrong == NULL) == names[_i].is_good, "%s: %s",
                  wrong ? wrong : "taken", names[_i].why);
    ck_assert(!wrong || *wrong);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, change_create__is_empty);
    tcase_add_test(tc, change_add__keeps_the_order_and_borrows);
    tcase_add_test(tc, change_add__keeps_the_last_entry_for_a_name);
    tcase_add_test(tc, change_add__compares_all_octets_of_names);
    tcase_add_test(tc, change_add__takes_thousands);
    tcase_add_test(tc, change_set__is_text_of_c_strings);
    tcase_add_loop_test(tc, change_check__refuses_reserved_and_impossible_names,
                        0, ROWS(names));
}

int main(void)
{
    return unit_main("change", add);
}
