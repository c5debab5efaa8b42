/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/session_id.h"

#include <apr_lib.h>

#include "unit.h"

#define ID16 "0123456789ABCDEF"

/* sha256sum of ID16 */
#define DIGEST16 \
    "2125b2c332b1113aae9bfc5e9f7e3b4c91d828cb942c2df1eeb02502eccae9e9"

static shs_octets_t repeated(char c, apr_size_t len)
{
    char *text = apr_palloc(p, len + 1);

    memset(text, c, len);
    return unit_exact(text, len);
}

static shs_session_id_t sid_of(const char *text)
{
    shs_session_id_t sid;

    ck_assert_ptr_null(shs_session_id_parse(&sid, unit_text(text),
                                            SHS_SESSION_ID_NO_ROUTE, 0));
    return sid;
}

static const struct {
    apr_size_t len;
    int is_id;
    const char *why;
} lengths[] = {
    { 0, 0, "no id at all" },
    { 1, 0, "guessed at once" },
    { SHS_SESSION_ID_MIN - 1, 0, "one too few" },
    { SHS_SESSION_ID_MIN, 1, "just enough" },
    { SHS_SESSION_ID_MAX, 1, "just not too many" },
    { SHS_SESSION_ID_MAX + 1, 0, "one too many" },
    { 8000, 0, "a header full" },
};

START_TEST(session_id_parse__takes_16_to_256_octets)
{
    shs_session_id_t sid;

    ck_assert_msg(
        (shs_session_id_parse(&sid, repeated('a', lengths[_i].len), '.', 0)
         == NULL)
            == lengths[_i].is_id,
        "%d octets: %s", (int)lengths[_i].len, lengths[_i].why);
}
END_TEST

/* The octet at the start, in the middle and at the end: a check that skips an
 * end would accept it. */
static void check_octet(int octet, unsigned char extras, int wanted)
{
    int at[] = { 0, 10, 19 };
    int k;

    for (k = 0; k < ROWS(at); k++) {
        char text[20];
        shs_session_id_t sid;

        memset(text, 'a', sizeof(text));
        text[at[k]] = (char)octet;
        ck_assert_msg(
            (shs_session_id_parse(&sid, unit_exact(text, sizeof(text)),
                                  SHS_SESSION_ID_NO_ROUTE, extras)
             == NULL)
                == wanted,
            "octet 0x%02x at %d", octet, at[k]);
    }
    ck_assert_int_eq(shs_session_id_is_allowed((char)octet, extras), wanted);
}

static int is_unreserved(int octet)
{
    return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z')
           || (octet >= 'a' && octet <= 'z')
           || (octet && strchr("._~-", octet));
}

START_TEST(session_id_parse__takes_unreserved_octets_only)
{
    check_octet(_i, 0, is_unreserved(_i));
}
END_TEST

START_TEST(session_id_parse__takes_each_extra_that_was_added)
{
    unsigned char all = 0;
    unsigned char colon = 0;

    ck_assert(shs_session_id_add_extras(&all, SHS_SESSION_ID_EXTRAS));
    ck_assert(shs_session_id_add_extras(&colon, ":"));
    check_octet(_i, all,
                is_unreserved(_i) || (_i && strchr(SHS_SESSION_ID_EXTRAS, _i)));
    check_octet(_i, colon, is_unreserved(_i) || _i == ':');
}
END_TEST

START_TEST(session_id_add_extras__takes_no_other_characters)
{
    unsigned char extras = 0;
    char text[] = { (char)_i, '\0' };

    ck_assert_int_eq(shs_session_id_add_extras(&extras, text),
                     _i && strchr("+/=:@!", _i));
    ck_assert_int_eq(extras != 0, _i && strchr("+/=:@!", _i));
}
END_TEST

