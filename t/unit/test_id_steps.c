/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/id_steps.h"

#include "unit.h"

#define SIG43       "HEzxoZUQ5fk80Z7+oH7JqMvAD4f1dCRRYDRkBJKm2qw"
#define ID32        "FE86jKJzmBtgwl4c1Kr_kRUJ-zhpsaBx"
#define UUID        "68223e70-1962-4a15-906a-70e79144d9e3"
#define UUID_BASE64 "NjgyMjNlNzAtMTk2Mi00YTE1LTkwNmEtNzBlNzkxNDRkOWUz"
#define PERCENT     SHS_DECODE_PERCENT
#define BASE64      SHS_DECODE_BASE64

/* { decode, sign, secrets, pattern, route, extras } */
#define PLAIN                                 \
    {                                         \
        0, SHS_SIGN_NONE, NULL, { 0 }, '.', 0 \
    }
#define SPRING                                               \
    {                                                        \
        BASE64, SHS_SIGN_NONE, NULL, { SHS_ID_UUID }, '.', 0 \
    }
#define DECODED                                    \
    {                                              \
        BASE64, SHS_SIGN_NONE, NULL, { 0 }, '.', 0 \
    }
#define BOTH                                                           \
    {                                                                  \
        PERCENT | BASE64, SHS_SIGN_NONE, NULL, { SHS_ID_UUID }, '.', 0 \
    }
#define ESCAPED                                   \
    {                                             \
        PERCENT, SHS_SIGN_NONE, NULL, { 0 }, 0, 0 \
    }
#define EXPRESS                                                 \
    {                                                           \
        PERCENT, SHS_SIGN_EXPRESS, NULL, { SHS_ID_TOKEN }, 0, 0 \
    }
#define ESCAPED_KOA                              \
    {                                            \
        PERCENT, SHS_SIGN_KOA, NULL, { 0 }, 0, 0 \
    }
#define DOTTED                                       \
    {                                                \
        PERCENT, SHS_SIGN_EXPRESS, NULL, { 0 }, 0, 0 \
    }
#define KOA                                                        \
    {                                                              \
        0, SHS_SIGN_KOA, NULL, { SHS_ID_UUID, 0, 0, "koa:" }, 0, 0 \
    }

static const struct {
    shs_id_steps_t steps;
    const char *value;
    const char *id;          /* NULL: refused */
    const char *signed_text; /* the text that is signed; NULL: none */
    const char *why;
} values[] = {
    { PLAIN, ID32 ".node1", ID32, NULL, "no steps: the value is the id" },
    { PLAIN, "s%3A" ID32, NULL, NULL, "... and is not decoded" },
    { SPRING, UUID_BASE64, UUID, NULL, "Spring's default cookie" },
    { SPRING, UUID, UUID, NULL, "Spring 1.x and WebFlux: not encoded" },
    { SPRING, UUID ".node1", UUID, NULL, "... with a route" },
    { SPRING, "NjgyMjNlNzAtMTk2Mi00YTE1LTkwNmEtNzBlNzkxNDRkOWUzLm4x", UUID,
      NULL, "a route inside the encoding" },
    { SPRING, "ZXhwaXJlczo2ODIyM2U3MC0xOTYyLTRhMTUtOTA2YS03MGU3OTE0NGQ5ZTM=",
      NULL, NULL, "expires: and the id, another key of Spring" },
    { SPRING, "ZXhwaXJlczo2ODIyM2U3MC0xOTYyLTRhMTUtOTA2YS03MGU3OTE0NGQ5ZTM",
      NULL, NULL, "... without the padding" },
    { DECODED, "YWJjZGVmZ2hpamtsbW5vcA==", "abcdefghijklmnop", NULL,
      "padding" },
    { DECODED, "YWJjZGVmZ2hpamtsbW5vcA", "abcdefghijklmnop", NULL,
      "no padding" },
    { DECODED, "YWJjZGVmZ2hpamtsbW5vcB==", "abcdefghijklmnop", NULL,
      "bits behind the last octet, which Java ignores" },
    { DECODED, "YWJjZGVmZ2hpamtsbW5vcA=", NULL, NULL, "half of the padding" },
    { DECODED, "YWJjZGVmZ2hpamtsbW5vcA===", NULL, NULL, "too much of it" },
    { DECODED, "=YWJjZGVmZ2hpamtsbW5vc", NULL, NULL, "in the wrong place" },
    { DECODED, "fn5-fn5-fn5-fn5-fn5-fn4", "~~~~~~~~~~~~~~~~~", NULL,
      "the URL-safe alphabet" },
    { DECODED, "fn5+fn5+fn5+fn5+fn5+fn4", "~~~~~~~~~~~~~~~~~", NULL,
      "the standard one" },
    { DECODED, "YWJjZGVmZ2hpamtsbW5vcAAA", "YWJjZGVmZ2hpamtsbW5vcAAA", NULL,
      "a NUL in what is decoded: not an id, so the value is taken" },
    { DECODED, "YQ==", NULL, NULL, "too short both ways" },
    { DECODED, "", NULL, NULL, "empty" },
    { DECODED, "=", NULL, NULL, "padding alone" },
    { DECODED, "==", NULL, NULL, "... two" },
    { DECODED, "A", NULL, NULL, "a single character" },
    { BOTH, "NjgyMjNlNzAtMTk2Mi00YTE1LTkwNmEtNzBlNzkxNDRkOWUzLm4%3D", UUID,
      NULL, "percent first, then base64" },
    { ESCAPED, "%61bcdefghijklmnop", "abcdefghijklmnop", NULL, "an escape" },
    { ESCAPED, "a+bcdefghijklmnop", NULL, NULL, "a plus stays a plus" },
    { ESCAPED, "abcdefghijklmnop%", NULL, NULL, "half an escape" },
    { ESCAPED, "abcdefghijklmnop%4", NULL, NULL, "two thirds of one" },
    { ESCAPED, "abcdefghijklmnop%zz", NULL, NULL, "no hexadecimal digits" },
    { ESCAPED, "abcdefghijklmnop%00", NULL, NULL, "a NUL" },
    { ESCAPED, "abcdefghijklmnop%2561", NULL, NULL, "decoded once only" },
    { EXPRESS, "s%3A" ID32 ".HEzxoZUQ5fk80Z7%2BoH7JqMvAD4f1dCRRYDRkBJKm2qw",
      ID32, ID32, "express" },
    { EXPRESS, "s:" ID32 "." SIG43, ID32, ID32, "without any escape" },
    { EXPRESS, ID32, NULL, NULL, "an id without a signature" },
    { EXPRESS, "s:" ID32 "_LOCK!." SIG43, NULL, NULL,
      "an id that express does not make" },
    { EXPRESS, "s:short." SIG43, NULL, NULL, "an id that is too short" },
    { DOTTED, "s:abcdefgh.ijklmnop." SIG43, "abcdefgh.ijklmnop",
      "abcdefgh.ijklmnop", "an id with a dot" },
    { KOA, "koa:" UUID, UUID, "koa:" UUID, "koa signs the prefix too" },
    { ESCAPED_KOA, "%61bcdefghijklmnop", "abcdefghijklmnop",
      "%61bcdefghijklmnop", "koa signs the value as it is" },
    { KOA, UUID, NULL, NULL, "koa without the prefix" },
};

