/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/cookie_options.h"

#include <unistd.h>

#include "unit.h"

static char *secret_path;

/* The options of a profile: as express, with a pattern. */
static shs_cookie_options_t profile(void)
{
    static const char *const names[] = { "connect.sid", NULL };
    shs_cookie_options_t base;

    memset(&base, 0, sizeof(base));
    base.names = names;
    base.steps.decode = SHS_DECODE_PERCENT;
    base.steps.sign = SHS_SIGN_EXPRESS;
    base.steps.pattern.characters = SHS_ID_TOKEN;
    base.steps.pattern.prefix = "pre:";
    base.parameter = "sid";
    base.cookie.path = "/profile";
    return base;
}

/* Parses words with a blank between them; @ is the path of a secret file. */
static const char *parse(shs_cookie_options_t *out,
                         const shs_cookie_options_t *base, const char *text)
{
    apr_array_header_t *words = unit_words(text);
    const char **list = (const char **)words->elts;
    int i;

    for (i = 0; i < words->nelts; i++) {
        if (!strcmp(list[i], "secret-file=@")) {
            list[i] = apr_pstrcat(p, "secret-file=", secret_path, NULL);
        }
    }
    return shs_cookie_options_parse(out, base, words->nelts, list, p);
}

static const struct {
    const char *words;
    int has_base;
    const char *wrong; /* NULL: accepted */
    const char *why;
} combinations[] = {
    { "SID", 0, NULL, "a name alone" },
    { "SID decode=percent", 0, NULL, "percent" },
    { "SID decode=base64", 0, NULL, "base64" },
    { "SID decode=percent,base64", 0, NULL, "both" },
    { "SID decode=none", 0, NULL, "none" },
    { "SID decode=PERCENT", 0, NULL, "in any case" },
    { "SID decode=base64,percent", 0, "write percent", "in no other order" },
    { "SID decode=", 0, "needs a value", "nothing" },
    { "SID decode=hex", 0, "write percent", "unknown" },
    { "SID sign=express secret-file=@", 0, NULL, "signed" },
    { "SID sign=none", 0, NULL, "not signed" },
    { "SID sign=express", 0, "needs secret-file=", "no secrets" },
    { "SID secret-file=@", 0, "needs sign=", "no signature" },
    { "SID sign=none secret-file=@", 0, "needs sign=", "none of them" },
    { "SID sign=rails secret-file=@", 0, "write express, fastify", "unknown" },
    { "SID sign=express secret-file=", 0, "needs a value", "an empty path" },
    { "SID sign=express secret-file=/nowhere", 0, "cannot be read", "no file" },
    { "SID sign=koa secret-file=@ decode=base64", 0,
      "beside sign=", "no framework does both" },
    { "SID sign=koa sign=koa secret-file=@", 0, "twice", "an option twice" },
    { "SID route=: id-chars=:", 0, "cannot be both", "ids would be cut" },
    { "decode=percent", 0, "a cookie name is needed", "no name" },
    { "decode=percent secret-file=@", 1, NULL, "the profile has the names" },
    { "secret-file=@", 1, NULL, "... and the signature" },
    { "decode=none", 1, "needs secret-file=", "... but no secrets" },
    { "sign=none", 1, NULL, "the profile's signature is not wanted" },
    { "sign=none secret-file=@", 1, "needs sign=", "... but its secrets are" },
    { "secret-file=@ decode=base64", 1, "beside sign=", "a wrong combination" },
    { "secret-file=@ route=: id-chars=:", 1, "cannot be both", "another" },
};

START_TEST(cookie_options_parse__checks_the_combination)
{
    shs_cookie_options_t base = profile();
    shs_cookie_options_t options;
    const char *error;

    secret_path = unit_file("secret\n", 7);
    error = parse(&options, combinations[_i].has_base ? &base : NULL,
                  combinations[_i].words);
    unlink(secret_path);
    ck_assert_msg(!error == !combinations[_i].wrong, "%s: %s",
                  combinations[_i].why, error ? error : "accepted");
    ck_assert_msg(!error || strstr(error, combinations[_i].wrong), "%s: %s",
                  combinations[_i].why, error);
}
END_TEST

