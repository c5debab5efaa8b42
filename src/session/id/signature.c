/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/signature.h"

#include <apr_lib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define UNSIGNED "the value has no signature"

/* Lengths of the signatures in base64, without padding: of 32 and 20 octets. */
#define SHA256_LEN 43
#define SHA1_LEN   27

/* Room for a digest in base64, with padding and a NUL. */
#define ROOM 64

static apr_size_t length_of(shs_sign_t sign)
{
    return sign == SHS_SIGN_KOA ? SHA1_LEN : SHA256_LEN;
}

int shs_signature_is_plausible(shs_sign_t sign, shs_octets_t signature)
{
    const char *others = sign == SHS_SIGN_KOA ? "-_" : "+/";
    apr_size_t i;

    if (signature.len != length_of(sign)) {
        return 0;
    }
    for (i = 0; i < signature.len; ++i) {
        char c = signature.data[i];

        if (!apr_isalnum(c) && c != others[0] && c != others[1]) {
            return 0;
        }
    }
    return 1;
}

/* The last "." of the octets, or NULL. */
static const char *find_last_dot(shs_octets_t value)
{
    const char *c = value.data + value.len;

    while (c > value.data) {
        if (*--c == '.') {
            return c;
        }
    }
    return NULL;
}

const char *shs_signature_split(shs_octets_t *id, shs_octets_t *signature,
                                shs_sign_t sign, shs_octets_t value)
{
    const char *dot;

    *id = value;
    signature->data = value.data;
    signature->len = 0;
    if (sign == SHS_SIGN_NONE || sign == SHS_SIGN_KOA) {
        return NULL;
    }
    if (sign == SHS_SIGN_EXPRESS) {
        if (value.len < 2 || memcmp(value.data, "s:", 2) != 0) {
            return UNSIGNED ": it does not begin with s:";
        }
        id->data += 2;
        id->len -= 2;
    }
    dot = find_last_dot(*id);
    if (!dot) {
        return UNSIGNED;
    }
    signature->data = dot + 1;
    signature->len = (apr_size_t)(id->data + id->len - signature->data);
    id->len = (apr_size_t)(dot - id->data);
    return shs_signature_is_plausible(sign, *signature)
               ? NULL
               : "the value's signature is not of the form of sign=";
}

/* Writes the signature of the text. Returns 0 if there is none. */
static int compute(char out[ROOM], shs_sign_t sign, shs_octets_t secret,
                   shs_octets_t text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *c;

    if (!HMAC(sign == SHS_SIGN_KOA ? EVP_sha1() : EVP_sha256(), secret.data,
              (int)secret.len, (const unsigned char *)text.data, text.len,
              digest, &len)
        || len > 32) {
        return 0;
    }
    EVP_EncodeBlock((unsigned char *)out, digest, (int)len);
    for (c = out; sign == SHS_SIGN_KOA && *c; ++c) {
        *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
    }
    return 1;
}

int shs_signature_verify(shs_sign_t sign, const shs_secrets_t *secrets,
                         shs_octets_t text, const shs_octets_t *signatures,
                         int count)
{
    char computed[ROOM];
    int is_right = 0;
    int i, k;

    for (i = 0; i < secrets->count && !is_right; ++i) {
        if (!compute(computed, sign, secrets->list[i], text)) {
            continue;
        }
        for (k = 0; k < count; ++k) {
            is_right |= signatures[k].len == length_of(sign)
                        && !CRYPTO_memcmp(computed, signatures[k].data,
                                          length_of(sign));
        }
    }
    OPENSSL_cleanse(computed, sizeof(computed));
    return is_right;
}
