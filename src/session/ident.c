/* SPDX-License-Identifier: Apache-2.0 */
#include "session/ident.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_general.h>
#include <openssl/evp.h>

/* 1 for A-Z a-z 0-9 . _ ~ + / = : @ ! - */
static const unsigned char allowed[256] = {
    ['!'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['/'] = 1, ['0'] = 1, ['1'] = 1,
    ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1,
    ['9'] = 1, [':'] = 1, ['='] = 1, ['@'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1,
    ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1,
    ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1,
    ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
    ['Y'] = 1, ['Z'] = 1, ['_'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1,
    ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1,
    ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,
    ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1,
    ['z'] = 1, ['~'] = 1
};

int shs_ident_parse(shs_ident_t *out, shs_octets_t value, char route)
{
    apr_size_t i;

    if (route != SHS_IDENT_NO_ROUTE && value.len > 0) {
        const char *cut = memchr(value.data, route, value.len);

        if (cut) {
            value.len = (apr_size_t)(cut - value.data);
        }
    }
    if (value.len < SHS_IDENT_MIN || value.len > SHS_IDENT_MAX) {
        return 0;
    }
    for (i = 0; i < value.len; ++i) {
        if (!allowed[(unsigned char)value.data[i]]) {
            return 0;
        }
    }
    out->octets = value;
    return 1;
}

int shs_ident_create(shs_ident_t *out, apr_pool_t *p)
{
    unsigned char octets[SHS_IDENT_ENTROPY];
    char *text = apr_palloc(p, apr_base64_encode_len(sizeof(octets)));
    int i;

    if (apr_generate_random_bytes(octets, sizeof(octets)) != APR_SUCCESS) {
        return 0;
    }
    apr_base64_encode_binary(text, octets, sizeof(octets));
    for (i = 0; i < SHS_IDENT_LENGTH; ++i) {
        text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    }
    text[SHS_IDENT_LENGTH] = '\0';
    out->octets.data = text;
    out->octets.len = SHS_IDENT_LENGTH;
    return 1;
}

int shs_ident_is_equal(const shs_ident_t *a, const shs_ident_t *b)
{
    return a->octets.len == b->octets.len
           && !memcmp(a->octets.data, b->octets.data, a->octets.len);
}

shs_octets_t shs_ident_octets(const shs_ident_t *ident)
{
    return ident->octets;
}

void shs_ident_digest(char out[SHS_IDENT_DIGEST_SIZE], const shs_ident_t *ident)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    unsigned int len = 0;
    int i;

    /* Fails only without memory. Zeros then make a key that nothing is
     * stored under, so the request finds no session rather than another's. */
    if (!EVP_Digest(ident->octets.data, ident->octets.len, digest, &len,
                    EVP_sha256(), NULL)) {
        memset(digest, 0, sizeof(digest));
    }
    for (i = 0; i < 32; ++i) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[64] = '\0';
}

void shs_ident_label(char out[SHS_IDENT_LABEL_SIZE], const shs_ident_t *ident)
{
    char digest[SHS_IDENT_DIGEST_SIZE];

    shs_ident_digest(digest, ident);
    memcpy(out, digest, SHS_IDENT_LABEL_SIZE - 1);
    out[SHS_IDENT_LABEL_SIZE - 1] = '\0';
}
