/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/key.h"

#include "unit.h"

#define ID16 "0123456789ABCDEF"
#define DIGEST16 \
    "2125b2c332b1113aae9bfc5e9f7e3b4c91d828cb942c2df1eeb02502eccae9e9"

static shs_session_id_t sid_of(const char *text)
{
    shs_session_id_t sid;

    ck_assert_ptr_null(shs_session_id_parse(&sid, unit_text(text),
                                            SHS_SESSION_ID_NO_ROUTE, 255));
    return sid;
}

static const shs_key_t *key_of(const char *text)
{
    const shs_key_t *key = NULL;

    ck_assert_pstr_eq(shs_key_parse(&key, text, p), NULL);
    ck_assert_ptr_nonnull(key);
    return key;
}

static const struct {
    const char *template;
    const char *key;
    const char *why;
} templates[] = {
    { "session:%{id}", "session:" ID16, "the default" },
    { "s%{id}", "s" ID16, "the shortest" },
    { "session:%{sha256:id}", "session:" DIGEST16,
      "read access to keys cannot take over sessions" },
    { "spring:session:sessions:%{id}", "spring:session:sessions:" ID16,
      "Spring Session" },
    { "app:%{id}:attributes", "app:" ID16 ":attributes",
      "a literal behind it" },
    { "100%%:%{id}", "100%:" ID16, "a percent sign in front" },
    { "%%%{id}", "%" ID16, "a percent sign is a literal prefix" },
    { "s:%{id}%%", "s:" ID16 "%", "a percent sign behind" },
    { "s %{id}", "s " ID16, "a key may hold a space" },
    { "{tag}:%{id}", "{tag}:" ID16, "a cluster's hash tag" },
};

START_TEST(key_build__writes_the_id_into_the_template)
{
    shs_session_id_t sid = sid_of(ID16);

    ck_octets_eq(shs_key_build(key_of(templates[_i].template), &sid, p),
                 unit_text(templates[_i].key), templates[_i].why);
}
END_TEST

static const struct {
    const char *template;
    const char *why;
} refused[] = {
    { "", "nothing" },
    { "session:", "every session under one key" },
    { "%{id}", "a client could name any key of the store" },
    { "%{sha256:id}", "the same rule for a digest" },
    { "session:%{name}", "an unknown placeholder" },
    { "session:%{ID}", "placeholders are lower case" },
    { "session:%{md5:id}", "an unknown digest" },
    { "session:%{sha256:name}", "a digest of something unknown" },
    { "session:%{}", "an empty placeholder" },
    { "session:%{id", "an open brace" },
    { "session:%{id}%", "half a percent sign" },
    { "session:%id", "the braces are missing" },
    { "%{id}:session", "a literal behind it is no prefix" },
};

START_TEST(key_parse__refuses_with_a_reason)
{
    const shs_key_t *key = NULL;
    const char *wrong = shs_key_parse(&key, refused[_i].template, p);

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", refused[_i].template,
                  refused[_i].why);
}
END_TEST

START_TEST(key_create_bare__makes_a_key_without_a_prefix)
{
    const shs_key_t *bare = shs_key_create_bare("", p);
    const shs_key_t *prefixed = shs_key_create_bare("100%:", p);
    shs_session_id_t sid = sid_of(ID16);

    ck_octets_eq(shs_key_build(bare, &sid, p), OCTETS(ID16), "the id alone");
    ck_assert_str_eq(shs_key_describe(bare), "%{id}");
    ck_assert_str_eq(shs_key_prefix(bare), "");
    ck_assert_uint_eq(shs_key_prefix_len(bare), 0);
    ck_octets_eq(shs_key_build(prefixed, &sid, p), OCTETS("100%:" ID16),
                 "a percent sign is itself");
    ck_assert_str_eq(shs_key_describe(prefixed), "100%%:%{id}");
    ck_assert_uint_eq(shs_key_prefix_len(prefixed), 5);
    ck_assert(shs_key_is_equal(prefixed, key_of("100%%:%{id}")));
    ck_assert(shs_key_is_equal(bare, shs_key_create_bare("", p)));
    ck_assert(!shs_key_is_equal(bare, prefixed));
}
END_TEST

