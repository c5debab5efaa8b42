/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/path.h"

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
    { "['a.b'].c[0]['d']", SHS_PATH_ATTRIBUTE, "names in quotation marks" },
    { "login_*", SHS_PATH_ATTRIBUTE, "how a name begins" },
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
    { "['a.b", "a name that does not end" },
    { "['a.b'", "nor does this one" },
    { "['']", "no name" },
    { "['a.b']c", "no dot behind it" },
    { "['a.b'].", "nothing behind the dot" },
    { "['a.b'][x]", "neither a number nor in quotation marks" },
    { "['a.b']['c", "a second name that does not end" },
};

START_TEST(path_parse__refuses_with_a_reason)
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

/* The text that the path leads to; no data: there is none. */
static shs_octets_t find(const char *path, const shs_session_t *s)
{
    shs_path_inside_t inside = { NULL };
    shs_octets_t text = { NULL, 0 };

    if (!shs_path_text(&text, path_of(path), s, &inside, p)) {
        text.data = NULL;
    }
    return text;
}

static void check(const char *path, const shs_session_t *s, const char *wanted,
                  const char *why)
{
    shs_octets_t text = find(path, s);

    if (!wanted) {
        ck_assert_msg(!text.data, "%s leads to %s: %s", path, unit_show(text),
                      why);
        return;
    }
    ck_assert_msg(text.data != NULL, "%s leads nowhere: %s", path, why);
    ck_octets_eq(text, unit_text(wanted), why);
}

START_TEST(path_text__leads_to_the_value)
{
    check(found[_i].path, session(), found[_i].text, found[_i].why);
}
END_TEST

/* As decoded from a hash: each attribute is text, some of it JSON. */
static shs_session_t *untyped(void)
{
    shs_session_t *s = shs_session_create(0, p);
    static const struct {
        const char *name;
        const char *text;
    } fields[] = {
        { "user", "{\"id\":7,\"roles\":[\"chef\",{\"x\":\"d\"}],\"ok\":true,"
                  "\"gone\":null,\"a.b\":\"inner\",\"a\":{\"b\":\"path\"},"
                  "\"@x\":\"at\",\"price\":19.99,\"json\":\"{\\\"y\\\":1}\"}" },
        { "user.id", "whole" },
        { "list", "  [\"first\", [ \"second\" ] ]\n" },
        { "dup", "{\"a\":1,\"a\":2}" },
        { "text", "plain" },
        { "quoted", "\"{\"" },
        { "number", "7" },
        { "empty", "" },
        { "blank", " \t\r\n" },
        { "open", "{\"a\":\"b\"" },
        { "behind", "{\"a\":\"b\"} x" },
        { "twice", "{\"a\":\"b\"}{\"a\":\"c\"}" },
        { "comma", "{\"a\":\"b\",}" },
        { "single", "{'a':'b'}" },
        { "utf8", "{\"a\":\"\xff\"}" },
    };
    int i;

    for (i = 0; i < ROWS(fields); ++i) {
        shs_session_append(s, SHS_KIND_STRING, unit_text(fields[i].name),
                           unit_text(fields[i].text));
    }
    shs_session_append(s, SHS_KIND_STRING, OCTETS("nul"),
                       OCTETS("{\"a\":\"b\"}\0"));
    shs_session_set_untyped(s);
    return s;
}

/* Names with dots, as Spring's and Java's are. */
static shs_session_t *dotted(void)
{
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t a, b;

    a = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("scopedTarget"), NONE);
    b = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("userInfo"), NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("userId"), OCTETS("short"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("only"), OCTETS("here"));
    shs_session_close(s, b);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("x"), OCTETS("X"));
    shs_session_close(s, a);
    a = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("scopedTarget.userInfo"),
                           NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("userId"), OCTETS("long"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("a.b"), OCTETS("dot"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("c[0]"), OCTETS("bracket"));
    shs_session_close(s, a);
    a = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("list[0].y"), NONE);
    shs_session_append(s, SHS_KIND_STRING, NONE, OCTETS("first"));
    shs_session_close(s, a);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("login_web_59ba"),
                       OCTETS("42"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("login_web_ffff"),
                       OCTETS("43"));
    a = shs_session_append(s, SHS_KIND_OBJECT, OCTETS("flow_1"), NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("step"), OCTETS("pay"));
    shs_session_close(s, a);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("real_*"), OCTETS("star"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("real_1"), OCTETS("other"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("it's"), OCTETS("quoted"));
    return s;
}

