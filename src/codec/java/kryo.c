/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/kryo.h"

#include <apr_strings.h>

#include "codec/java/java_number.h"
#include "codec/java/java_text.h"

/* The first octet of a value. The numbers of classes that an application has
 * registered are larger; that of a class with a name is 1. */
enum {
    KRYO_NULL = 0,
    KRYO_NAMED = 1,
    KRYO_INTEGER = 2,
    KRYO_STRING = 3,
    KRYO_FLOAT = 4,
    KRYO_BOOLEAN = 5,
    KRYO_BYTE = 6,
    KRYO_CHARACTER = 7,
    KRYO_SHORT = 8,
    KRYO_LONG = 9,
    KRYO_DOUBLE = 10
};

/* The values whose octets are in reverse order: of which type, and how many. */
static const struct {
    int number;
    char type;
    apr_size_t len;
} fixed[] = {
    { KRYO_FLOAT, 'F', 4 },  { KRYO_BOOLEAN, 'Z', 1 },
    { KRYO_BYTE, 'B', 1 },   { KRYO_SHORT, 'S', 2 },
    { KRYO_DOUBLE, 'D', 8 }, { KRYO_CHARACTER, 'C', 2 },
};

#define MOST_FIXED 8

/* Seven bits an octet, the lowest first, and the highest bit says that more
 * follow; of a ninth octet all bits count. Returns its length; 0: it has no
 * end, or is longer than `most`. */
static apr_size_t read_bits(apr_uint64_t *out, const unsigned char *data,
                            apr_size_t len, apr_size_t most)
{
    apr_size_t i;

    *out = 0;
    for (i = 0; i < len && i < most; ++i) {
        if (i == 8) {
            *out |= (apr_uint64_t)data[i] << 56;
            return i + 1;
        }
        *out |= (apr_uint64_t)(data[i] & 0x7F) << (7 * i);
        if (!(data[i] & 0x80)) {
            return i + 1;
        }
    }
    return 0;
}

int shs_kryo_read_integer(apr_int64_t *out, shs_octets_t stored)
{
    const unsigned char *data = (const unsigned char *)stored.data;
    apr_uint64_t bits;
    int is_long;

    if (stored.len < 2 || (data[0] != KRYO_LONG && data[0] != KRYO_INTEGER)) {
        return 0;
    }
    is_long = data[0] == KRYO_LONG;
    if (read_bits(&bits, data + 1, stored.len - 1, is_long ? 9 : 5)
            != stored.len - 1
        || (!is_long && bits > APR_UINT32_MAX)) {
        return 0;
    }
    /* The sign is the lowest bit. */
    *out = (apr_int64_t)(bits >> 1 ^ (0 - (bits & 1)));
    return 1;
}

apr_size_t shs_kryo_write_integer(char out[SHS_KRYO_INTEGER_MAX],
                                  apr_int64_t value, shs_octets_t like)
{
    apr_uint64_t bits =
        (apr_uint64_t)value << 1 ^ (value < 0 ? ~(apr_uint64_t)0 : 0);
    apr_int64_t was;
    apr_size_t len = 1;

    if (!shs_kryo_read_integer(&was, like)
        || (like.data[0] == KRYO_INTEGER && value != (apr_int32_t)value)) {
        return 0;
    }
    out[0] = like.data[0];
    for (; bits > 0x7F && len < SHS_KRYO_INTEGER_MAX - 1; bits >>= 7) {
        out[len++] = (char)(0x80 | (bits & 0x7F));
    }
    out[len++] = (char)bits;
    return len;
}

/* The text without the mark on its last octet, which ends it. */
static int read_ascii(shs_octets_t *out, shs_octets_t text, apr_pool_t *p)
{
    apr_size_t last = text.len - 1;
    apr_size_t i;
    char *copy;

    for (i = 0; i < last; ++i) {
        if (text.data[i] & 0x80) {
            return 0;
        }
    }
    if (!(text.data[last] & 0x80)) {
        return 0;
    }
    copy = apr_pmemdup(p, text.data, text.len);
    copy[last] = (char)(copy[last] & 0x7F);
    out->data = copy;
    out->len = text.len;
    return 1;
}

