/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/signature.h"

#include "unit.h"

/* From cookies that the frameworks have set (t/fixtures/sessions.json). */
#define EXPRESS_ID  "FE86jKJzmBtgwl4c1Kr_kRUJ-zhpsaBx"
#define EXPRESS_SIG "HEzxoZUQ5fk80Z7+oH7JqMvAD4f1dCRRYDRkBJKm2qw"
#define UTF8_ID     "dajNtBNz_in_U3XaAdI6a3clyoh17PiS"
#define UTF8_SIG    "Z+rpdQJKGGB5AiNUmsrC4rAuqvbpnJpSjC3we7lG49w"
#define FASTIFY_ID  "e98nZYuLlDT6dNempMfEx-IRibGBiGnm"
#define FASTIFY_SIG "5j1HXNwyj/dWjn0skPhg3bn+WWbumvtJBWV2W8t5Y0o"
#define KOA_ID      "98e09c65-5a97-4a11-b3f8-7fbe8f96bc7c"
#define KOA_SIG     "nj1P4qfOEER4nfTyqahpAmqMAl8"

#define EXPRESS_SECRET "keyboard cat"
#define UTF8_SECRET    "비밀 s3cret"
#define FASTIFY_SECRET "a secret with minimum length of 32 characters"
#define KOA_SECRET     "koa secret 1"

/* Secrets, separated by "|". */
static shs_secrets_t secrets_of(const char *text)
{
    shs_secrets_t secrets = { 0 };
    char *rest = apr_pstrdup(p, text);
    char *state, *secret;

    for (secret = apr_strtok(rest, "|", &state); secret;
         secret = apr_strtok(NULL, "|", &state)) {
        secrets.list[secrets.count++] = unit_text(secret);
    }
    return secrets;
}

static const struct {
    shs_sign_t sign;
    const char *secrets;
    const char *text;
    const char *signature;
    int is_right;
    const char *why;
} proofs[] = {
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, EXPRESS_ID, EXPRESS_SIG, 1, "express" },
    { SHS_SIGN_EXPRESS, UTF8_SECRET, UTF8_ID, UTF8_SIG, 1,
      "express, a secret beyond ASCII" },
    { SHS_SIGN_FASTIFY, FASTIFY_SECRET, FASTIFY_ID, FASTIFY_SIG, 1, "fastify" },
    { SHS_SIGN_KOA, KOA_SECRET, "koa.sess=" KOA_ID, KOA_SIG, 1, "koa" },
    { SHS_SIGN_EXPRESS, "new|" EXPRESS_SECRET, EXPRESS_ID, EXPRESS_SIG, 1,
      "the second secret" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET "|old", EXPRESS_ID, EXPRESS_SIG, 1,
      "the first of two" },
    { SHS_SIGN_EXPRESS, "keyboard ca", EXPRESS_ID, EXPRESS_SIG, 0,
      "another secret" },
    { SHS_SIGN_EXPRESS, "new|old", EXPRESS_ID, EXPRESS_SIG, 0,
      "two other secrets" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, UTF8_ID, EXPRESS_SIG, 0,
      "the signature of another id" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, "", EXPRESS_SIG, 0, "no id" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, EXPRESS_ID,
      "IEzxoZUQ5fk80Z7+oH7JqMvAD4f1dCRRYDRkBJKm2qw", 0, "the first octet" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, EXPRESS_ID,
      "HEzxoZUQ5fk80Z7+oH7JqMvAD4f1dCRRYDRkBJKm2qx", 0,
      "other text of the same octets, which express refuses too" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, EXPRESS_ID,
      "HEzxoZUQ5fk80Z7-oH7JqMvAD4f1dCRRYDRkBJKm2qw", 0, "in base64url" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, EXPRESS_ID, "", 0, "empty" },
    { SHS_SIGN_EXPRESS, EXPRESS_SECRET, EXPRESS_ID,
      "HEzxoZUQ5fk80Z7+oH7JqMvAD4f1dCRRYDRkBJKm2q", 0, "a part of it" },
    { SHS_SIGN_KOA, KOA_SECRET, "koa.sess=" KOA_ID,
      "nj1P4qfOEER4nfTyqahpAmqMAl9", 0, "koa: the last character" },
    { SHS_SIGN_KOA, KOA_SECRET, "koa.sid=" KOA_ID, KOA_SIG, 0,
      "koa: a cookie of another name" },
    { SHS_SIGN_KOA, KOA_SECRET, KOA_ID, KOA_SIG, 0, "koa: without a name" },
};

START_TEST(signature_verify__takes_only_what_the_framework_has_signed)
{
    shs_secrets_t secrets = secrets_of(proofs[_i].secrets);
    shs_octets_t signature = unit_text(proofs[_i].signature);

    ck_assert_msg(!!shs_signature_verify(proofs[_i].sign, &secrets,
                                         unit_text(proofs[_i].text), &signature,
                                         1)
                      == proofs[_i].is_right,
                  "%s", proofs[_i].why);
}
END_TEST