static const struct {
    const char *words;
    unsigned given;
    const char *why;
} given[] = {
    { "SID", SHS_COOKIE_GAVE_NAMES, "a name" },
    { "SID route=none", SHS_COOKIE_GAVE_NAMES | SHS_COOKIE_GAVE_ROUTE,
      "route=" },
    { "SID id-chars=:", SHS_COOKIE_GAVE_NAMES | SHS_COOKIE_GAVE_EXTRAS,
      "id-chars=" },
    { "SID url=none", SHS_COOKIE_GAVE_NAMES | SHS_COOKIE_GAVE_PARAMETER,
      "url=" },
    { "SID decode=none", SHS_COOKIE_GAVE_NAMES | SHS_COOKIE_GAVE_DECODE,
      "decode=" },
    { "SID sign=none", SHS_COOKIE_GAVE_NAMES | SHS_COOKIE_GAVE_SIGN, "sign=" },
    { "SID sign=koa secret-file=@",
      SHS_COOKIE_GAVE_NAMES | SHS_COOKIE_GAVE_SIGN | SHS_COOKIE_GAVE_SECRETS,
      "secret-file=" },
    { "SID path=/app secure", SHS_COOKIE_GAVE_NAMES,
      "attributes, which a profile does not set" },
};

START_TEST(cookie_options_parse__notes_what_was_given)
{
    shs_cookie_options_t options;

    secret_path = unit_file("secret\n", 7);
    ck_assert_pstr_eq(parse(&options, NULL, given[_i].words), NULL);
    unlink(secret_path);
    ck_assert_msg(options.given == given[_i].given, "%s: %x", given[_i].why,
                  options.given);
}
END_TEST

START_TEST(cookie_options_parse__cuts_no_route_from_a_signed_id)
{
    shs_cookie_options_t options;

    secret_path = unit_file("secret\n", 7);
    ck_assert_pstr_eq(parse(&options, NULL, "SID"), NULL);
    ck_assert_int_eq(options.steps.route, '.');
    ck_assert_pstr_eq(parse(&options, NULL, "SID sign=koa secret-file=@"),
                      NULL);
    ck_assert_int_eq(options.steps.route, SHS_SESSION_ID_NO_ROUTE);
    ck_assert_pstr_eq(
        parse(&options, NULL, "SID sign=koa secret-file=@ route=!"), NULL);
    ck_assert_int_eq(options.steps.route, '!');
    unlink(secret_path);
}
END_TEST

START_TEST(cookie_options_parse__completes_from_the_profile)
{
    shs_cookie_options_t base = profile();
    shs_cookie_options_t options;

    secret_path = unit_file("secret\n", 7);
    ck_assert_pstr_eq(parse(&options, &base, "secret-file=@ path=/app"), NULL);
    unlink(secret_path);
    ck_assert_str_eq(options.names[0], "connect.sid");
    ck_assert_int_eq(options.steps.decode, SHS_DECODE_PERCENT);
    ck_assert_int_eq(options.steps.sign, SHS_SIGN_EXPRESS);
    ck_assert_int_eq(options.steps.route, SHS_SESSION_ID_NO_ROUTE);
    ck_assert_int_eq(options.steps.pattern.characters, SHS_ID_TOKEN);
    ck_assert_str_eq(options.parameter, "sid");
    ck_assert_str_eq(options.cookie.path, "/app");
    ck_assert_ptr_nonnull(options.steps.secrets);
    ck_assert_uint_eq(options.given, SHS_COOKIE_GAVE_SECRETS);
}
END_TEST

