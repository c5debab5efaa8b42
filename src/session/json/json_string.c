/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_string.h"

#include <string.h>

#include <apr_lib.h>

#define REPLACEMENT 0xFFFD

/* Eight octets with that value. */
#define EACH(octet) (0x0101010101010101ULL * (octet))

/* Has the highest bit of each of eight octets that is no letter of plain ASCII:
 * a quotation mark, a reverse solidus, a control character, or from 0x80 on.
 * x - 1 in each octet borrows from its highest bit if x is 0. A borrow may
 * reach the next octet, so only the lowest bit that is set is certain. */
static apr_uint64_t find_special(apr_uint64_t octets)
{
    apr_uint64_t quote = octets ^ EACH('"');
    apr_uint64_t solidus = octets ^ EACH('\\');

    return ((quote - EACH(1)) | (solidus - EACH(1)) | (octets - EACH(0x20))
            | octets)
           & EACH(0x80);
}

/* The number of the lowest octet in memory of which the highest bit is set, or
 * 0: it is not known here. */
static int find_first(apr_uint64_t bits)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_ctzll(bits) / 8;
#else
    (void)bits;
    return 0;
#endif
}

static const char *skip_plain(const char *c, const char *end)
{
    apr_uint64_t octets, special;

    while (end - c >= (apr_ssize_t)sizeof(octets)) {
        memcpy(&octets, c, sizeof(octets));
        special = find_special(octets);
        if (special) {
            c += find_first(special);
            break;
        }
        c += sizeof(octets);
    }
    while (c < end && (unsigned char)*c >= 0x20 && (unsigned char)*c < 0x80
           && *c != '"' && *c != '\\') {
        ++c;
    }
    return c;
}

/* The length of the character beyond ASCII at c; 0: it is no UTF-8. The second
 * octet tells overlong forms, surrogates and what is past U+10FFFF. */
static apr_size_t measure_utf8(const char *c, const char *end)
{
    unsigned char first = (unsigned char)*c;
    apr_size_t len = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    unsigned char second;
    apr_size_t i;

    if (first < 0xC2 || first > 0xF4 || (apr_size_t)(end - c) < len) {
        return 0;
    }
    for (i = 1; i < len; ++i) {
        if (((unsigned char)c[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    second = (unsigned char)c[1];
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)
        || (first == 0xF0 && second < 0x90)
        || (first == 0xF4 && second > 0x8F)) {
        return 0;
    }
    return len;
}

/* The length of the escape at c; 0: it is none. */
static apr_size_t measure_escape(const char *c, const char *end)
{
    int i;

    if (end - c < 2) {
        return 0;
    }
    if (c[1] != 'u') {
        return c[1] && strchr("\"\\/bfnrt", c[1]) ? 2 : 0;
    }
    if (end - c < 6) {
        return 0;
    }
    for (i = 2; i < 6; ++i) {
        if (!apr_isxdigit(c[i])) {
            return 0;
        }
    }
    return 6;
}

/* The four hexadecimal digits at c. */
static unsigned read_hex(const char *c)
{
    unsigned code = 0;
    int i;

    for (i = 0; i < 4; ++i) {
        unsigned char digit = (unsigned char)c[i];

        code = code << 4 | (digit <= '9' ? digit & 0x0FU : (digit & 7U) + 9U);
    }
    return code;
}

static char *put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
    }
    else {
        if (code < 0x10000) {
            *out++ = (char)(0xE0 | code >> 12);
        }
        else {
            *out++ = (char)(0xF0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (code & 0x3F));
    return out;
}

/* Decodes the escape at *at, of two halves if it is a surrogate pair. */
static char *put_escape(char *out, const char **at, const char *end)
{
    static const char names[] = "bfnrt";
    static const char controls[] = "\b\f\n\r\t";
    const char *c = *at;
    const char *name;
    unsigned code, low;

    *at += 2;
    if (c[1] != 'u') {
        name = strchr(names, c[1]);
        *out++ = name ? controls[name - names] : c[1];
        return out;
    }
    *at += 4;
    code = read_hex(c + 2);
    if (code >= 0xD800 && code <= 0xDFFF) {
        low = code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\'
                      && (*at)[1] == 'u'
                  ? read_hex(*at + 2)
                  : 0;
        if (low < 0xDC00 || low > 0xDFFF) {
            return put_utf8(out, REPLACEMENT);
        }
        *at += 6;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return put_utf8(out, code);
}

/* Decodes a string that was checked. No escape is shorter than what it stands
 * for. */
static shs_octets_t decode(const char *c, const char *end, apr_pool_t *p)
{
    char *start = apr_palloc(p, (apr_size_t)(end - c) + 1);
    char *out = start;
    shs_octets_t text;

    while (c < end) {
        const char *escape = memchr(c, '\\', (apr_size_t)(end - c));
        apr_size_t len = (apr_size_t)((escape ? escape : end) - c);

        memcpy(out, c, len);
        out += len;
        c += len;
        if (escape) {
            out = put_escape(out, &c, end);
        }
    }
    *out = '\0';
    text.data = start;
    text.len = (apr_size_t)(out - start);
    return text;
}

int shs_json_string_take(shs_octets_t *text, const char **at, const char *end,
                         apr_pool_t *p)
{
    const char *begin = *at;
    int is_escaped = 0;
    apr_size_t len;

    while ((*at = skip_plain(*at, end)) < end && **at != '"') {
        if (**at == '\\') {
            is_escaped = 1;
            len = measure_escape(*at, end);
        }
        else {
            len = measure_utf8(*at, end);
        }
        if (len == 0) {
            return 0;
        }
        *at += len;
    }
    if (*at == end) {
        return 0;
    }
    if (text && is_escaped) {
        *text = decode(begin, *at, p);
    }
    else if (text) {
        text->data = begin;
        text->len = (apr_size_t)(*at - begin);
    }
    ++*at;
    return 1;
}
