/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_text.h"

#define REPLACEMENT 0xFFFD

static int is_high(unsigned unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static int is_low(unsigned unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The code unit at data[*at], behind which *at is then; -1: malformed. */
static int next_unit(const unsigned char *data, apr_size_t len, apr_size_t *at)
{
    unsigned c = data[*at];
    apr_size_t left = len - *at;

    if (c < 0x80) {
        *at += 1;
        return (int)c;
    }
    if ((c & 0xE0) == 0xC0 && left >= 2 && (data[*at + 1] & 0xC0) == 0x80) {
        c = (c & 0x1F) << 6 | (data[*at + 1] & 0x3F);
        *at += 2;
        return (int)c;
    }
    if ((c & 0xF0) == 0xE0 && left >= 3 && (data[*at + 1] & 0xC0) == 0x80
        && (data[*at + 2] & 0xC0) == 0x80) {
        c = (c & 0x0F) << 12 | (data[*at + 1] & 0x3Fu) << 6
            | (data[*at + 2] & 0x3F);
        *at += 3;
        return (int)c;
    }
    return -1;
}

/* Writes one character and returns where the next one goes. */
static char *put(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
    }
    else {
        if (c < 0x10000) {
            *to++ = (char)(0xE0 | c >> 12);
        }
        else {
            *to++ = (char)(0xF0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        }
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
    }
    *to++ = (char)(0x80 | (c & 0x3F));
    return to;
}

/* The length of the ASCII at the beginning. */
static apr_size_t measure_ascii(const unsigned char *data, apr_size_t len)
{
    apr_size_t at = 0;
    apr_uint64_t word;

    while (len - at >= sizeof(word)) {
        memcpy(&word, data + at, sizeof(word));
        if (word & APR_UINT64_C(0x8080808080808080)) {
            break;
        }
        at += sizeof(word);
    }
    while (at < len && data[at] < 0x80) {
        ++at;
    }
    return at;
}

/* Whether the text is well formed; *is_same: UTF-8 has the same octets. */
static int check(int *is_same, const unsigned char *data, apr_size_t len)
{
    apr_size_t at = measure_ascii(data, len);

    *is_same = 1;
    while (at < len) {
        apr_size_t begin = at;
        int unit = next_unit(data, len, &at);

        if (unit < 0) {
            return 0;
        }
        if ((at - begin == 2 && unit < 0x80)
            || (at - begin == 3
                && (unit < 0x800 || (unit >= 0xD800 && unit <= 0xDFFF)))) {
            *is_same = 0;
        }
    }
    return 1;
}

/* No character is longer in UTF-8: a pair of surrogates has four octets instead
 * of six, and U+FFFD as many as the surrogate that it replaces. */
int shs_java_text_read(shs_octets_t *out, shs_octets_t modified, apr_pool_t *p)
{
    const unsigned char *data = (const unsigned char *)modified.data;
    apr_size_t at = 0;
    int is_same;
    char *text, *to;

    if (!check(&is_same, data, modified.len)) {
        return 0;
    }
    if (is_same) {
        *out = modified;
        return 1;
    }
    text = to = apr_palloc(p, modified.len);
    while (at < modified.len) {
        unsigned c = (unsigned)next_unit(data, modified.len, &at);

        if (is_high(c) && at < modified.len) {
            apr_size_t behind = at;
            unsigned low = (unsigned)next_unit(data, modified.len, &behind);

            if (is_low(low)) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                at = behind;
            }
        }
        to = put(to, c >= 0xD800 && c <= 0xDFFF ? REPLACEMENT : c);
    }
    out->data = text;
    out->len = (apr_size_t)(to - text);
    return 1;
}

/* The character at units[*at], behind which *at is then. */
static unsigned next_character(const unsigned char *units, apr_size_t count,
                               apr_size_t *at)
{
    const unsigned char *unit = units + 2 * (*at)++;
    unsigned c = (unsigned)unit[0] << 8 | unit[1];

    if (is_high(c) && *at < count) {
        unsigned low = (unsigned)unit[2] << 8 | unit[3];

        if (is_low(low)) {
            ++*at;
            return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return c >= 0xD800 && c <= 0xDFFF ? REPLACEMENT : c;
}

shs_octets_t shs_java_text_of_units(const unsigned char *units,
                                    apr_size_t count, apr_pool_t *p)
{
    char longest[4];
    shs_octets_t out = { "", 0 };
    apr_size_t at;
    char *to;

    for (at = 0; at < count;) {
        out.len += (apr_size_t)(put(longest, next_character(units, count, &at))
                                - longest);
    }
    out.data = to = apr_palloc(p, out.len + 1);
    for (at = 0; at < count;) {
        to = put(to, next_character(units, count, &at));
    }
    return out;
}
