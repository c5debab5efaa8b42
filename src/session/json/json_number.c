/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/octets.h"

/* Enough digits to tell any double from its neighbours. */
#define MOST_DIGITS 17

/* An integer of at most so many digits is finite. */
#define FINITE_DIGITS 300

static const char *skip_digits(const char *c, const char *end)
{
    while (c < end && apr_isdigit(*c)) {
        ++c;
    }
    return c;
}

/* The end of the number at c; NULL: there is none. */
static const char *skip_number(const char *c, const char *end)
{
    const char *digits;

    c += c < end && *c == '-';
    digits = c;
    c = skip_digits(c, end);
    if (c == digits || (*digits == '0' && c > digits + 1)) {
        return NULL;
    }
    if (c < end && *c == '.') {
        digits = ++c;
        c = skip_digits(c, end);
        if (c == digits) {
            return NULL;
        }
    }
    if (c < end && (*c == 'e' || *c == 'E')) {
        ++c;
        c += c < end && (*c == '+' || *c == '-');
        digits = c;
        c = skip_digits(c, end);
        if (c == digits) {
            return NULL;
        }
    }
    return c;
}

/* strtod() expects the decimal point of the locale, which a library may have
 * set. */
static double read_number(const char *text, int is_float)
{
    char *own, *point;
    double value;

    if (*localeconv()->decimal_point == '.') {
        return is_float ? (double)strtof(text, NULL) : strtod(text, NULL);
    }
    own = strdup(text);
    if (!own) {
        return HUGE_VAL;
    }
    point = strchr(own, '.');
    if (point) {
        *point = *localeconv()->decimal_point;
    }
    value = is_float ? (double)strtof(own, NULL) : strtod(own, NULL);
    free(own);
    return value;
}

static double read_double(const char *text)
{
    return read_number(text, 0);
}

static int is_finite(const char *number, apr_size_t len)
{
    char *text;
    double value;

    if (len <= FINITE_DIGITS && !memchr(number, 'e', len)
        && !memchr(number, 'E', len)) {
        return 1;
    }
    text = strndup(number, len);
    value = text ? read_double(text) : HUGE_VAL;
    free(text);
    return isfinite(value) != 0;
}

apr_size_t shs_json_number_measure(shs_octets_t text)
{
    const char *end = text.data + text.len;
    const char *behind = skip_number(text.data, end);

    if (!behind || (behind < end && (apr_isalnum(*behind) || *behind == '.'))
        || !is_finite(text.data, (apr_size_t)(behind - text.data))) {
        return 0;
    }
    return (apr_size_t)(behind - text.data);
}

/* A decimal number: 0.DIGITS times ten to the power of `point`. */
typedef struct decimal_t {
    char digits[MOST_DIGITS + 1];
    int count;
    int point;
} decimal_t;

static double read_decimal(const decimal_t *decimal, int is_float)
{
    char text[MOST_DIGITS + 16];

    snprintf(text, sizeof(text), "0.%se%d", decimal->digits, decimal->point);
    return read_number(text, is_float);
}

/* To the next number of as many digits. */
static void increment(decimal_t *decimal)
{
    int i = decimal->count - 1;

    while (i >= 0 && decimal->digits[i] == '9') {
        decimal->digits[i--] = '0';
    }
    if (i >= 0) {
        ++decimal->digits[i];
        return;
    }
    decimal->digits[0] = '1';
    ++decimal->point;
}

/* To the nearest number of so many digits. */
static void round_to(decimal_t *decimal, double value, int count)
{
    char text[MOST_DIGITS + 16];
    const char *c;

    snprintf(text, sizeof(text), "%.*e", count - 1, value);
    decimal->count = 0;
    for (c = text; *c != 'e'; ++c) {
        if (apr_isdigit(*c)) {
            decimal->digits[decimal->count++] = *c;
        }
    }
    decimal->digits[decimal->count] = '\0';
    decimal->point = atoi(c + 1) + 1;
}

/* What differs between a double and a float. */
typedef struct precision_t {
    int some_digits; /* a decimal of so many is not changed by reading it */
    int most_digits; /* enough to tell any number from its neighbours */
    double normal;   /* the smallest number that has all its bits */
    int is_float;
} precision_t;