START_TEST(key_create_bare__gives_way_to_each_template_with_a_prefix)
{
    const shs_key_t *bare = shs_key_create_bare("", p);
    const shs_key_t *all[] = { bare, key_of("s:%{id}"), NULL };
    shs_session_id_t own = sid_of("s-" ID16), other = sid_of("s:" ID16);

    ck_assert(shs_key_overlaps(bare, all[1]));
    ck_assert(shs_key_overlaps(all[1], bare));
    ck_assert(!shs_key_overlaps(bare, shs_key_create_bare("", p)));
    ck_assert(!shs_key_is_of_another(bare, shs_key_build(bare, &own, p), all));
    ck_assert(shs_key_is_of_another(bare, shs_key_build(bare, &other, p), all));
    ck_assert(
        !shs_key_is_of_another(all[1], shs_key_build(all[1], &own, p), all));
}
END_TEST

START_TEST(key_default__is_session_and_the_id)
{
    shs_session_id_t sid = sid_of(ID16);

    ck_octets_eq(shs_key_build(shs_key_default(), &sid, p),
                 OCTETS("session:" ID16), "the default");
    ck_assert(shs_key_is_equal(shs_key_default(), key_of("session:%{id}")));
}
END_TEST

START_TEST(key_build__holds_the_longest_id)
{
    char *text = apr_palloc(p, SHS_SESSION_ID_MAX + 1);
    shs_session_id_t sid;
    shs_octets_t key;

    memset(text, 'z', SHS_SESSION_ID_MAX);
    text[SHS_SESSION_ID_MAX] = '\0';
    sid = sid_of(text);
    key = shs_key_build(key_of("a%{id}b"), &sid, p);
    ck_octets_eq(key, unit_text(apr_pstrcat(p, "a", text, "b", NULL)),
                 "all 256 octets");
}
END_TEST

START_TEST(key_build__needs_no_nul_behind_the_id)
{
    shs_session_id_t sid;

    ck_assert_ptr_null(
        shs_session_id_parse(&sid, unit_exact(ID16 "rest", 16), '.', 0));
    ck_octets_eq(shs_key_build(key_of("s:%{id}"), &sid, p), OCTETS("s:" ID16),
                 "a cookie goes on behind its value");
}
END_TEST

static const struct {
    const char *a;
    const char *b;
    int is_equal;
    const char *why;
} pairs[] = {
    { "session:%{id}", "session:%{id}", 1, "two parses of one text" },
    { "session:%{id}", "session:%{sha256:id}", 0, "another digest" },
    { "session:%{id}", "sessio:%{id}", 0, "another prefix" },
    { "session:%{id}", "session:%{id}:", 0, "another suffix" },
    { "s:%{id}a", "s:%{id}b", 0, "a suffix of the same length" },
    { "ab%{id}c", "a%{id}bc", 0, "the placeholder elsewhere" },
    { "s:%{id}%%", "s:%{id}%%", 1, "an escape" },
};

START_TEST(key_is_equal__compares_the_keys_that_are_made)
{
    const shs_key_t *a = key_of(pairs[_i].a);
    const shs_key_t *b = key_of(pairs[_i].b);

    ck_assert_msg(!!shs_key_is_equal(a, b) == pairs[_i].is_equal, "%s",
                  pairs[_i].why);
    ck_assert_msg(!!shs_key_is_equal(b, a) == pairs[_i].is_equal, "%s",
                  pairs[_i].why);
}
END_TEST

