/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/session_id.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_general.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <openssl/evp.h>

/* 1: an id may always contain it. Another bit: it is one of
 * SHS_SESSION_ID_EXTRAS. */
#define PLUS  2
#define SLASH 4
#define EQUAL 8
#define COLON 16
#define AT    32
#define BANG  64

static const unsigned char kinds[256] = {
    ['!'] = BANG,  ['+'] = PLUS,  ['-'] = 1,  ['.'] = 1, ['/'] = SLASH,
    ['0'] = 1,     ['1'] = 1,     ['2'] = 1,  ['3'] = 1, ['4'] = 1,
    ['5'] = 1,     ['6'] = 1,     ['7'] = 1,  ['8'] = 1, ['9'] = 1,
    [':'] = COLON, ['='] = EQUAL, ['@'] = AT, ['A'] = 1, ['B'] = 1,
    ['C'] = 1,     ['D'] = 1,     ['E'] = 1,  ['F'] = 1, ['G'] = 1,
    ['H'] = 1,     ['I'] = 1,     ['J'] = 1,  ['K'] = 1, ['L'] = 1,
    ['M'] = 1,     ['N'] = 1,     ['O'] = 1,  ['P'] = 1, ['Q'] = 1,
    ['R'] = 1,     ['S'] = 1,     ['T'] = 1,  ['U'] = 1, ['V'] = 1,
    ['W'] = 1,     ['X'] = 1,     ['Y'] = 1,  ['Z'] = 1, ['_'] = 1,
    ['a'] = 1,     ['b'] = 1,     ['c'] = 1,  ['d'] = 1, ['e'] = 1,
    ['f'] = 1,     ['g'] = 1,     ['h'] = 1,  ['i'] = 1, ['j'] = 1,
    ['k'] = 1,     ['l'] = 1,     ['m'] = 1,  ['n'] = 1, ['o'] = 1,
    ['p'] = 1,     ['q'] = 1,     ['r'] = 1,  ['s'] = 1, ['t'] = 1,
    ['u'] = 1,     ['v'] = 1,     ['w'] = 1,  ['x'] = 1, ['y'] = 1,
    ['z'] = 1,     ['~'] = 1
};

int shs_session_id_add_extras(unsigned char *extras, const char *characters)
{
    const char *c;

    for (c = characters; *c; ++c) {
        unsigned char kind = kinds[(unsigned char)*c];

        if (kind <= 1) {
            return 0;
        }
        *extras |= kind;
    }
    return c > characters;
}

int shs_session_id_is_allowed(char c, unsigned char extras)
{
    return (kinds[(unsigned char)c] & (1 | extras)) != 0;
}

int shs_session_id_is_route(char c)
{
    return c > ' ' && c < 127 && !apr_isalnum(c) && !strchr("-_\";,\\", c);
}

/* The class of an octet that an id cannot contain, in words. */
static const char *describe_octet(unsigned char c)
{
    if (c < ' ' || c == 127) {
        return "the value has a control character";
    }
    if (c > 127) {
        return "the value has an octet beyond ASCII";
    }
    switch (c) {
    case ' ':
        return "the value has a space";
    case '%':
        return "the value has a percent sign: an encoded value is not decoded";
    case ',':
        return "the value has a comma";
    case '"':
        return "the value has a quotation mark";
    default:
        return kinds[c] ? "the value has one of " SHS_SESSION_ID_EXTRAS
                          " which id-chars= does not allow"
                        : "the value has a character that no id has";
    }
}

/* Whether an id may always contain each of the octets. Nearly all ids are so,
 * and there is nothing to decide from one octet to the next. */
static int are_unreserved(shs_octets_t value)
{
    const unsigned char *c = (const unsigned char *)value.data;
    unsigned char all = 1;
    apr_size_t i;

    for (i = 0; i + 4 <= value.len; i += 4) {
        all &=
            kinds[c[i]] & kinds[c[i + 1]] & kinds[c[i + 2]] & kinds[c[i + 3]];
    }
    for (; i < value.len; ++i) {
        all &= kinds[c[i]];
    }
    return all;
}

const char *shs_session_id_parse(shs_session_id_t *out, shs_octets_t value,
                                 char route, unsigned char extras)
{
    apr_size_t i;

    if (route != SHS_SESSION_ID_NO_ROUTE && value.len > 0) {
        const char *cut = memchr(value.data, route, value.len);

        if (cut == value.data) {
            return "the value has nothing before the route";
        }
        if (cut) {
            value.len = (apr_size_t)(cut - value.data);
        }
    }
    if (value.len < SHS_SESSION_ID_MIN) {
        return "the value is shorter than 16 characters";
    }
    if (value.len > SHS_SESSION_ID_MAX) {
        return "the value is longer than 256 characters";
    }
    if (are_unreserved(value)) {
        out->octets = value;
        return NULL;
    }
    for (i = 0; i < value.len; ++i) {
        if (!shs_session_id_is_allowed(value.data[i], extras)) {
            return describe_octet((unsigned char)value.data[i]);
        }
    }
    out->octets = value;
    return NULL;
}

int shs_session_id_create(shs_session_id_t *out, apr_pool_t *p)
{
    unsigned char octets[SHS_SESSION_ID_ENTROPY];
    char *text = apr_palloc(p, apr_base64_encode_len(sizeof(octets)));
    int i;

    if (apr_generate_random_bytes(octets, sizeof(octets)) != APR_SUCCESS) {
        return 0;
    }
    apr_base64_encode_binary(text, octets, sizeof(octets));
    for (i = 0; i < SHS_SESSION_ID_LENGTH; ++i) {
        text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    }
    text[SHS_SESSION_ID_LENGTH] = '\0';
    out->octets.data = text;
    out->octets.len = SHS_SESSION_ID_LENGTH;
    return 1;
}

int shs_session_id_is_equal(const shs_session_id_t *a,
                            const shs_session_id_t *b)
{
    return a->octets.len == b->octets.len
           && !memcmp(a->octets.data, b->octets.data, a->octets.len);
}

shs_octets_t shs_session_id_octets(const shs_session_id_t *sid)
{
    return sid->octets;
}

int shs_session_id_digest(char out[SHS_SESSION_ID_DIGEST_SIZE],
                          const shs_session_id_t *sid)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    int i;

    if (!EVP_Digest(sid->octets.data, sid->octets.len, digest, NULL,
                    EVP_sha256(), NULL)) {
        return 0;
    }
    for (i = 0; i < 32; ++i) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[64] = '\0';
    return 1;
}

void shs_session_id_label(char out[SHS_SESSION_ID_LABEL_SIZE],
                          const shs_session_id_t *sid)
{
    char digest[SHS_SESSION_ID_DIGEST_SIZE];

    apr_cpystrn(out, shs_session_id_digest(digest, sid) ? digest : "-",
                SHS_SESSION_ID_LABEL_SIZE);
}
