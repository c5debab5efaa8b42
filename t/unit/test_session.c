/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include "unit.h"

#define NONE OCTETS("")

/* The example in session.h. */
static shs_session_t *example(apr_size_t expected)
{
    shs_session_t *session = shs_session_create(expected, p);
    apr_size_t user;
    apr_size_t roles;

    user = shs_session_append(session, SHS_KIND_OBJECT, OCTETS("user"), NONE);
    shs_session_append(session, SHS_KIND_NUMBER, OCTETS("id"), OCTETS("7"));
    roles = shs_session_append(session, SHS_KIND_ARRAY, OCTETS("roles"), NONE);
    shs_session_append(session, SHS_KIND_STRING, NONE, OCTETS("a"));
    shs_session_append(session, SHS_KIND_STRING, NONE, OCTETS("b"));
    shs_session_close(session, roles);
    shs_session_close(session, user);
    shs_session_append(session, SHS_KIND_BOOL, OCTETS("ok"), OCTETS("true"));
    return session;
}

static const struct {
    shs_kind_t kind;
    const char *name;
    const char *text;
    apr_size_t end;
} wanted[] = {
    { SHS_KIND_OBJECT, "user", "", 5 }, { SHS_KIND_NUMBER, "id", "7", 2 },
    { SHS_KIND_ARRAY, "roles", "", 5 }, { SHS_KIND_STRING, "", "a", 4 },
    { SHS_KIND_STRING, "", "b", 5 },    { SHS_KIND_BOOL, "ok", "true", 6 },
};

START_TEST(session_values__are_as_the_example_shows)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(example(8), &count);

    ck_assert_uint_eq(count, ROWS(wanted));
    ck_assert_int_eq(values[_i].kind, wanted[_i].kind);
    ck_octets_eq(values[_i].name, unit_text(wanted[_i].name), "name");
    ck_octets_eq(values[_i].text, unit_text(wanted[_i].text), "text");
    ck_assert_uint_eq(values[_i].end, wanted[_i].end);
}
END_TEST

START_TEST(session_append__returns_the_index)
{
    shs_session_t *session = shs_session_create(0, p);
    apr_size_t i;

    for (i = 0; i < 10; i++) {
        ck_assert_uint_eq(shs_session_append(session, SHS_KIND_STRING,
                                             OCTETS("n"), OCTETS("v")),
                          i);
    }
}
END_TEST

START_TEST(session_append__grows_past_what_was_expected)
{
    const apr_size_t many = 10000;
    shs_session_t *session = shs_session_create((apr_size_t)_i, p);
    const shs_value_t *values;
    apr_size_t count;
    apr_size_t i;

    for (i = 0; i < many; i++) {
        shs_session_append(session, SHS_KIND_STRING,
                           unit_text(apr_psprintf(p, "n%d", (int)i)),
                           unit_text(apr_psprintf(p, "v%d", (int)i)));
    }
    values = shs_session_values(session, &count);
    ck_assert_uint_eq(count, many);
    for (i = 0; i < many; i++) {
        ck_assert_uint_eq(values[i].end, i + 1);
        ck_octets_eq(values[i].text, unit_text(apr_psprintf(p, "v%d", (int)i)),
                     "moved whole");
    }
    ck_assert_uint_eq(shs_session_count(session), many);
}
END_TEST

/* Of a session into another and into itself, whose array grows meanwhile. */
START_TEST(session_copy__copies_a_structure_under_another_name)
{
    shs_session_t *from = shs_session_create(1, p);
    shs_session_t *to = shs_session_create(1, p);
    const shs_value_t *values;
    apr_size_t count;

    shs_session_append(from, SHS_KIND_NULL, OCTETS("n"), OCTETS(""));
    shs_session_append(from, SHS_KIND_ARRAY, OCTETS("a"), OCTETS(""));
    shs_session_append(from, SHS_KIND_NUMBER, OCTETS(""), OCTETS("7"));
    shs_session_close(from, 1);
    ck_assert_uint_eq(shs_session_copy(to, OCTETS("b"), from, 1), 0);
    ck_assert_uint_eq(shs_session_copy(to, OCTETS("c"), to, 0), 2);
    ck_assert_uint_eq(shs_session_copy(to, OCTETS("d"), to, 3), 4);
    values = shs_session_values(to, &count);
    ck_assert_uint_eq(count, 5);
    ck_assert_uint_eq(values[0].end, 2);
    ck_assert_uint_eq(values[2].end, 4);
    ck_assert_uint_eq(values[3].end, 4);
    ck_assert_uint_eq(values[4].end, 5);
    ck_octets_eq(values[2].name, OCTETS("c"), "the new name");
    ck_octets_eq(values[3].text, OCTETS("7"), "the same text");
    ck_octets_eq(values[4].name, OCTETS("d"), "a name for a member");
}
END_TEST

