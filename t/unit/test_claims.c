/* SPDX-License-Identifier: Apache-2.0
 *
 * config/claims.c needs nothing of httpd, so it is compiled into this test.
 */
#include "config/claims.h"

#include "unit.h"

/* X-User, X-Session-*, Z. */
static const apr_array_header_t *claims(void)
{
    static const shs_claim_t all[] = { { "X-User", 0 },
                                       { "X-Session-", 1 },
                                       { "Z", 0 } };
    apr_array_header_t *list = apr_array_make(p, 3, sizeof(shs_claim_t));
    int i;

    for (i = 0; i < ROWS(all); ++i) {
        APR_ARRAY_PUSH(list, shs_claim_t) = all[i];
    }
    return list;
}

static const struct {
    const char *name;
    int is_claimed;
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

START_TEST(claims_have__compares_as_headers_are)
{
    shs_octets_t name = unit_exact(names[_i].name, strlen(names[_i].name));

    ck_assert_msg(shs_claims_have(claims(), name.data, name.len)
                      == names[_i].is_claimed,
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

START_TEST(claims_strip__takes_claimed_tokens_out)
{
    const char *kept = shs_claims_strip(claims(), lists[_i].list, p);

    ck_assert_msg(
        lists[_i].kept ? kept && !strcmp(kept, lists[_i].kept) : !kept,
        "\"%s\" became \"%s\": %s", lists[_i].list, kept, lists[_i].why);
}
END_TEST

static const char *const unclaimed[] = {
    "", ",", "close", "keep-alive, X-Users", "X-Session", "a;b c",
};

/* Without a pool. */
START_TEST(claims_strip__leaves_alone_what_names_none)
{
    ck_assert_ptr_eq(shs_claims_strip(claims(), unclaimed[_i], NULL),
                     unclaimed[_i]);
}
END_TEST

/* What the pool gives next lies behind the text, or elsewhere. */
static void ck_has_room(const char *text)
{
    const char *next = apr_palloc(p, 1);

    ck_assert(next < text || next > text + strlen(text));
}

/* Half as long again at most, whatever the tokens. */
START_TEST(claims_strip__makes_nothing_much_longer)
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
        kept = shs_claims_strip(claims(), list, p);
        ck_assert_int_eq(strlen(kept), (len - 1) / 2 * 3 - 2);
        ck_assert_int_le(strlen(kept), len + len / 2);
        ck_has_room(kept);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, claims_have__compares_as_headers_are, 0,
                        ROWS(names));
    tcase_add_loop_test(tc, claims_strip__takes_claimed_tokens_out, 0,
                        ROWS(lists));
    tcase_add_loop_test(tc, claims_strip__leaves_alone_what_names_none, 0,
                        ROWS(unclaimed));
    tcase_add_test(tc, claims_strip__makes_nothing_much_longer);
}

int main(void)
{
    return unit_main("claims", add);
}
