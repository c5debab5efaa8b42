/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>

#include <apr_strings.h>

#include "base/octets.h"
#include "session/id/id_steps.h"

/* The steps of frameworks, and combinations that none has. */
static const shs_id_steps_t all_steps[] = {
    { 0, SHS_SIGN_NONE, NULL, { 0 }, '.', 0 },
    { SHS_DECODE_BASE64, SHS_SIGN_NONE, NULL, { SHS_ID_UUID }, '.', 0 },
    { SHS_DECODE_PERCENT | SHS_DECODE_BASE64,
      SHS_SIGN_NONE,
      NULL,
      { 0 },
      '!',
      255 },
    { SHS_DECODE_PERCENT, SHS_SIGN_EXPRESS, NULL, { SHS_ID_TOKEN }, 0, 0 },
    { SHS_DECODE_PERCENT, SHS_SIGN_EXPRESS, NULL, { 0 }, 0, 255 },
    { SHS_DECODE_PERCENT, SHS_SIGN_FASTIFY, NULL, { SHS_ID_TOKEN }, 0, 0 },
    { 0, SHS_SIGN_KOA, NULL, { SHS_ID_UUID, 0, 0, "koa:" }, 0, 0 },
    { 0, SHS_SIGN_NONE, NULL, { SHS_ID_HEX, 32, 64, NULL }, 0, 0 },
    { 0, SHS_SIGN_NONE, NULL, { SHS_ID_HEX_ROUTE }, 0, 0 },
};

#define STEPS (sizeof(all_steps) / sizeof(*all_steps))

static void check_id(shs_octets_t id, const shs_id_steps_t *steps)
{
    apr_size_t i;

    MUST(id.len >= SHS_SESSION_ID_MIN && id.len <= SHS_SESSION_ID_MAX);
    MUST(id.len >= steps->pattern.min);
    MUST(!steps->pattern.max || id.len <= steps->pattern.max);
    MUST(!shs_octets_have_control(id));
    for (i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.data[i];

        MUST(c > ' ' && c < 127 && c != '%' && c != ';');
        MUST(steps->pattern.characters != SHS_ID_HEX || isxdigit(c));
        MUST(steps->pattern.characters != SHS_ID_UUID || isxdigit(c)
             || c == '-');
        MUST(steps->pattern.characters != SHS_ID_TOKEN || isalnum(c) || c == '-'
             || c == '_');
        MUST(steps->route == 0 || c != (unsigned char)steps->route);
    }
}

/* A signature that is right is not right with an octet changed. */
static void check_proof(const shs_id_proof_t *proof, shs_sign_t sign,
                        apr_pool_t *p)
{
    static const shs_secrets_t secrets = {
        2, { { "other", 5 }, { "keyboard cat", 12 } }
    };
    char *changed;
    shs_octets_t other;

    MUST(shs_signature_is_plausible(sign, proof->signature));
    if (shs_signature_verify(sign, &secrets, proof->text, &proof->signature,
                             1)) {
        changed =
            apr_pstrmemdup(p, proof->signature.data, proof->signature.len);
        changed[proof->text.len % proof->signature.len] ^= 1;
        other.data = changed;
        other.len = proof->signature.len;
        MUST(!shs_signature_verify(sign, &secrets, proof->text, &other, 1));
    }
}

/* The first octet chooses the steps; the rest is the value. */
void fuzz_id_steps(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const shs_id_steps_t *steps = &all_steps[size > 0 ? data[0] % STEPS : 0];
    shs_octets_t value = { (const char *)data + (size > 0), size - (size > 0) };
    shs_session_id_t sid;
    shs_id_proof_t proof;
    const char *refusal = shs_id_steps_parse(&sid, &proof, steps, value, p);

    if (refusal) {
        MUST(*refusal != '\0');
        return;
    }
    check_id(shs_session_id_octets(&sid), steps);
    if (steps->sign == SHS_SIGN_EXPRESS || steps->sign == SHS_SIGN_FASTIFY) {
        check_proof(&proof, steps->sign, p);
    }
    if (steps->sign == SHS_SIGN_KOA) {
        MUST(proof.text.data == value.data && proof.text.len == value.len);
    }
}