START_TEST(session_count__counts_the_top_level_and_nulls)
{
    shs_session_t *session = example(2);

    ck_assert_uint_eq(shs_session_count(session), 2);
    shs_session_append(session, SHS_KIND_NULL, OCTETS("gone"), NONE);
    ck_assert_uint_eq(shs_session_count(session), 3);
    ck_assert_uint_eq(shs_session_count(shs_session_create(4, p)), 0);
}
END_TEST

START_TEST(session_replace__replaces_the_text_of_a_scalar)
{
    shs_session_t *session = shs_session_create(4, p);
    const shs_value_t *value;
    apr_size_t at;

    shs_session_append(session, SHS_KIND_STRING, OCTETS("a"), OCTETS("1"));
    at = shs_session_append(session, SHS_KIND_STRING, OCTETS("n"), OCTETS("2"));
    shs_session_append(session, SHS_KIND_STRING, OCTETS("b"), OCTETS("3"));
    shs_session_replace(session, at, OCTETS("other"));
    value = shs_session_find(session, 0, 3, "n", 1);
    ck_assert_ptr_nonnull(value);
    ck_octets_eq(value->text, OCTETS("other"), "the last one counts");
    ck_assert_uint_eq(value->end, at + 1);
    ck_assert_uint_eq(shs_session_count(session), 3);
}
END_TEST

START_TEST(session_find__does_not_look_inside_structures)
{
    shs_session_t *session = example(8);

    ck_assert_ptr_null(shs_session_find(session, 0, 6, "id", 2));
    ck_assert_ptr_nonnull(shs_session_find(session, 1, 5, "id", 2));
    ck_assert_ptr_null(shs_session_find(session, 1, 5, "ok", 2));
    ck_assert_ptr_nonnull(shs_session_find(session, 0, 6, "ok", 2));
    ck_assert_ptr_null(shs_session_find(session, 0, 0, "user", 4));
    ck_assert_ptr_null(shs_session_find(session, 0, 6, "", 0));
}
END_TEST

static const struct {
    const char *name;
    apr_size_t len;
    int is_found;
    const char *why;
} names[] = {
    { "a\0b", 3, 1, "a NUL is a part of a name" },
    { "a", 1, 0, "what stands before the NUL is another name" },
    { "a\0c", 3, 0, "what stands behind the NUL counts" },
    { "a\0bc", 4, 0, "longer" },
    { "A\0b", 3, 0, "case counts" },
};

START_TEST(session_find__compares_octets)
{
    shs_session_t *session = shs_session_create(1, p);

    shs_session_append(session, SHS_KIND_STRING, unit_exact("a\0b", 3),
                       OCTETS("v"));
    ck_assert_msg(
        !!shs_session_find(session, 0, 1, names[_i].name, names[_i].len)
            == names[_i].is_found,
        "%s", names[_i].why);
}
END_TEST

START_TEST(session_expiry__is_0_unless_set)
{
    shs_session_t *session = shs_session_create(0, p);

    ck_assert_int_eq(shs_session_expiry(session), 0);
    shs_session_set_expiry(session, 1700000000123456);
    ck_assert_int_eq(shs_session_expiry(session), 1700000000123456);
}
END_TEST

START_TEST(session_metadata__is_empty_until_it_is_written_to)
{
    shs_session_t *session = shs_session_create(0, p);
    shs_metadata_t nothing;

    memset(&nothing, 0, sizeof(nothing));
    ck_assert_int_eq(
        memcmp(shs_session_get_metadata(session), &nothing, sizeof(nothing)),
        0);
    shs_metadata_read(shs_session_metadata(session), OCTETS("@max"),
                      OCTETS("60"));
    ck_assert_int_eq(shs_session_get_metadata(session)->idle, 60000000);
    ck_assert_uint_eq(shs_session_count(session), 0);
}
END_TEST

