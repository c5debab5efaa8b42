/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include <string.h>

#define ROTATE(x, by) ((x) << (by) | (x) >> (64 - (by)))

/* One round, and as many as asked for. */
#define ROUND(a, b, c, d)          \
    do {                           \
        (a) += (b);                \
        (b) = ROTATE(b, 13) ^ (a); \
        (a) = ROTATE(a, 32);       \
        (c) += (d);                \
        (d) = ROTATE(d, 16) ^ (c); \
        (a) += (d);                \
        (d) = ROTATE(d, 21) ^ (a); \
        (c) += (b);                \
        (b) = ROTATE(b, 17) ^ (c); \
        (c) = ROTATE(c, 32);       \
    } while (0)

static apr_uint64_t read_word(const unsigned char *octets)
{
    apr_uint64_t word;

    memcpy(&word, octets, sizeof(word));
#if APR_IS_BIGENDIAN
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The octets behind the last whole word, and the length above them. */
static apr_uint64_t read_rest(const char *data, apr_size_t len)
{
    unsigned char octets[8] = { 0 };

    memcpy(octets, data + len / 8 * 8, len % 8);
    octets[7] = (unsigned char)len;
    return read_word(octets);
}

shs_siphash_t shs_siphash_hash(const char *data, apr_size_t len,
                               const unsigned char key[SHS_SIPHASH_KEY])
{
    apr_uint64_t k0 = read_word(key);
    apr_uint64_t k1 = read_word(key + 8);
    apr_uint64_t a = APR_UINT64_C(0x736f6d6570736575) ^ k0;
    apr_uint64_t b = APR_UINT64_C(0x646f72616e646f6d) ^ k1 ^ 0xee;
    apr_uint64_t c = APR_UINT64_C(0x6c7967656e657261) ^ k0;
    apr_uint64_t d = APR_UINT64_C(0x7465646279746573) ^ k1;
    shs_siphash_t hash;
    apr_size_t i;

    for (i = 0; i <= len / 8; ++i) {
        apr_uint64_t word = i < len / 8
                                ? read_word((const unsigned char *)data + 8 * i)
                                : read_rest(data, len);

        d ^= word;
        ROUND(a, b, c, d);
        ROUND(a, b, c, d);
        a ^= word;
    }
    c ^= 0xee;
    for (i = 0; i < 4; ++i) {
        ROUND(a, b, c, d);
    }
    hash.low = a ^ b ^ c ^ d;
    b ^= 0xdd;
    for (i = 0; i < 4; ++i) {
        ROUND(a, b, c, d);
    }
    hash.high = a ^ b ^ c ^ d;
    return hash;
}
