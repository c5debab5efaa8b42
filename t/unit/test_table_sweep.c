/* SPDX-License-Identifier: Apache-2.0
 *
 * request/expose/table_sweep.c, nameset.c and target_type.c need nothing of
 * httpd, so they are compiled into this test.
 */
#include "request/expose/table_sweep.h"

#include <sys/mman.h>

#include "request/expose/nameset.h"
#include "unit.h"

/* A value that is not a string: reading it as one ends the process. */
static char *forbidden(void)
{
    char *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(page, MAP_FAILED);
    return page;
}

static int is_in(void *set, const char *name)
{
    return shs_nameset_has(set, name);
}

static shs_nameset_t *set_of(const char *const *names)
{
    shs_nameset_t *set = shs_nameset_create(&shs_target_type_notes, p);

    for (; *names; ++names) {
        shs_nameset_add(set, *names);
    }
    return set;
}

/* The table as "a=1 b=2": names and offsets of their values, in order. */
static const char *show(const apr_table_t *table, const char *base)
{
    const apr_array_header_t *entries = apr_table_elts(table);
    const char *text = "";
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        const apr_table_entry_t *entry =
            &APR_ARRAY_IDX(entries, i, apr_table_entry_t);

        text = apr_psprintf(p, "%s%s%s=%d", text, i > 0 ? " " : "", entry->key,
                            (int)(entry->val - base));
    }
    return text;
}

static const struct {
    const char *names[4];
    const char *is;
    int gone;
    const char *why;
} sweeps[] = {
    { { "other", NULL }, "a=0 b=1 A=2 c=3", 0, "a name that is not there" },
    { { "a", NULL }, "b=1 c=3", 2, "both of a name, whatever the case" },
    { { "b", NULL }, "a=0 A=2 c=3", 1, "one in the middle" },
    { { "c", NULL }, "a=0 b=1 A=2", 1, "the last" },
    { { "a", "b", "c", NULL }, "", 4, "all" },
    { { NULL }, "a=0 b=1 A=2 c=3", 0, "no name at all" },
};

START_TEST(table_sweep_remove__removes_names_and_reads_no_value)
{
    apr_table_t *table = apr_table_make(p, 1);
    char *base = forbidden();
    int gone;

    apr_table_addn(table, "a", base);
    apr_table_addn(table, "b", base + 1);
    apr_table_addn(table, "A", base + 2);
    apr_table_addn(table, "c", base + 3);
    gone = shs_table_sweep_remove(table, is_in, set_of(sweeps[_i].names), p);
    ck_assert_msg(!strcmp(show(table, base), sweeps[_i].is), "%s: %s",
                  show(table, base), sweeps[_i].why);
    ck_assert_msg(gone == sweeps[_i].gone, "%d gone: %s", gone, sweeps[_i].why);
}
END_TEST

/* Other modules' entries can still be found by name. */
START_TEST(table_sweep_remove__leaves_an_index_that_finds)
{
    apr_table_t *table = apr_table_make(p, 1);
    const char *const names[] = { "n7", "n8", "n99", NULL };
    char *base = forbidden();
    int i;

    for (i = 0; i < 100; ++i) {
        apr_table_addn(table, apr_psprintf(p, "n%d", i), base + i);
    }
    ck_assert_int_eq(shs_table_sweep_remove(table, is_in, set_of(names), p), 3);
    for (i = 0; i < 100; ++i) {
        const char *found = apr_table_get(table, apr_psprintf(p, "n%d", i));

        ck_assert_ptr_eq(found, i == 7 || i == 8 || i == 99 ? NULL : base + i);
    }
}
END_TEST

START_TEST(table_sweep_remove__does_not_touch_a_table_without_the_names)
{
    apr_table_t *table = apr_table_make(p, 8);
    const char *const names[] = { "x", NULL };
    const void *before;

    apr_table_addn(table, "a", forbidden());
    before = apr_table_elts(table)->elts;
    ck_assert_int_eq(shs_table_sweep_remove(table, is_in, set_of(names), NULL),
                     0);
    ck_assert_ptr_eq(apr_table_elts(table)->elts, before);
    ck_assert_int_eq(shs_table_sweep_remove(apr_table_make(p, 1), is_in,
                                            set_of(names), NULL),
                     0);
}
END_TEST