/* The number of UTF-16 code units of modified UTF-8: each has one octet that
 * continues no other. */
static apr_uint64_t count_units(shs_octets_t modified)
{
    apr_uint64_t count = 0;
    apr_size_t i;

    for (i = 0; i < modified.len; ++i) {
        count += (modified.data[i] & 0xC0) != 0x80;
    }
    return count;
}

/* The length, plus one, has six bits in its first octet, between the mark of
 * such a text and that of a second octet. 0 is Java's null. */
static apr_size_t read_length(apr_uint64_t *out, const unsigned char *data,
                              apr_size_t len)
{
    apr_size_t more;

    *out = data[0] & 0x3F;
    if (data[0] & 0x40) {
        apr_uint64_t high;

        more = read_bits(&high, data + 1, len - 1, 4);
        if (more == 0) {
            return 0;
        }
        *out |= high << 6;
        return 1 + more;
    }
    return 1;
}

/* What follows the number of the class String. */
static const char *append_string(shs_session_t *session, shs_octets_t name,
                                 shs_octets_t text, apr_pool_t *p)
{
    const unsigned char *data = (const unsigned char *)text.data;
    apr_uint64_t units;
    apr_size_t head;
    shs_octets_t out;

    if (text.len == 0) {
        return "a text without a length";
    }
    if (!(data[0] & 0x80)) {
        if (!read_ascii(&out, text, p)) {
            return "a text has its end in a wrong place";
        }
        shs_session_append(session, SHS_KIND_STRING, name, out);
        return NULL;
    }
    head = read_length(&units, data, text.len);
    if (head == 0 || units == 0) {
        return "a text without a length";
    }
    text.data += head;
    text.len -= head;
    if (count_units(text) != units - 1) {
        return "a text has another length than it says";
    }
    if (!shs_java_text_read(&out, text, p)) {
        return "a text is malformed";
    }
    shs_session_append(session, SHS_KIND_STRING, name, out);
    return NULL;
}

static const char *append_fixed(shs_session_t *session, shs_octets_t name,
                                shs_octets_t stored, apr_pool_t *p)
{
    unsigned char octets[MOST_FIXED];
    apr_size_t i, k;

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); ++i) {
        shs_octets_t text;
        shs_kind_t kind;

        if (fixed[i].number != (unsigned char)stored.data[0]) {
            continue;
        }
        if (stored.len != 1 + fixed[i].len) {
            return "a value of another length than its class has";
        }
        for (k = 0; k < fixed[i].len; ++k) {
            octets[k] = (unsigned char)stored.data[fixed[i].len - k];
        }
        text = shs_java_number_read(&kind, fixed[i].type, octets, p);
        shs_session_append(session, kind, name, text);
        return NULL;
    }
    return (unsigned char)stored.data[0] == KRYO_NAMED
               ? "an object of a class that Kryo knows by its name"
               : "an object of a class that Kryo does not know by itself";
}

const char *shs_kryo_append(shs_session_t *session, shs_octets_t name,
                            shs_octets_t stored, apr_pool_t *p)
{
    static const shs_octets_t nothing = { "", 0 };
    shs_octets_t rest = { stored.data + 1, stored.len - 1 };
    apr_int64_t integer;

    if (stored.len == 0) {
        return "nothing is stored";
    }
    switch ((unsigned char)stored.data[0]) {
    case KRYO_NULL:
        if (rest.len > 0) {
            return "a value of another length than its class has";
        }
        shs_session_append(session, SHS_KIND_NULL, name, nothing);
        return NULL;
    case KRYO_STRING:
        return append_string(session, name, rest, p);
    case KRYO_INTEGER:
    case KRYO_LONG:
        if (!shs_kryo_read_integer(&integer, stored)) {
            return "an integer has no end, or does not fit its class";
        }
        shs_session_append(session, SHS_KIND_NUMBER, name,
                           shs_java_number_of_integer(integer, p));
        return NULL;
    default:
        return append_fixed(session, name, stored, p);
    }
}
