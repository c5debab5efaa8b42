/* SPDX-License-Identifier: Apache-2.0 */
#include "session/path.h"

#include "unit.h"

#define NONE OCTETS("")

static const shs_path_t *path_of(const char *text)
{
    const shs_path_t *path = NULL;

    ck_assert_pstr_eq(shs_path_parse(&path, text, p), NULL);
    ck_assert_ptr_nonnull(path);
    return path;
}

static const struct {
    const char *text;
    shs_path_kind_t kind;
    const char *why;
} kinds[] = {
    { "userId", SHS_PATH_ATTRIBUTE, "an attribute" },
    { "user.roles[0]", SHS_PATH_ATTRIBUTE, "a path" },
    { "a.b.c[1][2].d", SHS_PATH_ATTRIBUTE, "a long path" },
    { "user-name", SHS_PATH_ATTRIBUTE, "a hyphen is a letter here" },
    { "*", SHS_PATH_EVERY, "every attribute" },
    { "@id", SHS_PATH_ID, "the id" },
    { "@status", SHS_PATH_STATUS, "the outcome" },
    { "@ttl", SHS_PATH_TTL, "what is left" },
    { "@label", SHS_PATH_LABEL, "what logs say" },
    { "@reason", SHS_PATH_REASON, "why there is none" },
};

START_TEST(path_parse__tells_the_kinds_apart)
{
    const shs_path_t *path = path_of(kinds[_i].text);

    ck_assert_msg(shs_path_kind(path) == kinds[_i].kind, "%s: %s",
                  kinds[_i].text, kinds[_i].why);
}
END_TEST

static const struct {
    const char *text;
    const char *why;
} refused[] = {
    { "", "nothing" },
    { "@", "no pseudo attribute" },
    { "@nothing", "an unknown pseudo attribute" },
    { "@ID", "pseudo attributes are lower case" },
    { "@id.x", "nothing is inside the id" },
};

START_TEST(path_parse__refuses_with_words)
{
    const shs_path_t *path = NULL;
    const char *wrong = shs_path_parse(&path, refused[_i].text, p);

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", refused[_i].text,
                  refused[_i].why);
}
END_TEST

/* {"user":{"id":7,"roles":["a",["b","c"],{"x":"d"}],"roles":["last"]},
 *  "gone":null,"a.b":"whole","a":{"b":"inside","c":"C"},
 *  "list[0]":"whole","list":["first"],"n":"1"} */
static shs_session_t *session(void)
{
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t a;
    apr_size_t b;
    apr_size_t c;

    a = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("user"), NONE);
    shs_session_append(s, SHS_KIND_NUMBER, OCTETS("id"), OCTETS("7"));
    b = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("roles"), NONE);
    shs_session_append(s, SHS_KIND_STRING, NONE, OCTETS("a"));
    c = shs_session_append(s, SHS_KIND_ARRAY, NONE, NONE);
    shs_session_append(s, SHS_KIND_STRING, NONE, OCTETS("b"));
    shs_session_append(s, SHS_KIND_STRING, NONE, OCTETS("c"));
    shs_session_close(s, c);
    c = shs_session_append(s, SHS_KIND_OBJECT, NONE, NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("x"), OCTETS("d"));
    shs_session_close(s, c);
    shs_session_close(s, b);
    shs_session_close(s, a);
    shs_session_append(s, SHS_KIND_NULL, OCTETS("gone"), NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("a.b"), OCTETS("whole"));
    a = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("a"), NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("b"), OCTETS("inside"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("c"), OCTETS("C"));
    shs_session_close(s, a);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("list[0]"), OCTETS("whole"));
    a = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("list"), NONE);
    shs_session_append(s, SHS_KIND_STRING, NONE, OCTETS("first"));
    shs_session_close(s, a);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("n"), OCTETS("1"));
    return s;
}

static const struct {
    const char *path;
    const char *text; /* NULL: nothing there */
    const char *why;
} found[] = {
    { "user.id", "7", "a member" },
    { "user.roles[0]", "a", "an element" },
    { "user.roles[1]", "[\"b\",\"c\"]", "an element that is a structure" },
    { "user.roles[1][1]", "c", "an element of an element" },
    { "user.roles[2].x", "d", "a member of an element" },
    { "user.roles", "[\"a\",[\"b\",\"c\"],{\"x\":\"d\"}]", "a structure" },
    { "user.roles[3]", NULL, "past the last element" },
    { "user.roles[4294967296]", NULL, "0 in 32 bits" },
    { "user.roles.x", NULL, "an array has no names" },
    { "user[0]", NULL, "an object has no index" },
    { "user.id[0]", NULL, "a scalar has no elements" },
    { "user.id.x", NULL, "a scalar has no members" },
    { "user.none", NULL, "no such member" },
    { "roles", NULL, "not at the top" },
    { "id", NULL, "not at the top" },
    { "nothing", NULL, "no such attribute" },
    { "User", NULL, "case counts" },
    { "use", NULL, "a beginning of a name" },
    { "a.b", "whole", "the attribute of exactly that name wins" },
    { "a.c", "C", "else it is a path" },
    { "list[0]", "whole", "the attribute of exactly that name wins" },
    { "n", "1", "the last attribute" },
};