START_TEST(cookie_options_inherit__keeps_what_was_given)
{
    shs_cookie_options_t base = profile();
    shs_cookie_options_t options;

    secret_path = unit_file("secret\n", 7);
    ck_assert_pstr_eq(parse(&options, NULL,
                            "SID decode=none sign=koa secret-file=@ route=!"
                            " id-chars=: url=none"),
                      NULL);
    unlink(secret_path);
    shs_cookie_options_inherit(&options, &base);
    ck_assert_str_eq(options.names[0], "SID");
    ck_assert_int_eq(options.steps.decode, 0);
    ck_assert_int_eq(options.steps.sign, SHS_SIGN_KOA);
    ck_assert_ptr_nonnull(options.steps.secrets);
    ck_assert_int_eq(options.steps.route, '!');
    ck_assert_ptr_null(options.parameter);
}
END_TEST

START_TEST(cookie_options_inherit__keeps_only_the_prefix_beside_id_chars)
{
    shs_cookie_options_t base = profile();
    shs_cookie_options_t options;

    ck_assert_pstr_eq(parse(&options, NULL, "SID id-chars=:"), NULL);
    shs_cookie_options_inherit(&options, &base);
    ck_assert_int_eq(options.steps.pattern.characters, SHS_ID_ANY);
    ck_assert_str_eq(options.steps.pattern.prefix, "pre:");
    ck_assert_pstr_eq(parse(&options, NULL, "SID"), NULL);
    shs_cookie_options_inherit(&options, &base);
    ck_assert_int_eq(options.steps.pattern.characters, SHS_ID_TOKEN);
}
END_TEST

/* The key of such ids may be the id alone. */
START_TEST(cookie_options_inherit__keeps_a_strict_pattern_in_any_case)
{
    static const shs_id_class_t strict[] = { SHS_ID_HEX, SHS_ID_UUID,
                                             SHS_ID_HEX_ROUTE };
    shs_cookie_options_t base = profile();
    shs_cookie_options_t options;

    base.steps.pattern.characters = strict[_i];
    ck_assert_pstr_eq(parse(&options, NULL, "SID id-chars=:"), NULL);
    shs_cookie_options_inherit(&options, &base);
    ck_assert_int_eq(options.steps.pattern.characters, strict[_i]);
    ck_assert_int_eq(options.steps.extras, base.steps.extras);
    ck_assert_ptr_nonnull(strstr(parse(&options, &base, "SID id-chars=:"),
                                 "id-chars= does not apply"));
}
END_TEST

START_TEST(cookie_options_is_same__compares_what_a_lookup_depends_on)
{
    shs_cookie_options_t a, b;

    ck_assert_pstr_eq(parse(&a, NULL, "A B path=/x"), NULL);
    ck_assert_pstr_eq(parse(&b, NULL, "A B route=. path=/y"), NULL);
    ck_assert(shs_cookie_options_is_same(&a, &b));
    ck_assert_pstr_eq(parse(&b, NULL, "A"), NULL);
    ck_assert(!shs_cookie_options_is_same(&a, &b));
    ck_assert(!shs_cookie_options_is_same(&b, &a));
    ck_assert_pstr_eq(parse(&b, NULL, "A B decode=percent"), NULL);
    ck_assert(!shs_cookie_options_is_same(&a, &b));
    ck_assert_pstr_eq(parse(&b, NULL, "A B url=sid"), NULL);
    ck_assert(!shs_cookie_options_is_same(&a, &b));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, cookie_options_parse__checks_the_combination, 0,
                        ROWS(combinations));
    tcase_add_loop_test(tc, cookie_options_parse__notes_what_was_given, 0,
                        ROWS(given));
    tcase_add_test(tc, cookie_options_parse__cuts_no_route_from_a_signed_id);
    tcase_add_test(tc, cookie_options_parse__completes_from_the_profile);
    tcase_add_test(tc, cookie_options_inherit__keeps_what_was_given);
    tcase_add_test(
        tc, cookie_options_inherit__keeps_only_the_prefix_beside_id_chars);
    tcase_add_loop_test(
        tc, cookie_options_inherit__keeps_a_strict_pattern_in_any_case, 0, 3);
    tcase_add_test(tc,
                   cookie_options_is_same__compares_what_a_lookup_depends_on);
}

int main(void)
{
    return unit_main("cookie_options", add);
}
