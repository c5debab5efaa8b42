/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_number.h"

#include <math.h>

#include <apr_strings.h>

#include "codec/java/java_field.h"
#include "codec/java/java_input.h"
#include "codec/java/java_text.h"
#include "session/json/json_number.h"

/* The digits of a 64-bit integer, and its sign. */
#define INTEGER_SIZE 20

shs_octets_t shs_java_number_of_integer(apr_int64_t value, apr_pool_t *p)
{
    char buffer[INTEGER_SIZE];
    char *at = buffer + sizeof(buffer);
    apr_uint64_t rest =
        value < 0 ? 0 - (apr_uint64_t)value : (apr_uint64_t)value;
    shs_octets_t out;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        *--at = '-';
    }
    out.len = (apr_size_t)(buffer + sizeof(buffer) - at);
    out.data = apr_pmemdup(p, at, out.len);
    return out;
}

static shs_octets_t write_double(shs_kind_t *kind, double value, int is_float,
                                 apr_pool_t *p)
{
    *kind = SHS_KIND_STRING;
    if (isnan(value)) {
        return shs_octets_of("NaN");
    }
    if (isinf(value)) {
        return shs_octets_of(value < 0 ? "-Infinity" : "Infinity");
    }
    *kind = SHS_KIND_NUMBER;
    return is_float ? shs_json_number_of_float((float)value, p)
                    : shs_json_number_of_double(value, p);
}

static shs_octets_t read_double(shs_kind_t *kind, char type, apr_uint64_t bits,
                                apr_pool_t *p)
{
    apr_uint32_t half = (apr_uint32_t)bits;
    float single;
    double value;

    if (type == 'F') {
        memcpy(&single, &half, sizeof(single));
        return write_double(kind, single, 1, p);
    }
    memcpy(&value, &bits, sizeof(value));
    return write_double(kind, value, 0, p);
}

shs_octets_t shs_java_number_read(shs_kind_t *kind, char type,
                                  const unsigned char *data, apr_pool_t *p)
{
    *kind = SHS_KIND_NUMBER;
    switch (type) {
    case 'Z':
        *kind = SHS_KIND_BOOL;
        return shs_octets_of(*data ? "true" : "false");
    case 'B':
        return shs_java_number_of_integer((signed char)*data, p);
    case 'C':
        *kind = SHS_KIND_STRING;
        return shs_java_text_of_units(data, 1, p);
    case 'S':
        return shs_java_number_of_integer(
            (apr_int16_t)shs_java_input_number(data, 2), p);
    case 'I':
        return shs_java_number_of_integer(
            (apr_int32_t)shs_java_input_number(data, 4), p);
    case 'J':
        return shs_java_number_of_integer(
            (apr_int64_t)shs_java_input_number(data, 8), p);
    default:
        return read_double(kind, type,
                           shs_java_input_number(data, type == 'F' ? 4 : 8), p);
    }
}

int shs_java_number_of_field(shs_java_view_t *view,
                             const shs_java_item_t *object,
                             const shs_java_level_t *level, const char *field,
                             unsigned form, apr_pool_t *p)
{
    const unsigned char *data;
    shs_kind_t kind;
    shs_octets_t text;

    (void)object;
    if (!shs_java_field_primitive(&data, level, field + 1, *field)) {
        return 0;
    }
    if (form) {
        return shs_java_view_set_text(
            view, SHS_KIND_BOOL,
            shs_octets_of(shs_java_input_number(data, 4) ? "true" : "false"));
    }
    text = shs_java_number_read(&kind, *field, data, p);
    return shs_java_view_set_text(view, kind, text);
}

/* ---- numbers of any length */

#define LIMB_SIZE    4 /* octets */
#define CHUNK        1000000000u
#define CHUNK_DIGITS 9

/* Divides a number of `count` limbs, the highest first, and returns the rest.
 * The cost of all divisions grows with the square of the length, which is
 * limited. */
static apr_uint32_t divide(apr_uint32_t *limbs, apr_size_t count)
{
    apr_uint64_t rest = 0;
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (apr_uint32_t)(rest / CHUNK);
        rest %= CHUNK;
    }
    return (apr_uint32_t)rest;
}

/* The digits of a big-endian number without a sign; "0" for 0. From p. */
static shs_octets_t write_magnitude(shs_octets_t octets, apr_pool_t *p)
{
    apr_uint32_t limbs[SHS_JAVA_NUMBER_MAX / LIMB_SIZE];
    apr_size_t count = (octets.len + LIMB_SIZE - 1) / LIMB_SIZE;
    apr_size_t first = octets.len % LIMB_SIZE; /* octets of the first limb */
    const unsigned char *data = (const unsigned char *)octets.data;
    apr_size_t size = octets.len * 5 / 2 + CHUNK_DIGITS + 1;
    char *buffer = apr_palloc(p, size);
    char *at = buffer + size;
    apr_size_t i, begin = 0;
    shs_octets_t out;

    for (i = 0; i < count; ++i) {
        apr_size_t len = i == 0 && first ? first : LIMB_SIZE;

        limbs[i] = (apr_uint32_t)shs_java_input_number(data, len);
        data += len;
    }
    for (;;) {
        apr_uint32_t chunk;

        while (begin < count && limbs[begin] == 0) {
            ++begin;
        }
        if (begin == count) {
            break;
        }
        chunk = divide(limbs + begin, count - begin);
        for (i = 0; i < CHUNK_DIGITS; ++i, chunk /= 10) {
            *--at = (char)('0' + chunk % 10);
        }
    }
    while (at < buffer + size && *at == '0') {
        ++at;
    }
    if (at == buffer + size) {
        *--at = '0';
    }
    out.data = at;
    out.len = (apr_size_t)(buffer + size - at);
    return out;
}

