/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/id_steps.h"

/* The value of a character of base64 or base64url; -1: neither has it. */
static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Decodes base64. Returns 0 if the value is none. Bits behind the last octet
 * are ignored, as Java does. */
static int decode_base64(shs_octets_t *out, shs_octets_t value, apr_pool_t *p)
{
    unsigned long bits = 0;
    apr_size_t i, padding = 0;
    char *text, *end;

    while (padding < 2 && padding < value.len
           && value.data[value.len - 1 - padding] == '=') {
        ++padding;
    }
    if (padding > 0 && value.len % 4 != 0) {
        return 0;
    }
    value.len -= padding;
    if (value.len % 4 == 1) {
        return 0;
    }
    text = end = apr_palloc(p, value.len / 4 * 3 + 3);
    for (i = 0; i < value.len; ++i) {
        int digit = digit_of(value.data[i]);

        if (digit < 0) {
            return 0;
        }
        bits = (bits << 6 | (unsigned long)digit) & 0xFFFFFF;
        if (i % 4 != 0) {
            *end++ = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
        }
    }
    out->data = text;
    out->len = (apr_size_t)(end - text);
    return 1;
}

static shs_octets_t decode_percent(shs_octets_t value, apr_pool_t *p)
{
    shs_octets_t decoded = { NULL, 0 };
    char *text;

    if (!memchr(value.data, '%', value.len)) {
        return value;
    }
    text = apr_palloc(p, value.len);
    decoded.data = text;
    return shs_octets_unescape(text, &decoded.len, value.data, value.len, 0)
                   == 0
               ? decoded
               : value;
}

/* Why a value that can be decoded is no id is what its decoding shows. */
static const char *parse_base64(shs_session_id_t *out,
                                const shs_id_steps_t *steps, shs_octets_t value,
                                apr_pool_t *p)
{
    const char *refusal = NULL;
    shs_octets_t decoded;

    if (decode_base64(&decoded, value, p)) {
        refusal = shs_id_pattern_parse(out, &steps->pattern, decoded,
                                       steps->route, steps->extras);
        if (!refusal
            || !shs_id_pattern_parse(out, &steps->pattern, value, steps->route,
                                     steps->extras)) {
            return NULL;
        }
        return refusal;
    }
    return shs_id_pattern_parse(out, &steps->pattern, value, steps->route,
                                steps->extras);
}

const char *shs_id_steps_parse_foreign(shs_session_id_t *out,
                                       shs_id_proof_t *proof,
                                       const shs_id_steps_t *steps,
                                       shs_octets_t value, apr_pool_t *p)
{
    const char *refusal;
    shs_octets_t id;

    /* Koa signs the value as it is. */
    proof->text = value;
    if (steps->decode & SHS_DECODE_PERCENT) {
        value = decode_percent(value, p);
    }
    refusal = shs_signature_split(&id, &proof->signature, steps->sign, value);
    if (refusal) {
        return refusal;
    }
    if (steps->sign != SHS_SIGN_KOA) {
        proof->text = id;
    }
    return steps->decode & SHS_DECODE_BASE64
               ? parse_base64(out, steps, id, p)
               : shs_id_pattern_parse(out, &steps->pattern, id, steps->route,
                                      steps->extras);
}