START_TEST(session_end__is_the_earlier_of_two)
{
    static const struct {
        apr_time_t expires_at, created_at, end;
    } rows[] = {
        { 0, 0, 0 }, { 7, 0, 7 }, { 0, 3, 13 }, { 7, 3, 7 }, { 20, 3, 13 }
    };
    int i;

    for (i = 0; i < ROWS(rows); i++) {
        shs_session_t *session = shs_session_create(1, p);

        shs_session_set_expiry(session, rows[i].expires_at);
        shs_session_metadata(session)->created_at = rows[i].created_at;
        ck_assert_int_eq(shs_session_end(session, 10), rows[i].end);
    }
}
END_TEST

static unsigned learn_one(shs_octets_t name, shs_octets_t text)
{
    shs_session_t *session = shs_session_create(1, p);
    apr_size_t count;

    shs_session_append(session, SHS_KIND_STRING, name, text);
    ck_assert_uint_eq(shs_session_values(session, &count)->known, 0);
    shs_session_learn(session);
    return shs_session_values(session, &count)->known;
}

START_TEST(session_learn__says_no_more_than_it_may)
{
    unsigned text = SHS_KNOWN_TEXT_IS_PLAIN | SHS_KNOWN_TEXT_IS_VISIBLE;
    unsigned name = SHS_KNOWN_NAME_IS_PLAIN;

    ck_assert_uint_eq(learn_one(OCTETS("user"), OCTETS("Alice Kim")),
                      name | text);
    ck_assert_uint_eq(learn_one(OCTETS("us\ner"), OCTETS("Alice Kim")), text);
    ck_assert_uint_eq(learn_one(OCTETS("user"), OCTETS("Al\nice")), name);
    ck_assert_uint_eq(learn_one(OCTETS("user"), OCTETS("50%")),
                      name | SHS_KNOWN_TEXT_IS_PLAIN);
    ck_assert_uint_eq(learn_one(OCTETS("user"), OCTETS("\0")), name);
}
END_TEST

static const struct {
    const char *first, *second;
    int is_distinct;
} twins[] = {
    { "a", "b", 1 },
    { "user", "User", 0 },
    { "user", "user ", 1 },
    { "user", "users", 1 },
    { "A\xc3\x84", "a\xc3\xa4", 1 },
};

START_TEST(session_learn__finds_names_that_differ_in_case)
{
    shs_session_t *session = shs_session_create(3, p);

    shs_session_append(session, SHS_KIND_OBJECT, unit_text(twins[_i].first),
                       OCTETS(""));
    /* A member's name does not count. */
    shs_session_append(session, SHS_KIND_NULL, unit_text(twins[_i].first),
                       OCTETS(""));
    shs_session_close(session, 0);
    shs_session_append(session, SHS_KIND_STRING, unit_text(twins[_i].second),
                       OCTETS(""));
    ck_assert(!shs_session_is_distinct(session));
    shs_session_learn(session);
    ck_assert_int_eq(shs_session_is_distinct(session), twins[_i].is_distinct);
}
END_TEST

START_TEST(session_replace__forgets_what_was_known_of_the_text)
{
    shs_session_t *session = shs_session_create(1, p);
    apr_size_t count;

    shs_session_append(session, SHS_KIND_STRING, OCTETS("a"), OCTETS("b"));
    shs_session_learn(session);
    shs_session_replace(session, 0, OCTETS("\n"));
    ck_assert_uint_eq(shs_session_values(session, &count)->known,
                      SHS_KNOWN_NAME_IS_PLAIN);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, session_values__are_as_the_example_shows, 0,
                        ROWS(wanted));
    tcase_add_test(tc, session_append__returns_the_index);
    tcase_add_loop_test(tc, session_append__grows_past_what_was_expected, 0, 4);
    tcase_add_test(tc, session_copy__copies_a_structure_under_another_name);
    tcase_add_test(tc, session_count__counts_the_top_level_and_nulls);
    tcase_add_test(tc, session_replace__replaces_the_text_of_a_scalar);
    tcase_add_test(tc, session_find__does_not_look_inside_structures);
    tcase_add_loop_test(tc, session_find__compares_octets, 0, ROWS(names));
    tcase_add_test(tc, session_end__is_the_earlier_of_two);
    tcase_add_test(tc, session_learn__says_no_more_than_it_may);
    tcase_add_loop_test(tc, session_learn__finds_names_that_differ_in_case, 0,
                        ROWS(twins));
    tcase_add_test(tc, session_replace__forgets_what_was_known_of_the_text);
    tcase_add_test(tc, session_expiry__is_0_unless_set);
    tcase_add_test(tc, session_metadata__is_empty_until_it_is_written_to);
}

int main(void)
{
    return unit_main("session", add);
}