START_TEST(id_steps_parse__makes_an_id_by_the_steps)
{
    shs_octets_t value = unit_text(values[_i].value);
    shs_id_proof_t proof;
    shs_session_id_t sid;
    const char *refusal =
        shs_id_steps_parse(&sid, &proof, &values[_i].steps, value, p);

    ck_assert_msg(!refusal == !!values[_i].id, "%s: %s", values[_i].why,
                  refusal ? refusal : "accepted");
    if (!refusal) {
        ck_octets_eq(shs_session_id_octets(&sid), unit_text(values[_i].id),
                     values[_i].why);
    }
    if (values[_i].signed_text) {
        ck_octets_eq(proof.text, unit_text(values[_i].signed_text),
                     values[_i].why);
    }
}
END_TEST

START_TEST(id_steps_parse__says_what_the_decoding_shows)
{
    static const shs_id_steps_t steps = SPRING;
    shs_session_id_t sid;
    shs_id_proof_t proof;

    ck_assert_pstr_eq(
        shs_id_steps_parse(
            &sid, &proof, &steps,
            unit_text("ZXhwaXJlczo2ODIyM2U3MC0xOTYyLTRhMTUtOTA2YS03MGU3OTE0NGQ5"
                      "ZTM="),
            p),
        "the value has one of " SHS_SESSION_ID_EXTRAS
        " which id-chars= does not allow");
}
END_TEST

static const struct {
    shs_id_steps_t a, b;
    int is_equal;
    const char *why;
} pairs[] = {
    { PLAIN, PLAIN, 1, "no steps" },
    { EXPRESS, EXPRESS, 1, "the same steps" },
    { PLAIN, { PERCENT, 0, NULL, { 0 }, '.', 0 }, 0, "decode" },
    { PLAIN, { 0, SHS_SIGN_KOA, NULL, { 0 }, '.', 0 }, 0, "sign" },
    { PLAIN, { 0, 0, NULL, { SHS_ID_HEX }, '.', 0 }, 0, "pattern" },
    { PLAIN, { 0, 0, NULL, { 0 }, '!', 0 }, 0, "route" },
    { PLAIN, { 0, 0, NULL, { 0 }, '.', 2 }, 0, "id-chars" },
};

START_TEST(id_steps_is_equal__compares_every_step)
{
    ck_assert_msg(!!shs_id_steps_is_equal(&pairs[_i].a, &pairs[_i].b)
                      == pairs[_i].is_equal,
                  "%s", pairs[_i].why);
}
END_TEST

START_TEST(id_steps_accept_own__if_no_framework_makes_the_ids)
{
    static const shs_id_steps_t plain = PLAIN, spring = SPRING, koa = KOA,
                                decoded = DECODED, dotted = DOTTED;

    ck_assert(shs_id_steps_accept_own(&plain));
    ck_assert(shs_id_steps_accept_own(&decoded));
    ck_assert(!shs_id_steps_accept_own(&spring));
    ck_assert(!shs_id_steps_accept_own(&koa));
    ck_assert(!shs_id_steps_accept_own(&dotted));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, id_steps_parse__makes_an_id_by_the_steps, 0,
                        ROWS(values));
    tcase_add_test(tc, id_steps_parse__says_what_the_decoding_shows);
    tcase_add_loop_test(tc, id_steps_is_equal__compares_every_step, 0,
                        ROWS(pairs));
    tcase_add_test(tc, id_steps_accept_own__if_no_framework_makes_the_ids);
}

int main(void)
{
    return unit_main("id_steps", add);
}