static const precision_t of_double = { DBL_DIG, MOST_DIGITS, DBL_MIN, 0 };
static const precision_t of_float = { FLT_DIG, FLT_DECIMAL_DIG, FLT_MIN, 1 };

/* Whether the decimal reads back as the value. */
static int is_decimal_of(const decimal_t *decimal, double value,
                         const precision_t *precision)
{
    return read_decimal(decimal, precision->is_float) == value;
}

/* At a power of two the nearest decimal may not read back as the value, while
 * the next one above it, further away, does. */
static int has_decimal(decimal_t *decimal, double value, int count,
                       const precision_t *precision)
{
    round_to(decimal, value, count);
    if (is_decimal_of(decimal, value, precision)) {
        return 1;
    }
    increment(decimal);
    return is_decimal_of(decimal, value, precision);
}

/* Of a number below `normal`, whose neighbours are equally far on both sides:
 * with each digit more the decimal is nearer, so the search can halve. */
static void find_shortest_small(decimal_t *decimal, double value,
                                const precision_t *precision)
{
    int from = 1;
    int to = precision->most_digits;

    while (from < to) {
        int middle = (from + to) / 2;

        round_to(decimal, value, middle);
        if (is_decimal_of(decimal, value, precision)) {
            to = middle;
        }
        else {
            from = middle + 1;
        }
    }
    round_to(decimal, value, to);
}

static void strip_zeros(decimal_t *decimal)
{
    while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0') {
        decimal->digits[--decimal->count] = '\0';
    }
}

/* The shortest decimal that reads back as the value. If one of `some_digits` or
 * fewer does, the value has no other of so many but those with zeros behind. */
static void find_shortest(decimal_t *decimal, double value,
                          const precision_t *precision)
{
    int count;

    if (value < precision->normal) {
        find_shortest_small(decimal, value, precision);
        return;
    }
    round_to(decimal, value, precision->some_digits);
    if (is_decimal_of(decimal, value, precision)) {
        strip_zeros(decimal);
        return;
    }
    for (count = precision->some_digits + 1; count < precision->most_digits;
         ++count) {
        if (has_decimal(decimal, value, count, precision)) {
            return;
        }
    }
    round_to(decimal, value, precision->most_digits);
}

/* Number::toString, steps 6 to 12, of a number that is not 0. */
static const char *write_decimal(const decimal_t *d, apr_pool_t *p)
{
    static const char zeros[] = "000000000000000000000";
    int exponent = d->point - 1;

    if (d->count <= d->point && d->point <= 21) {
        return apr_psprintf(p, "%s%.*s", d->digits, d->point - d->count, zeros);
    }
    if (d->point > 0 && d->point <= 21) {
        return apr_psprintf(p, "%.*s.%s", d->point, d->digits,
                            d->digits + d->point);
    }
    if (d->point > -6 && d->point <= 0) {
        return apr_psprintf(p, "0.%.*s%s", -d->point, zeros, d->digits);
    }
    return apr_psprintf(p, "%c%s%se%+d", d->digits[0], d->count > 1 ? "." : "",
                        d->digits + 1, exponent);
}

static shs_octets_t write_number(double value, const precision_t *precision,
                                 apr_pool_t *p)
{
    decimal_t decimal;

    if (value == 0) {
        return shs_octets_of("0");
    }
    find_shortest(&decimal, fabs(value), precision);
    return shs_octets_of(
        apr_pstrcat(p, value < 0 ? "-" : "", write_decimal(&decimal, p), NULL));
}

shs_octets_t shs_json_number_shorten(shs_octets_t text, apr_pool_t *p)
{
    const char *number = apr_pstrmemdup(p, text.data, text.len);
    double value = read_double(number);

    if (value != 0 && !strpbrk(number, ".eE")) {
        return text;
    }
    return write_number(value, &of_double, p);
}

shs_octets_t shs_json_number_of_double(double value, apr_pool_t *p)
{
    return write_number(value, &of_double, p);
}

shs_octets_t shs_json_number_of_float(float value, apr_pool_t *p)
{
    return write_number(value, &of_float, p);
}