START_TEST(signature_verify__compares_with_each_signature)
{
    shs_secrets_t secrets = secrets_of(KOA_SECRET);
    shs_octets_t signatures[] = { unit_text("AAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                                  unit_text(KOA_SIG) };
    shs_octets_t text = unit_text("koa.sess=" KOA_ID);

    ck_assert(
        shs_signature_verify(SHS_SIGN_KOA, &secrets, text, signatures, 2));
    ck_assert(
        !shs_signature_verify(SHS_SIGN_KOA, &secrets, text, signatures, 1));
    ck_assert(
        !shs_signature_verify(SHS_SIGN_KOA, &secrets, text, signatures, 0));
}
END_TEST

START_TEST(signature_verify__accepts_nothing_without_a_digest)
{
    shs_secrets_t secrets = secrets_of(EXPRESS_SECRET);
    shs_octets_t signature = unit_text(EXPRESS_SIG);
    shs_octets_t none = unit_text("");

    unit_set_digests(0);
    ck_assert(!shs_signature_verify(SHS_SIGN_EXPRESS, &secrets,
                                    unit_text(EXPRESS_ID), &signature, 1));
    ck_assert(!shs_signature_verify(SHS_SIGN_EXPRESS, &secrets,
                                    unit_text(EXPRESS_ID), &none, 1));
    unit_set_digests(1);
}
END_TEST

static const struct {
    shs_sign_t sign;
    const char *value;
    const char *id; /* NULL: refused */
    const char *signature;
    const char *why;
} splits[] = {
    { SHS_SIGN_EXPRESS, "s:" EXPRESS_ID "." EXPRESS_SIG, EXPRESS_ID,
      EXPRESS_SIG, "express" },
    { SHS_SIGN_EXPRESS, "s:a.b." EXPRESS_SIG, "a.b", EXPRESS_SIG,
      "an id with a dot" },
    { SHS_SIGN_EXPRESS, "s:." EXPRESS_SIG, "", EXPRESS_SIG, "an empty id" },
    { SHS_SIGN_EXPRESS, EXPRESS_ID "." EXPRESS_SIG, NULL, NULL, "without s:" },
    { SHS_SIGN_EXPRESS, "s:" EXPRESS_ID, NULL, NULL, "no signature" },
    { SHS_SIGN_EXPRESS, "s:" EXPRESS_ID ".", NULL, NULL, "an empty one" },
    { SHS_SIGN_EXPRESS, "s:" EXPRESS_ID "." EXPRESS_SIG "=", NULL, NULL,
      "with padding" },
    { SHS_SIGN_EXPRESS, "s:" EXPRESS_ID "." KOA_SIG, NULL, NULL,
      "of another length" },
    { SHS_SIGN_EXPRESS,
      "s:" EXPRESS_ID ".HEzxoZUQ5fk80Z7-oH7JqMvAD4f1dCRRYDRkBJKm2qw", NULL,
      NULL, "of other characters" },
    { SHS_SIGN_EXPRESS, "s:", NULL, NULL, "s: alone" },
    { SHS_SIGN_EXPRESS, "s", NULL, NULL, "half of it" },
    { SHS_SIGN_EXPRESS, "", NULL, NULL, "nothing" },
    { SHS_SIGN_EXPRESS, "S:" EXPRESS_ID "." EXPRESS_SIG, NULL, NULL,
      "a capital S" },
    { SHS_SIGN_FASTIFY, FASTIFY_ID "." FASTIFY_SIG, FASTIFY_ID, FASTIFY_SIG,
      "fastify" },
    { SHS_SIGN_FASTIFY, FASTIFY_ID, NULL, NULL, "fastify: no signature" },
    { SHS_SIGN_FASTIFY, ".", NULL, NULL, "fastify: a dot alone" },
    { SHS_SIGN_KOA, KOA_ID ".x", KOA_ID ".x", "", "koa: the value is the id" },
    { SHS_SIGN_NONE, "a.b", "a.b", "", "no signature, nothing is separated" },
};

START_TEST(signature_split__separates_at_the_last_dot)
{
    shs_octets_t id, signature;
    const char *refusal = shs_signature_split(&id, &signature, splits[_i].sign,
                                              unit_text(splits[_i].value));

    ck_assert_msg(!refusal == !!splits[_i].id, "%s: %s", splits[_i].why,
                  refusal ? refusal : "accepted");
    if (!refusal) {
        ck_octets_eq(id, unit_text(splits[_i].id), splits[_i].why);
        ck_octets_eq(signature, unit_text(splits[_i].signature),
                     splits[_i].why);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, signature_verify__takes_only_what_the_framework_has_signed, 0,
        ROWS(proofs));
    tcase_add_test(tc, signature_verify__compares_with_each_signature);
    tcase_add_test(tc, signature_verify__accepts_nothing_without_a_digest);
    tcase_add_loop_test(tc, signature_split__separates_at_the_last_dot, 0,
                        ROWS(splits));
}

int main(void)
{
    return unit_main("signature", add);
}