static const struct {
    const char *path;
    const char *text;
    const char *why;
} named[] = {
    { "scopedTarget.userInfo.userId", "long", "the longest name first" },
    { "scopedTarget.x", "X", "a shorter one if there is no longer one" },
    { "scopedTarget.userInfo.only", NULL,
      "the longest name decides, also if the path leads nowhere" },
    { "['scopedTarget'].userInfo.only", "here", "unless it is in quotes" },
    { "['scopedTarget.userInfo'].userId", "long", "the name in quotes" },
    { "['scopedTarget']['userInfo']['userId']", "short",
      "each name in quotes" },
    { "['scopedTarget.userInfo.userId']", NULL, "no such attribute" },
    { "['scopedTarget.userInfo']['a.b']", "dot", "a member's name with a dot" },
    { "scopedTarget.userInfo['c[0]']", "bracket",
      "a member's name with a bracket" },
    { "scopedTarget.userInfo.a.b", NULL, "not without quotes" },
    { "list[0].y[0]", "first", "an attribute's name with brackets" },
    { "['it's']", "quoted", "a quotation mark in a name" },
    { "login_web_*", "42", "the first that begins so" },
    { "login_web_f*", "43", "a longer beginning" },
    { "login_web_59ba*", "42", "the whole name begins so too" },
    { "login_x*", NULL, "none begins so" },
    { "flow_*.step", "pay", "into the first that begins so" },
    { "flow_*['step']", "pay", "the same in quotes" },
    { "flow_*.none", NULL, "no such member" },
    { "flow_*.st*", NULL, "a star inside is a letter" },
    { "scopedTarget.user*",
      "{\"userId\":\"long\",\"a.b\":\"dot\","
      "\"c[0]\":\"bracket\"}",
      "a beginning with a dot" },
    { "real_*", "star", "the attribute of exactly that name wins" },
    { "['real_*']", "star", "in quotes it is the only one" },
    { "['login_web_*']", NULL, "in quotes a star is a letter" },
};

START_TEST(path_text__finds_names_with_dots)
{
    check(named[_i].path, dotted(), named[_i].text, named[_i].why);
}
END_TEST

static const struct {
    const char *path;
    const char *text;
    const char *why;
} inside[] = {
    { "user.roles[0]", "chef", "into an object" },
    { "user.roles", "[\"chef\",{\"x\":\"d\"}]", "a structure of it" },
    { "user.roles[1].x", "d", "several steps" },
    { "user.ok", "true", "a boolean" },
    { "user.price", "19.99", "a number" },
    { "user.gone", NULL, "null is absent" },
    { "user.none", NULL, "no such member" },
    { "user.a.b", "path", "inside, each step is one name" },
    { "user.@x", "at", "reserved at the top only" },
    { "user.json", "{\"y\":1}", "a string of it is a string ..." },
    { "user.json.y", NULL, "... whatever it reads like" },
    { "user.id", "whole", "the attribute of exactly that name wins" },
    { "list[0]", "first", "into an array, with space around" },
    { "list[1][0]", "second", "an element of an element" },
    { "list[2]", NULL, "past the last" },
    { "list.a", NULL, "an array has no names" },
    { "user[0]", NULL, "an object has no index" },
    { "dup.a", "2", "of a name given twice the last counts" },
    { "text", "plain", "the attribute itself is its text" },
    { "text.a", NULL, "no JSON" },
    { "quoted.a", NULL, "JSON, but no structure" },
    { "number[0]", NULL, "JSON, but no structure" },
    { "empty.a", NULL, "nothing" },
    { "blank.a", NULL, "only space" },
    { "open.a", NULL, "it does not end" },
    { "behind.a", NULL, "something behind it" },
    { "twice.a", NULL, "two of them" },
    { "comma.a", NULL, "a comma too many" },
    { "single.a", NULL, "other quotation marks" },
    { "utf8.a", NULL, "no UTF-8" },
    { "nul.a", NULL, "a NUL behind it" },
    { "user['a.b']", "inner", "a name with a dot inside" },
    { "['user'].roles[0]", "chef", "a name in quotes" },
    { "us*.roles[0]", "chef", "how a name begins" },
};