START_TEST(nameset_add__tells_names_apart_as_its_target_type_does)
{
    shs_nameset_t *notes = shs_nameset_create(&shs_target_type_notes, p);
    shs_nameset_t *headers = shs_nameset_create(&shs_target_type_headers, p);

    ck_assert(shs_nameset_add(notes, "a-b-c-d-e-f-g"));
    ck_assert(!shs_nameset_add(notes, "A-B-C-D-E-F-G"));
    ck_assert(shs_nameset_add(notes, "a_b-c-d-e-f-g"));
    ck_assert(shs_nameset_has(notes, "A_B-c-d-e-f-g"));
    ck_assert(!shs_nameset_has(notes, "a.b-c-d-e-f-g"));
    ck_assert(shs_nameset_add(headers, "X-User"));
    ck_assert(!shs_nameset_add(headers, "x_user"));
    ck_assert(shs_nameset_has(headers, "X.USER"));
    ck_assert(!shs_nameset_has(headers, "X.USERS"));
    /* Longer than what is hashed at a time. */
    ck_assert(shs_nameset_add(headers, "X-Session-User-Name"));
    ck_assert(!shs_nameset_add(headers, "x_session.user_NAME"));
    ck_assert(!shs_nameset_has(headers, "X-Session-User-Names"));
    ck_assert(shs_nameset_add(notes, "abcdefghijklmnopqrstuvwxyz"));
    ck_assert(shs_nameset_has(notes, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}
END_TEST

static const struct {
    const char *one, *other;
} neighbours[] = {
    { "@", "`" },
    { "[", "{" },
    { "\xc1", "\xe1" },
    { "name-@-name", "name-`-name" },
    { "name-[-name", "name-{-name" },
    { "name-\xc1-name", "name-\xe1-name" },
};

/* Octets next to A to Z, and those beyond ASCII, have no case. */
START_TEST(nameset_add__folds_letters_only)
{
    shs_nameset_t *set = shs_nameset_create(&shs_target_type_notes, p);

    ck_assert(shs_nameset_add(set, neighbours[_i].one));
    ck_assert(!shs_nameset_has(set, neighbours[_i].other));
    ck_assert(shs_nameset_add(set, neighbours[_i].other));
    ck_assert(!shs_nameset_add(set, neighbours[_i].one));
}
END_TEST

START_TEST(nameset_add__keeps_a_thousand_apart)
{
    shs_nameset_t *set = shs_nameset_create(&shs_target_type_env, p);
    int i;

    for (i = 0; i < 1000; ++i) {
        ck_assert(shs_nameset_add(set, apr_psprintf(p, "name_%d", i)));
    }
    for (i = 0; i < 2000; ++i) {
        ck_assert_int_eq(shs_nameset_has(set, apr_psprintf(p, "NAME_%d", i)),
                         i < 1000);
    }
}
END_TEST

/* Among so many names, some ten pairs have equal hashes of 32 bits. */
START_TEST(nameset_add__keeps_apart_names_with_equal_hashes)
{
    shs_nameset_t *set = shs_nameset_create(&shs_target_type_env, p);
    int count = 0;
    int i;

    for (i = 0; i < 300000; ++i) {
        count += shs_nameset_add(set, apr_psprintf(p, "name_%d", i));
    }
    ck_assert_int_eq(count, 300000);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc,
                        table_sweep_remove__removes_names_and_reads_no_value, 0,
                        ROWS(sweeps));
    tcase_add_test(tc, table_sweep_remove__leaves_an_index_that_finds);
    tcase_add_test(
        tc, table_sweep_remove__does_not_touch_a_table_without_the_names);
    tcase_add_test(tc, nameset_add__tells_names_apart_as_its_target_type_does);
    tcase_add_loop_test(tc, nameset_add__folds_letters_only, 0,
                        ROWS(neighbours));
    tcase_add_test(tc, nameset_add__keeps_a_thousand_apart);
    tcase_add_test(tc, nameset_add__keeps_apart_names_with_equal_hashes);
}

int main(void)
{
    return unit_main("table_sweep", add);
}