START_TEST(path_find__leads_to_the_node)
{
    shs_session_t *s = session();
    const shs_node_t *node = shs_path_find(path_of(found[_i].path), s);
    shs_octets_t text;

    if (!found[_i].text) {
        ck_assert_msg(!node, "%s: %s", found[_i].path, found[_i].why);
        return;
    }
    ck_assert_msg(node != NULL, "%s: %s", found[_i].path, found[_i].why);
    ck_assert(shs_session_text(&text, s, node, p));
    ck_octets_eq(text, unit_text(found[_i].text), found[_i].why);
}
END_TEST

/* What reads as no path may still be an attribute's whole name. */
static const struct {
    const char *text;
    const char *why;
} whole[] = {
    { "a[", "an open bracket" },
    { "a[0", "an open bracket" },
    { "a[]", "no index" },
    { "a[x]", "an index is a number" },
    { "a[-1]", "an index counts from 0" },
    { "a[ 0]", "strtol would take it" },
    { "a[0]b", "something behind the bracket" },
    { "a[0]bc", "no dot behind the bracket" },
    { "a[0]xb[0]xb[0]xb[0]xb", "no dots behind the brackets" },
    { "a..b", "an empty member" },
    { "a.", "nothing behind the dot" },
    { ".a", "nothing before the dot" },
    { ".a[0]", "nothing before the dot" },
    { "[0]", "a session is no array" },
    { "a[99999999999999999999999]", "an index that overflows" },
    { "a[18446744073709551616]", "0 in 64 bits" },
};

START_TEST(path_find__takes_what_is_no_path_for_a_name)
{
    const shs_path_t *path;
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t a = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("a"), NONE);
    apr_size_t b;

    b = shs_session_append(s, SHS_KIND_OBJECT, NONE, NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("c"), OCTETS("member"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("bc"), OCTETS("member"));
    shs_session_close(s, b);
    shs_session_close(s, a);
    path = path_of(whole[_i].text);
    ck_assert_msg(!shs_path_find(path, s), "%s leads somewhere: %s",
                  whole[_i].text, whole[_i].why);
    shs_session_append(s, SHS_KIND_STRING, unit_text(whole[_i].text), NONE);
    ck_assert_msg(shs_path_find(path, s) != NULL, "%s", whole[_i].text);
}
END_TEST

START_TEST(path_find__gives_a_null_as_a_node_of_kind_null)
{
    const shs_node_t *node = shs_path_find(path_of("gone"), session());

    ck_assert(!node || node->kind == SHS_KIND_NULL);
}
END_TEST

static const char *const not_attributes[] = { "*",    "@id",    "@status",
                                              "@ttl", "@label", "@reason" };

START_TEST(path_find__finds_nothing_for_other_kinds)
{
    shs_session_t *s = shs_session_create(1, p);

    shs_session_append(s, SHS_KIND_STRING, unit_text(not_attributes[_i]),
                       OCTETS("an attribute of that name"));
    ck_assert_ptr_null(shs_path_find(path_of(not_attributes[_i]), s));
}
END_TEST

START_TEST(path_find__finds_nothing_in_an_empty_session)
{
    shs_session_t *s = shs_session_create(0, p);

    ck_assert_ptr_null(shs_path_find(path_of("a.b[0]"), s));
}
END_TEST

START_TEST(path_parse__keeps_no_state_between_finds)
{
    const shs_path_t *path = path_of("user.roles[1][1]");
    shs_session_t *s = session();
    int i;

    for (i = 0; i < 3; i++) {
        ck_assert_ptr_eq(shs_path_find(path, s), shs_path_find(path, s));
        ck_assert_ptr_null(shs_path_find(path, shs_session_create(0, p)));
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, path_parse__tells_the_kinds_apart, 0, ROWS(kinds));
    tcase_add_loop_test(tc, path_parse__refuses_with_words, 0, ROWS(refused));
    tcase_add_loop_test(tc, path_find__leads_to_the_node, 0, ROWS(found));
    tcase_add_loop_test(tc, path_find__takes_what_is_no_path_for_a_name, 0,
                        ROWS(whole));
    tcase_add_test(tc, path_find__gives_a_null_as_a_node_of_kind_null);
    tcase_add_loop_test(tc, path_find__finds_nothing_for_other_kinds, 0,
                        ROWS(not_attributes));
    tcase_add_test(tc, path_find__finds_nothing_in_an_empty_session);
    tcase_add_test(tc, path_parse__keeps_no_state_between_finds);
}

int main(void)
{
    return unit_main("path", add);
}