static const struct {
    const char *template;
    const char *key;
    int is_of;
    const char *why;
} built[] = {
    { "s:%{id}:x", "s:" ID16 ":x", 1, "one that was built" },
    { "s:%{id}:x", "s:a:x", 1, "what is between is not judged" },
    { "s:%{id}:x", "s::x", 0, "but there must be something" },
    { "s:%{id}:x", "s:x", 0, "prefix and suffix overlap" },
    { "s:%{id}:x", "", 0, "nothing" },
    { "s:%{id}:x", "s", 0, "less than the prefix" },
    { "s:%{id}:x", "t:" ID16 ":x", 0, "another prefix" },
    { "s:%{id}:x", "s:" ID16 ":y", 0, "another suffix" },
    { "s:%{id}:x", " s:" ID16 ":x", 0, "something in front" },
    { "s:%{id}:x", "s:" ID16 ":x ", 0, "something behind" },
    { "s:%{id}", "s:" ID16, 1, "without a suffix" },
    { "s:%{id}", "s:", 0, "the prefix alone" },
    { "s:%{id}", "config", 0, "any other key of the store" },
    { "100%%%{id}", "100%" ID16, 1, "a percent sign" },
};

/* A stored value names the key of its successor, which must not be any key. */
START_TEST(key_is_of__compares_both_ends)
{
    ck_assert_msg(
        !!shs_key_is_of(key_of(built[_i].template), unit_text(built[_i].key))
            == built[_i].is_of,
        "%s: %s", built[_i].key, built[_i].why);
}
END_TEST

static const struct {
    const char *a;
    const char *b;
    int is_overlap;
    const char *why;
} overlaps[] = {
    { "session:%{id}", "session:b:%{id}", 1, "the prefix of one in the other" },
    { "session:%{id}", "session:%{sha256:id}", 1, "two ways of one prefix" },
    { "s:%{id}", "s:%{id}:x", 1, "one says more at its end" },
    { "s:%{id}", "s:%{id}", 0, "the same" },
    { "session:a:%{id}", "session:b:%{id}", 0, "neither begins the other" },
    { "s:%{id}a", "s:%{id}b", 0, "their suffixes differ" },
    { "s:%{id}ba", "s:%{id}a", 1, "of one the end is the other's" },
    { "sess:%{id}", "session:%{id}", 0, "a colon where the other goes on" },
};

START_TEST(key_overlaps__finds_two_templates_of_one_key)
{
    const shs_key_t *a = key_of(overlaps[_i].a);
    const shs_key_t *b = key_of(overlaps[_i].b);

    ck_assert_msg(!!shs_key_overlaps(a, b) == overlaps[_i].is_overlap, "%s",
                  overlaps[_i].why);
    ck_assert_msg(!!shs_key_overlaps(b, a) == overlaps[_i].is_overlap, "%s",
                  overlaps[_i].why);
}
END_TEST

#define HEX64 "2125b2c332b1113aae9bfc5e9f7e3b4c91d828cb942c2df1eeb02502eccae9e9"

static const struct {
    const char *template;
    const char *other;
    const char *id;
    int is_of_another;
    const char *why;
} owners[] = {
    { "session:%{id}", "session:b:%{id}", "b:" ID16, 1,
      "the key of a session of the other place" },
    { "session:b:%{id}", "session:%{id}", ID16, 0,
      "the longer prefix keeps its own" },
    { "session:%{id}", "session:b:%{id}", ID16, 0, "no id of the other's" },
    { "session:%{id}", "session:b:%{id}", "b:0123456789ABCDE", 0,
      "too short for an id of the other's" },
    { "s_%{id}", "s_b_%{id}", "b_" ID16, 1, "without any special character" },
    { "s:%{id}", "s:%{id}:x", ID16 ":x", 1, "a suffix" },
    { "s:%{id}:x", "s:%{id}", ID16, 0, "the longer suffix keeps its own" },
    { "s:%{id}", "s:%{sha256:id}", HEX64, 1, "a digest instead of its id" },
    { "s:%{id}", "s:%{sha256:id}", ID16, 0, "no digest" },
    { "s:%{sha256:id}", "s:%{id}", ID16, 0, "the digest keeps its own" },
    { "s:%{id}", "s:2%{sha256:id}", "2" HEX64, 1, "both" },
    { "s:%{id}", "t:%{id}", "t:" ID16, 0, "another prefix" },
    { "s:%{id}", "s:%{id}", ID16, 0, "the same template twice" },
};