START_TEST(session_id_is_route__takes_cookie_octets_outside_created_ids)
{
    int is_of_ours = apr_isalnum(_i) || _i == '-' || _i == '_';
    int is_of_a_cookie =
        _i > ' ' && _i < 127 && !strchr("\",;\\", _i); /* RFC 6265 4.1.1 */

    ck_assert_int_eq(shs_session_id_is_route((char)_i),
                     is_of_a_cookie && !is_of_ours);
}
END_TEST

static const struct {
    const char *value;
    const char *words;
} refusals[] = {
    { "", "the value is shorter than 16 characters" },
    { "0123456789ABCDE.zone", "the value is shorter than 16 characters" },
    { ".zone", "the value has nothing before the route" },
    { "0123456789ABCDE\t", "the value has a control character" },
    { "0123456789ABCDE\x7f", "the value has a control character" },
    { "0123456789ABCDE\x80", "the value has an octet beyond ASCII" },
    { "0123456789ABCD E", "the value has a space" },
    { "0123456789ABCD, E", "the value has a comma" },
    { "\"0123456789ABCDE", "the value has a quotation mark" },
    { "s%3A0123456789ABCDE",
      "the value has a percent sign: an encoded value is not decoded" },
    { "b:0123456789ABCDE",
      "the value has one of +/=:@! which id-chars= does not allow" },
    { "0123456789ABCDE*", "the value has a character that no id has" },
};

START_TEST(session_id_parse__says_why_it_refuses)
{
    shs_session_id_t sid;

    ck_assert_str_eq(
        shs_session_id_parse(&sid, unit_text(refusals[_i].value), '.', 0),
        refusals[_i].words);
}
END_TEST

START_TEST(session_id_parse__refuses_a_long_value)
{
    shs_session_id_t sid;

    ck_assert_str_eq(shs_session_id_parse(
                         &sid, repeated('a', SHS_SESSION_ID_MAX + 1), '.', 0),
                     "the value is longer than 256 characters");
}
END_TEST

static const struct {
    const char *value;
    char route;
    const char *id; /* NULL: none */
    const char *why;
} routes[] = {
    { ID16 ".zoneA", '.', ID16, "the balancer's route is no part of the id" },
    { ID16, '.', ID16, "no route" },
    { ID16 ".", '.', ID16, "an empty route" },
    { ID16 ".a.b", '.', ID16, "from the first separator on" },
    { ID16 ".a.b", SHS_SESSION_ID_NO_ROUTE, ID16 ".a.b", "route=none" },
    { ID16 "!1234", '!', ID16, "another separator" },
    { ID16 ".a!1", '!', ID16 ".a", "only the one that was named" },
    { ".zoneA-0123456789abcdef", '.', NULL, "nothing but a route" },
    { "0123456789ABCDE.zone", '.', NULL, "too short without its route" },
    { ID16 ".<script>", '.', ID16, "the route is not judged" },
    { ID16 "\r\nSET x y", '.', NULL, "a command in a cookie" },
    { ID16 " ", '.', NULL, "white space" },
    { ID16 "*", '.', NULL, "a pattern" },
    { ID16 "%41", '.', NULL, "an escape" },
};

START_TEST(session_id_parse__cuts_the_route)
{
    shs_session_id_t sid;
    int is_id = !shs_session_id_parse(&sid, unit_text(routes[_i].value),
                                      routes[_i].route, 0);

    ck_assert_msg(is_id == (routes[_i].id != NULL), "%d: %s", is_id,
                  routes[_i].why);
    if (is_id) {
        ck_octets_eq(shs_session_id_octets(&sid), unit_text(routes[_i].id),
                     routes[_i].why);
    }
}
END_TEST

START_TEST(session_id_parse__measures_after_cutting_the_route)
{
    shs_octets_t value = repeated('a', SHS_SESSION_ID_MAX + 40);
    char *octets = apr_pmemdup(p, value.data, value.len);
    shs_session_id_t sid;

    octets[SHS_SESSION_ID_MAX] = '.';
    ck_assert(
        !shs_session_id_parse(&sid, unit_exact(octets, value.len), '.', 0));
    ck_assert_uint_eq(shs_session_id_octets(&sid).len, SHS_SESSION_ID_MAX);
}
END_TEST