START_TEST(path_text__leads_into_json_text)
{
    check(inside[_i].path, untyped(), inside[_i].text, inside[_i].why);
}
END_TEST

/* In a typed format, a client that can choose a string cannot make members. */
START_TEST(path_text__does_not_parse_strings_of_a_typed_session)
{
    shs_session_t *s = shs_session_create(0, p);

    shs_session_append(s, SHS_KIND_STRING, OCTETS("user"),
                       OCTETS("{\"role\":\"admin\"}"));
    check("user.role", s, NULL, "it is a string");
    shs_session_set_untyped(s);
    check("user.role", s, "admin", "it is a text");
}
END_TEST

/* {"a":{"a":...}}: as deep as a session may be, and one level deeper. */
START_TEST(path_text__reaches_the_deepest_level)
{
    int depth = SHS_SESSION_MAX_DEPTH + _i;
    shs_session_t *s = shs_session_create(0, p);
    const char *text = "1";
    int i;

    for (i = 1; i < depth; ++i) {
        text = apr_psprintf(p, "{\"a\":%s,\"b\":\"B\"}", text);
    }
    shs_session_append(s, SHS_KIND_STRING, OCTETS("deep"), unit_text(text));
    shs_session_set_untyped(s);
    check("deep.b", s, _i == 0 ? "B" : NULL, "the first level");
}
END_TEST

/* Several paths into one attribute, mixed with others: none affects another. */
START_TEST(path_text__parses_a_text_once)
{
    shs_path_inside_t memo = { NULL };
    const shs_session_t *s = untyped();
    shs_octets_t text, again;

    ck_assert(shs_path_text(&text, path_of("user.roles[0]"), s, &memo, p));
    ck_octets_eq(text, OCTETS("chef"), "one");
    ck_assert(shs_path_text(&again, path_of("text"), s, &memo, p));
    ck_assert(!shs_path_text(&again, path_of("open.a"), s, &memo, p));
    ck_assert(!shs_path_text(&again, path_of("open.a"), s, &memo, p));
    ck_assert(shs_path_text(&again, path_of("list[0]"), s, &memo, p));
    ck_octets_eq(again, OCTETS("first"), "another");
    ck_assert(shs_path_text(&again, path_of("user.roles[0]"), s, &memo, p));
    ck_octets_eq(again, OCTETS("chef"), "the same again");
    ck_assert_ptr_eq(again.data, text.data);
    ck_assert(shs_path_text(&again, path_of("user.ok"), s, &memo, p));
}
END_TEST

/* A text that is no path may be an attribute's whole name. */
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

START_TEST(path_text__reads_other_texts_as_names)
{
    shs_session_t *s = shs_session_create(0, p);
    apr_size_t a = shs_session_append(s, SHS_KIND_ARRAY, OCTETS("a"), NONE);
    apr_size_t b;

    b = shs_session_append(s, SHS_KIND_OBJECT, NONE, NONE);
    shs_session_append(s, SHS_KIND_STRING, OCTETS("c"), OCTETS("member"));
    shs_session_append(s, SHS_KIND_STRING, OCTETS("bc"), OCTETS("member"));
    shs_session_close(s, b);
    shs_session_close(s, a);
    check(whole[_i].text, s, NULL, whole[_i].why);
    shs_session_append(s, SHS_KIND_STRING, unit_text(whole[_i].text), NONE);
    check(whole[_i].text, s, "", whole[_i].why);
}
END_TEST

START_TEST(path_text__returns_0_for_null)
{
    check("gone", session(), NULL, "null is absent");
}
END_TEST

static const char *const not_attributes[] = { "*",    "@id",    "@status",
                                              "@ttl", "@label", "@reason" };