/* The sign and the digits of a BigInteger. */
static int read_integer(int *is_negative, shs_octets_t *digits,
                        const shs_java_level_t *level, apr_pool_t *p)
{
    apr_int32_t sign;
    shs_java_item_t *magnitude;

    if (!shs_java_field_int(&sign, level, "signum")
        || !shs_java_field_item(&magnitude, level, "magnitude")
        || magnitude->kind != SHS_JAVA_PRIMITIVES
        || magnitude->u.text.len > SHS_JAVA_NUMBER_MAX) {
        return 0;
    }
    *is_negative = sign < 0;
    *digits = write_magnitude(magnitude->u.text, p);
    return 1;
}

int shs_java_number_of_big_integer(shs_java_view_t *view,
                                   const shs_java_item_t *object,
                                   const shs_java_level_t *level,
                                   const char *field, unsigned form,
                                   apr_pool_t *p)
{
    int is_negative;
    shs_octets_t digits;

    (void)object;
    (void)field;
    (void)form;
    if (!read_integer(&is_negative, &digits, level, p)) {
        return 0;
    }
    if (is_negative) {
        digits.data = apr_pstrcat(
            p, "-", apr_pstrmemdup(p, digits.data, digits.len), NULL);
        ++digits.len;
    }
    return shs_java_view_set_text(view, SHS_KIND_STRING, digits);
}

#define MOST_PLAIN 99

static const char zeros[] =
    "0000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000";

static const char *copy_zeros(apr_size_t count, apr_pool_t *p)
{
    return apr_pstrmemdup(p, zeros, count);
}

/* The digits from one place to another. */
static const char *copy_digits(shs_octets_t digits, apr_size_t from,
                               apr_size_t to, apr_pool_t *p)
{
    return apr_pstrmemdup(p, digits.data + from, to - from);
}

/* BigDecimal.toPlainString(): digits times ten to the power of -scale. */
static const char *write_plain(shs_octets_t digits, int scale, apr_pool_t *p)
{
    apr_size_t len = digits.len;
    apr_size_t behind = scale < 0 ? 0 : (apr_size_t)scale; /* the point */

    if (scale <= 0) {
        return apr_pstrcat(
            p, copy_digits(digits, 0, len, p),
            *digits.data == '0' ? "" : copy_zeros((apr_size_t)-scale, p), NULL);
    }
    if (len > behind) {
        return apr_pstrcat(p, copy_digits(digits, 0, len - behind, p), ".",
                           copy_digits(digits, len - behind, len, p), NULL);
    }
    return apr_pstrcat(p, "0.", copy_zeros(behind - len, p),
                       copy_digits(digits, 0, len, p), NULL);
}

/* BigDecimal.toString(), where it has an exponent. */
static const char *write_scientific(shs_octets_t digits, apr_int64_t scale,
                                    apr_pool_t *p)
{
    apr_int64_t exponent = (apr_int64_t)digits.len - 1 - scale;

    if (scale >= 0 && exponent >= -6) {
        return write_plain(digits, (int)scale, p);
    }
    return apr_pstrcat(
        p, copy_digits(digits, 0, 1, p), digits.len > 1 ? "." : "",
        copy_digits(digits, 1, digits.len, p), "E", exponent > 0 ? "+" : "",
        apr_ltoa(p, (long)exponent), NULL);
}

/* The view of a BigInteger, which several numbers may share; NULL: it is none.
 */
static const shs_java_view_t *view_integer(shs_java_item_t *item, apr_pool_t *p)
{
    if (item->kind != SHS_JAVA_OBJECT
        || !shs_octets_are_text(item->cls->name, "java.math.BigInteger")) {
        return NULL;
    }
    if (!item->view) {
        item->view = apr_pcalloc(p, sizeof(*item->view));
        if (!shs_java_number_of_big_integer(
                item->view, item, &item->u.levels[item->cls->levels - 1], NULL,
                0, p)) {
            item->view->kind = SHS_JAVA_VIEW_FIELDS;
        }
    }
    return item->view->kind == SHS_JAVA_VIEW_TEXT ? item->view : NULL;
}

int shs_java_number_of_big_decimal(shs_java_view_t *view,
                                   const shs_java_item_t *object,
                                   const shs_java_level_t *level,
                                   const char *field, unsigned form,
                                   apr_pool_t *p)
{
    apr_int32_t scale;
    shs_java_item_t *unscaled;
    const shs_java_view_t *integer;
    shs_octets_t digits;
    int is_negative;
    const char *text;

    (void)object;
    (void)field;
    (void)form;
    if (!shs_java_field_int(&scale, level, "scale")
        || !shs_java_field_item(&unscaled, level, "intVal")) {
        return 0;
    }
    integer = view_integer(unscaled, p);
    if (!integer) {
        return 0;
    }
    digits = integer->text;
    is_negative = *digits.data == '-';
    digits.data += is_negative;
    digits.len -= (apr_size_t)is_negative;
    text = scale >= -MOST_PLAIN && scale <= MOST_PLAIN
               ? write_plain(digits, scale, p)
               : write_scientific(digits, scale, p);
    return shs_java_view_set_text(
        view, SHS_KIND_STRING,
        shs_octets_of(is_negative ? apr_pstrcat(p, "-", text, NULL) : text));
}
