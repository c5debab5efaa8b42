/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stored_time.h"

#include <apr_lib.h>

#define MS_PER_DAY APR_INT64_C(86400000)

/* Digits of SHS_STORED_TIME_MOST. */
#define MOST_DIGITS 16

int shs_stored_time_read_number(apr_int64_t *out, shs_octets_t text)
{
    apr_size_t is_negative = text.len > 0 && text.data[0] == '-';
    apr_int64_t number = 0;
    apr_size_t i = is_negative;

    while (i < text.len && apr_isdigit(text.data[i])) {
        if (i - is_negative == MOST_DIGITS) {
            return 0;
        }
        number = 10 * number + (text.data[i++] - '0');
    }
    if (i == is_negative || number > SHS_STORED_TIME_MOST) {
        return 0;
    }
    if (i < text.len && text.data[i] == '.') {
        do {
            ++i;
        } while (i < text.len && apr_isdigit(text.data[i]));
    }
    *out = is_negative ? -number : number;
    return i == text.len;
}

/* Days since the epoch of a date of the Gregorian calendar. A year begins in
 * March here, so that a leap day is its last day. */
static apr_int64_t count_days(apr_int64_t year, int month, int day)
{
    apr_int64_t y = month > 2 ? year : year - 1;
    apr_int64_t era = (y >= 0 ? y : y - 399) / 400;
    apr_int64_t of_era = y - era * 400;
    apr_int64_t of_year =
        (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
           - 719468;
}

/* Takes so many digits, and the character behind them unless it is NUL. */
static int take_digits(int *out, shs_octets_t *text, apr_size_t digits,
                       char behind)
{
    apr_size_t i;

    *out = 0;
    if (text->len < digits + (behind != '\0')) {
        return 0;
    }
    for (i = 0; i < digits; ++i) {
        if (!apr_isdigit(text->data[i])) {
            return 0;
        }
        *out = 10 * *out + (text->data[i] - '0');
    }
    if (behind != '\0' && text->data[digits] != behind) {
        return 0;
    }
    text->data += digits + (behind != '\0');
    text->len -= digits + (behind != '\0');
    return 1;
}

/* A fraction of a second, if there is one, in milliseconds. */
static int take_fraction(int *ms, shs_octets_t *text)
{
    int weight = 100;

    *ms = 0;
    if (text->len == 0 || *text->data != '.') {
        return 1;
    }
    ++text->data;
    --text->len;
    if (text->len == 0 || !apr_isdigit(*text->data)) {
        return 0;
    }
    while (text->len > 0 && apr_isdigit(*text->data)) {
        *ms += weight * (*text->data - '0');
        weight /= 10;
        ++text->data;
        --text->len;
    }
    return 1;
}

/* The offset from UTC at the end of the text, in minutes. */
static int take_offset(int *minutes, shs_octets_t *text)
{
    int hour, minute, sign;

    *minutes = 0;
    if (text->len == 1 && *text->data == 'Z') {
        return 1;
    }
    if (text->len != 6 || (*text->data != '+' && *text->data != '-')) {
        return 0;
    }
    sign = *text->data++ == '-' ? -1 : 1;
    --text->len;
    if (!take_digits(&hour, text, 2, ':') || !take_digits(&minute, text, 2, 0)
        || hour > 23 || minute > 59) {
        return 0;
    }
    *minutes = sign * (60 * hour + minute);
    return 1;
}

int shs_stored_time_read_iso(apr_int64_t *out_ms, shs_octets_t text)
{
    int year, month, day, hour, minute, second, ms, offset;

    if (!take_digits(&year, &text, 4, '-')
        || !take_digits(&month, &text, 2, '-')
        || !take_digits(&day, &text, 2, 'T')
        || !take_digits(&hour, &text, 2, ':')
        || !take_digits(&minute, &text, 2, ':')
        || !take_digits(&second, &text, 2, 0) || !take_fraction(&ms, &text)
        || !take_offset(&offset, &text)) {
        return 0;
    }
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23
        || minute > 59 || second > 59) {
        return 0;
    }
    *out_ms =
        count_days(year, month, day) * MS_PER_DAY
        + ((apr_int64_t)(60 * hour + minute - offset) * 60 + second) * 1000
        + ms;
    return 1;
}

apr_time_t shs_stored_time_expiry(apr_int64_t ms)
{
    return ms > 0 ? ms * 1000 : 1;
}
