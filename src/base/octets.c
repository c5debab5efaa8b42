/* SPDX-License-Identifier: Apache-2.0 */
#include "base/octets.h"

#include <limits.h>
#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

shs_octets_t shs_octets_of(const char *text)
{
    shs_octets_t octets;

    octets.data = text;
    octets.len = strlen(text);
    return octets;
}

static int is_control(unsigned char c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

#define EACH(octet) ((apr_uint64_t)0x0101010101010101u * (octet))

/* Whether one of eight octets is below 0x20 (TAB too) or 0x7F. */
static int is_suspect(apr_uint64_t word)
{
    apr_uint64_t del = word ^ EACH(0x7f);

    return ((((word - EACH(0x20)) & ~word) | ((del - EACH(1)) & ~del))
            & EACH(0x80))
           != 0;
}

static int has_control(const char *data, apr_size_t len)
{
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        if (is_control((unsigned char)data[i])) {
            return 1;
        }
    }
    return 0;
}

static int word_has_control(const char *data)
{
    apr_uint64_t word;

    memcpy(&word, data, sizeof(word));
    return is_suspect(word) && has_control(data, sizeof(word));
}

/* Four to seven octets; those in the middle are checked twice. */
static int half_words_have_control(const char *data, apr_size_t len)
{
    char octets[8];

    memcpy(octets, data, 4);
    memcpy(octets + 4, data + len - 4, 4);
    return word_has_control(octets);
}

/* All exposed names and values are checked here, so it takes eight octets at a
 * time; the last eight may overlap those before. */
int shs_octets_have_control(shs_octets_t octets)
{
    apr_size_t i;

    if (octets.len < sizeof(apr_uint64_t)) {
        return octets.len < 4
                   ? has_control(octets.data, octets.len)
                   : half_words_have_control(octets.data, octets.len);
    }
    for (i = 0; i < octets.len - sizeof(apr_uint64_t);
         i += sizeof(apr_uint64_t)) {
        if (word_has_control(octets.data + i)) {
            return 1;
        }
    }
    return word_has_control(octets.data + octets.len - sizeof(apr_uint64_t));
}

/* Recipients trim a space at either end (RFC 9110 section 5.5). */
static int must_escape(shs_octets_t octets, apr_size_t i)
{
    unsigned char c = (unsigned char)octets.data[i];

    return c < 0x20 || c >= 0x7f || c == '%'
           || (c == ' ' && (i == 0 || i + 1 == octets.len));
}

/* Whether SHS_ENCODING_PERCENT escapes one of eight octets, wherever they
 * stand. */
static int word_needs_percent(const char *data)
{
    apr_uint64_t word, del, percent;

    memcpy(&word, data, sizeof(word));
    del = word ^ EACH(0x7f);
    percent = word ^ EACH('%');
    return ((((word - EACH(0x20)) & ~word) | ((del - EACH(1)) & ~del)
             | ((percent - EACH(1)) & ~percent) | word)
            & EACH(0x80))
           != 0;
}

int shs_octets_need_percent(shs_octets_t octets)
{
    apr_size_t i;

    if (octets.len < sizeof(apr_uint64_t)) {
        i = 0;
        while (i < octets.len && !must_escape(octets, i)) {
            ++i;
        }
        return i < octets.len;
    }
    for (i = 0; i < octets.len - sizeof(apr_uint64_t);
         i += sizeof(apr_uint64_t)) {
        if (word_needs_percent(octets.data + i)) {
            return 1;
        }
    }
    return word_needs_percent(octets.data + octets.len - sizeof(apr_uint64_t))
           || must_escape(octets, 0) || must_escape(octets, octets.len - 1);
}

static const char *encode_percent(shs_octets_t octets, apr_pool_t *p)
{
    static const char hex[] = "0123456789ABCDEF";
    apr_size_t i, escapes = 0;
    char *text, *out;

    if (!shs_octets_need_percent(octets)) {
        return apr_pstrmemdup(p, octets.data, octets.len);
    }
    for (i = 0; i < octets.len; ++i) {
        escapes += (apr_size_t)must_escape(octets, i);
    }
    out = text = apr_palloc(p, octets.len + 2 * escapes + 1);
    for (i = 0; i < octets.len; ++i) {
        unsigned char c = (unsigned char)octets.data[i];

        if (must_escape(octets, i)) {
            *out++ = '%';
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
        }
        else {
            *out++ = (char)c;
        }
    }
    *out = '\0';
    return text;
}

const char *shs_octets_encode(shs_octets_t octets, shs_encoding_t encoding,
                              apr_pool_t *p)
{
    char *text;

    switch (encoding) {
    case SHS_ENCODING_PERCENT:
        return encode_percent(octets, p);
    case SHS_ENCODING_RAW:
        return shs_octets_have_control(octets)
                   ? NULL
                   : apr_pstrmemdup(p, octets.data, octets.len);
    case SHS_ENCODING_BASE64:
        /* apr_base64 counts in int, and the text is longer by a third. */
        if (octets.len > INT_MAX / 2) {
            return NULL;
        }
        text =
            apr_palloc(p, (apr_size_t)apr_base64_encode_len((int)octets.len));
        apr_base64_encode(text, octets.data, (int)octets.len);
        return text;
    }
    return NULL;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

int shs_octets_unescape(char *out, apr_size_t *out_len, const char *data,
                        apr_size_t len, int plus)
{
    apr_size_t i;
    char *end = out;

    for (i = 0; i < len; ++i) {
        int high, low;

        if (data[i] != '%') {
            *end++ = plus && data[i] == '+' ? ' ' : data[i];
            continue;
        }
        if (len - i < 3) {
            return -1;
        }
        high = hex_value(data[i + 1]);
        low = hex_value(data[i + 2]);
        if (high < 0 || low < 0) {
            return -1;
        }
        *end++ = (char)(high << 4 | low);
        i += 2;
    }
    *out_len = (apr_size_t)(end - out);
    return 0;
}