START_TEST(path_text__finds_nothing_for_other_kinds)
{
    shs_session_t *s = shs_session_create(1, p);

    shs_session_append(s, SHS_KIND_STRING, unit_text(not_attributes[_i]),
                       OCTETS("an attribute of that name"));
    check(not_attributes[_i], s, NULL, "a pseudo attribute");
}
END_TEST

START_TEST(path_text__finds_nothing_in_an_empty_session)
{
    shs_session_t *s = shs_session_create(0, p);

    check("a.b[0]", s, NULL, "nothing is there");
}
END_TEST

START_TEST(path_parse__keeps_no_state_between_finds)
{
    shs_session_t *s = session();
    int i;

    for (i = 0; i < 3; i++) {
        check("user.roles[1][1]", s, "c", "once more");
        check("user.roles[1][1]", shs_session_create(0, p), NULL, "another");
    }
}
END_TEST

static const struct {
    const char *path;
    const char *wanted; /* names; NULL: all */
    int is_known;
    const char *why;
} known[] = {
    { "user", NULL, 1, "it is there" },
    { "nothing", NULL, 1, "it is not there, which is known" },
    { "hidden", NULL, 0, "it could not be understood" },
    { "hidden.role", NULL, 0, "nor what is in it" },
    { "['hidden']", NULL, 0, "in quotation marks" },
    { "hid*", NULL, 0, "by its beginning" },
    { "banned", "user", 0, "it was not read" },
    { "banned.by", "user", 0, "nor what is in it" },
    { "banned", "user banned", 1, "it was read and is not there" },
    { "banned.by", "user banned", 1, "nor what is in it" },
    { "a.b.c", "a.b", 1, "a name with a dot" },
    { "['a.b']", "a", 0, "a whole name" },
    { "ban*", "user banned", 0, "names with that beginning may be unread" },
    { "@status", "user", 1, "not stored in the session" },
};

START_TEST(path_is_known__is_false_for_what_was_not_read_or_understood)
{
    shs_session_t *s = shs_session_create(0, p);
    shs_wanted_t wanted = shs_wanted_everything;

    shs_session_append(s, SHS_KIND_STRING, OCTETS("user"), OCTETS("a"));
    shs_session_append_opaque(s, OCTETS("hidden"), "a reason");
    if (known[_i].wanted) {
        apr_array_header_t *names = unit_words(known[_i].wanted);

        wanted = shs_wanted_create((const char *const *)names->elts,
                                   (apr_size_t)names->nelts, p);
    }
    ck_assert_msg(shs_path_is_known(path_of(known[_i].path), s, &wanted)
                      == known[_i].is_known,
                  "%s: %s", known[_i].path, known[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, path_parse__tells_the_kinds_apart, 0, ROWS(kinds));
    tcase_add_loop_test(tc, path_parse__refuses_with_a_reason, 0,
                        ROWS(refused));
    tcase_add_loop_test(tc, path_text__leads_to_the_value, 0, ROWS(found));
    tcase_add_loop_test(tc, path_text__leads_into_json_text, 0, ROWS(inside));
    tcase_add_loop_test(tc, path_text__finds_names_with_dots, 0, ROWS(named));
    tcase_add_test(tc, path_text__does_not_parse_strings_of_a_typed_session);
    tcase_add_loop_test(tc, path_text__reaches_the_deepest_level, 0, 2);
    tcase_add_test(tc, path_text__parses_a_text_once);
    tcase_add_loop_test(tc, path_text__reads_other_texts_as_names, 0,
                        ROWS(whole));
    tcase_add_test(tc, path_text__returns_0_for_null);
    tcase_add_loop_test(tc, path_text__finds_nothing_for_other_kinds, 0,
                        ROWS(not_attributes));
    tcase_add_test(tc, path_text__finds_nothing_in_an_empty_session);
    tcase_add_test(tc, path_parse__keeps_no_state_between_finds);
    tcase_add_loop_test(
        tc, path_is_known__is_false_for_what_was_not_read_or_understood, 0,
        ROWS(known));
}

int main(void)
{
    return unit_main("path", add);
}
