/* SPDX-License-Identifier: Apache-2.0
 *
 * config/own_headers.c needs nothing of httpd, so it is compiled into this
 * test.
 */
#include "config/own_headers.h"

#include "unit.h"

/* The own headers: X-User, X-Session-*, Z. */
static const shs_own_headers_t *own_headers(void)
{
    static shs_own_headers_t all;
    shs_own_headers_t outer, inner;

    shs_own_headers_init(&outer, p);
    shs_own_headers_add(&outer, "X-User", 0);
    shs_own_headers_init(&inner, p);
    shs_own_headers_add(&inner, "X-Session-", 1);
    shs_own_headers_add(&inner, "Z", 0);
    all = shs_own_headers_merge(&outer, &inner, p);
    return &all;
}

static const struct {
    const char *name;
    int is_own;
    const char *why;
} names[] = {
    { "X-User", 1, "the name" },
    { "x_uSER", 1, "folded" },
    { "X-Use", 0, "shorter" },
    { "X-Users", 0, "longer" },
    { "AX-User", 0, "not at the beginning" },
    { "X-Session-User", 1, "it begins so" },
    { "x.session_user", 1, "folded" },
    { "X-Session-", 1, "nothing behind the prefix" },
    { "X-Session", 0, "shorter than the prefix" },
    { "X-Sessions-User", 0, "another name" },
    { "Z", 1, "one letter" },
    { "", 0, "nothing" },
};

START_TEST(own_headers_have__folds_names)
{
    shs_octets_t name = unit_exact(names[_i].name, strlen(names[_i].name));

    ck_assert_msg(shs_own_headers_have(own_headers(), name.data, name.len)
                      == names[_i].is_own,
                  "%s: %s", names[_i].name, names[_i].why);
}
END_TEST

static const struct {
    const char *list;
    const char *kept; /* NULL: nothing */
    const char *why;
} lists[] = {
    { "X-User", NULL, "alone" },
    { "close, X-User", "close", "the last" },
    { "X-User, close", "close", "the first" },
    { "a, X-User, b", "a, b", "in the middle" },
    { "X-User, X-User, x_user", NULL, "all of them" },
    { " , X-User ,,", NULL, "empty tokens" },
    { "keep-alive,X-User,x-session-role", "keep-alive", "without spaces" },
    { "foo;X-User", "foo", "mod_proxy ends a token there" },
    { "X-User;q=1", "q=1", "mod_proxy ends a token there" },
    { "foo\tX-User\vb\fX-Session-A\rc\nZ", "foo, b, c", "any white space" },
    { "Z,a,Z,b,Z,c,Z,d,Z,e,Z", "a, b, c, d, e", "one letter each" },
    { "a,b,c,d,e,f,g,h,Z", "a, b, c, d, e, f, g, h", "it grows" },
};

START_TEST(own_headers_strip__removes_own_header_tokens)
{
    const char *kept = shs_own_headers_strip(own_headers(), lists[_i].list, p);

    ck_assert_msg(
        lists[_i].kept ? kept && !strcmp(kept, lists[_i].kept) : !kept,
        "\"%s\" became \"%s\": %s", lists[_i].list, kept, lists[_i].why);
}
END_TEST

static const char *const foreign[] = {
    "", ",", "close", "keep-alive, X-Users", "X-Session", "a;b c",
};

/* The pool is NULL: nothing may be allocated. */
START_TEST(own_headers_strip__returns_a_list_without_own_headers_unchanged)
{
    ck_assert_ptr_eq(shs_own_headers_strip(own_headers(), foreign[_i], NULL),
                     foreign[_i]);
}
END_TEST

/* The pool's next allocation begins after the text, or elsewhere. */
static void ck_has_room(const char *text)
{
    const char *next = apr_palloc(p, 1);

    ck_assert(next < text || next > text + strlen(text));
}

/* The result is at most half as long again, whatever the tokens. */
START_TEST(own_headers_strip__grows_a_list_by_half_at_most)
{
    char list[64];
    int len, i;

    for (len = 3; len < (int)sizeof(list); ++len) {
        const char *kept;

        for (i = 0; i < len; ++i) {
            list[i] = "a,"[i % 2];
        }
        list[0] = 'Z';
        list[len] = '\0';
        kept = shs_own_headers_strip(own_headers(), list, p);
        ck_assert_int_eq(strlen(kept), (len - 1) / 2 * 3 - 2);
        ck_assert_int_le(strlen(kept), len + len / 2);
        ck_has_room(kept);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, own_headers_have__folds_names, 0, ROWS(names));
    tcase_add_loop_test(tc, own_headers_strip__removes_own_header_tokens, 0,
                        ROWS(lists));
    tcase_add_loop_test(
        tc, own_headers_strip__returns_a_list_without_own_headers_unchanged, 0,
        ROWS(foreign));
    tcase_add_test(tc, own_headers_strip__grows_a_list_by_half_at_most);
}

int main(void)
{
    return unit_main("own_headers", add);
}