START_TEST(session_id_parse__does_not_end_at_a_nul)
{
    shs_session_id_t sid;

    ck_assert(shs_session_id_parse(&sid, OCTETS(ID16 "\0"), '.', 255));
    ck_assert(shs_session_id_parse(&sid, OCTETS(ID16 "\0"),
                                   SHS_SESSION_ID_NO_ROUTE, 255));
    ck_assert(shs_session_id_parse(&sid, OCTETS(ID16 "\0" ID16),
                                   SHS_SESSION_ID_NO_ROUTE, 255));
}
END_TEST

START_TEST(session_id_parse__borrows_from_the_value)
{
    shs_octets_t value = unit_text(ID16 ".zoneA");
    shs_session_id_t sid;

    ck_assert(!shs_session_id_parse(&sid, value, '.', 0));
    ck_assert_ptr_eq(shs_session_id_octets(&sid).data, value.data);
}
END_TEST

START_TEST(session_id_is_equal__compares_all_octets_and_the_length)
{
    shs_session_id_t a = sid_of(ID16);
    shs_session_id_t same = sid_of(ID16);
    shs_session_id_t longer = sid_of(ID16 "0");
    shs_session_id_t last = sid_of("0123456789ABCDE0");
    shs_session_id_t first = sid_of("x123456789ABCDEF");
    shs_session_id_t lower = sid_of("0123456789abcdef");

    ck_assert(shs_session_id_is_equal(&a, &same));
    ck_assert(!shs_session_id_is_equal(&a, &longer));
    ck_assert(!shs_session_id_is_equal(&longer, &a));
    ck_assert(!shs_session_id_is_equal(&a, &last));
    ck_assert(!shs_session_id_is_equal(&a, &first));
    ck_assert(!shs_session_id_is_equal(&a, &lower));
}
END_TEST

START_TEST(session_id_digest__is_lower_case_sha256)
{
    shs_session_id_t sid = sid_of(ID16);
    char digest[SHS_SESSION_ID_DIGEST_SIZE];

    shs_session_id_digest(digest, &sid);
    ck_assert_str_eq(digest, DIGEST16);
}
END_TEST

START_TEST(session_id_digest__leaves_the_route_out)
{
    shs_session_id_t sid;
    char digest[SHS_SESSION_ID_DIGEST_SIZE];

    ck_assert(!shs_session_id_parse(&sid, unit_text(ID16 ".zoneA"), '.', 0));
    shs_session_id_digest(digest, &sid);
    ck_assert_str_eq(digest, DIGEST16);
}
END_TEST

START_TEST(session_id_label__is_four_digits_of_the_digest)
{
    shs_session_id_t sid = sid_of(ID16);
    char label[SHS_SESSION_ID_LABEL_SIZE];

    shs_session_id_label(label, &sid);
    ck_assert_str_eq(label, "2125");
}
END_TEST

START_TEST(session_id_digest__fails_if_openssl_cannot)
{
    shs_session_id_t sid = sid_of(ID16);
    char digest[SHS_SESSION_ID_DIGEST_SIZE];
    char label[SHS_SESSION_ID_LABEL_SIZE];

    unit_set_digests(0);
    ck_assert_int_eq(shs_session_id_digest(digest, &sid), 0);
    shs_session_id_label(label, &sid);
    ck_assert_str_eq(label, "-");
    unit_set_digests(1);
}
END_TEST

static shs_session_id_t created(void)
{
    shs_session_id_t sid;

    ck_assert_int_eq(shs_session_id_create(&sid, p), 1);
    return sid;
}