START_TEST(key_is_of_another__prefers_the_more_specific_template)
{
    const shs_key_t *key = key_of(owners[_i].template);
    const shs_key_t *all[] = { key, key_of(owners[_i].other), NULL };
    shs_session_id_t sid = sid_of(owners[_i].id);
    shs_octets_t made = shs_key_build(key, &sid, p);

    ck_assert_msg(shs_key_is_of_another(key, made, all)
                      == owners[_i].is_of_another,
                  "%s", owners[_i].why);
    ck_assert(!shs_key_is_of_another(key, made, NULL));
}
END_TEST

/* About 47 of 3000 ids would begin so. */
START_TEST(key_create_id__makes_no_key_of_another_template)
{
    const shs_key_t *key = key_of("s:%{id}");
    const shs_key_t *all[] = { key, key_of("s:b%{id}"), NULL };
    int i;

    for (i = 0; i < 3000; i++) {
        shs_session_id_t sid;
        shs_octets_t made;

        ck_assert_pstr_eq(shs_key_create_id(&sid, &made, key, all, p), NULL);
        ck_assert(made.data[2] != 'b');
    }
}
END_TEST

/* Without a digest no id has a key, rather than all ids the same one. */
START_TEST(key_build__builds_no_key_without_a_digest)
{
    const shs_key_t *hashed = key_of("s:%{sha256:id}");
    shs_session_id_t sid;
    shs_octets_t made;

    ck_assert_pstr_eq(
        shs_session_id_parse(&sid, unit_text(ID16), SHS_SESSION_ID_NO_ROUTE, 0),
        NULL);
    unit_set_digests(0);
    ck_assert_uint_eq(shs_key_build(hashed, &sid, p).len, 0);
    ck_assert_pstr_eq(shs_key_create_id(&sid, &made, hashed, NULL, p),
                      SHS_KEY_NO_DIGEST);
    ck_assert_pstr_eq(
        shs_key_create_id(&sid, &made, shs_key_default(), NULL, p), NULL);
    unit_set_digests(1);
}
END_TEST

START_TEST(key_describe__returns_the_text)
{
    ck_assert_str_eq(shs_key_describe(key_of("100%%:%{id}")), "100%%:%{id}");
    ck_assert_str_eq(shs_key_describe(shs_key_default()), "session:%{id}");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, key_build__writes_the_id_into_the_template, 0,
                        ROWS(templates));
    tcase_add_loop_test(tc, key_parse__refuses_with_a_reason, 0, ROWS(refused));
    tcase_add_test(tc, key_create_bare__makes_a_key_without_a_prefix);
    tcase_add_test(tc,
                   key_create_bare__gives_way_to_each_template_with_a_prefix);
    tcase_add_test(tc, key_default__is_session_and_the_id);
    tcase_add_test(tc, key_build__holds_the_longest_id);
    tcase_add_test(tc, key_build__needs_no_nul_behind_the_id);
    tcase_add_loop_test(tc, key_is_equal__compares_the_keys_that_are_made, 0,
                        ROWS(pairs));
    tcase_add_loop_test(tc, key_is_of__compares_both_ends, 0, ROWS(built));
    tcase_add_loop_test(tc, key_overlaps__finds_two_templates_of_one_key, 0,
                        ROWS(overlaps));
    tcase_add_loop_test(tc,
                        key_is_of_another__prefers_the_more_specific_template,
                        0, ROWS(owners));
    tcase_add_test(tc, key_create_id__makes_no_key_of_another_template);
    tcase_add_test(tc, key_build__builds_no_key_without_a_digest);
    tcase_add_test(tc, key_describe__returns_the_text);
}

int main(void)
{
    return unit_main("key", add);
}