START_TEST(session_id_create__is_43_octets_of_base64url)
{
    shs_octets_t id;
    apr_size_t i;
    int k;

    for (k = 0; k < 100; k++) {
        shs_session_id_t sid = created();

        id = shs_session_id_octets(&sid);
        ck_assert_uint_eq(id.len, SHS_SESSION_ID_LENGTH);
        for (i = 0; i < id.len; i++) {
            ck_assert_msg(apr_isalnum(id.data[i]) || id.data[i] == '-'
                              || id.data[i] == '_',
                          "0x%02x at %d", id.data[i], (int)i);
        }
    }
}
END_TEST

START_TEST(session_id_create__makes_an_id_that_parses)
{
    shs_session_id_t sid = created();
    shs_octets_t id = shs_session_id_octets(&sid);
    shs_session_id_t parsed;
    const char *cookie =
        apr_pstrcat(p, apr_pstrmemdup(p, id.data, id.len), ".zoneA", NULL);

    ck_assert_ptr_null(
        shs_session_id_parse(&parsed, unit_text(cookie), '.', 0));
    ck_assert(shs_session_id_is_equal(&sid, &parsed));
}
END_TEST

/* No two of a thousand ids are equal, and every bit is set in some and clear in
 * others: 43 characters of 6 bits, of the last one 4. */
START_TEST(session_id_create__has_256_random_bits)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                   "qrstuvwxyz0123456789-_";
    int all_set[SHS_SESSION_ID_LENGTH] = { 0 };
    int all_clear[SHS_SESSION_ID_LENGTH] = { 0 };
    shs_session_id_t before = created();
    int i, k;

    for (k = 0; k < 1000; k++) {
        shs_session_id_t sid = created();

        ck_assert(!shs_session_id_is_equal(&sid, &before));
        before = sid;
        for (i = 0; i < SHS_SESSION_ID_LENGTH; i++) {
            int digit = (int)(strchr(alphabet, sid.octets.data[i]) - alphabet);

            all_set[i] |= digit;
            all_clear[i] |= ~digit & 63;
        }
    }
    for (i = 0; i < SHS_SESSION_ID_LENGTH; i++) {
        int wanted = i == SHS_SESSION_ID_LENGTH - 1 ? 0x3c : 0x3f;

        ck_assert_int_eq(all_set[i], wanted);
        ck_assert_int_eq(all_clear[i] & wanted, wanted);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, session_id_parse__takes_16_to_256_octets, 0,
                        ROWS(lengths));
    tcase_add_loop_test(tc, session_id_parse__takes_unreserved_octets_only, 0,
                        256);
    tcase_add_loop_test(tc, session_id_parse__takes_each_extra_that_was_added,
                        0, 256);
    tcase_add_loop_test(tc, session_id_add_extras__takes_no_other_characters, 0,
                        256);
    tcase_add_loop_test(
        tc, session_id_is_route__takes_cookie_octets_outside_created_ids, 0,
        256);
    tcase_add_loop_test(tc, session_id_parse__says_why_it_refuses, 0,
                        ROWS(refusals));
    tcase_add_test(tc, session_id_parse__refuses_a_long_value);
    tcase_add_loop_test(tc, session_id_parse__cuts_the_route, 0, ROWS(routes));
    tcase_add_test(tc, session_id_parse__measures_after_cutting_the_route);
    tcase_add_test(tc, session_id_parse__does_not_end_at_a_nul);
    tcase_add_test(tc, session_id_parse__borrows_from_the_value);
    tcase_add_test(tc, session_id_is_equal__compares_all_octets_and_the_length);
    tcase_add_test(tc, session_id_digest__is_lower_case_sha256);
    tcase_add_test(tc, session_id_digest__leaves_the_route_out);
    tcase_add_test(tc, session_id_digest__fails_if_openssl_cannot);
    tcase_add_test(tc, session_id_label__is_four_digits_of_the_digest);
    tcase_add_test(tc, session_id_create__is_43_octets_of_base64url);
    tcase_add_test(tc, session_id_create__makes_an_id_that_parses);
    tcase_add_test(tc, session_id_create__has_256_random_bits);
}

int main(void)
{
    return unit_main("session_id", add);
}
