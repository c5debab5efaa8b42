/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_iso.h"

#define DAY             86400
#define NANOS           1000000000
#define DAYS_OF_400     146097 /* years */
#define DAYS_TO_MARCH_0 719468 /* from 0000-03-01 to 1970-01-01 */

apr_int64_t shs_java_iso_floor(apr_int64_t a, apr_int64_t b)
{
    return a / b - (a % b < 0);
}

void shs_java_iso_put(shs_java_iso_t *iso, char c)
{
    if (iso->len < SHS_JAVA_ISO_SIZE) {
        iso->text[iso->len++] = c;
    }
}

/* A number with so many digits at least. */
void shs_java_iso_digits(shs_java_iso_t *iso, apr_int64_t number, int width)
{
    char digits[20];
    int count = 0;

    if (number < 0) {
        shs_java_iso_put(iso, '-');
        number = -number;
    }
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (; width > count; --width) {
        shs_java_iso_put(iso, '0');
    }
    while (count > 0) {
        shs_java_iso_put(iso, digits[--count]);
    }
}

/* Behind a number, two digits behind a separator. */
void shs_java_iso_pair(shs_java_iso_t *iso, char separator, int number)
{
    shs_java_iso_put(iso, separator);
    shs_java_iso_digits(iso, number, 2);
}

/* ---- the parts of a text */

void shs_java_iso_date(shs_java_iso_t *iso, apr_int64_t year, int month,
                       int day)
{
    if (year > 9999) {
        shs_java_iso_put(iso, '+');
    }
    shs_java_iso_digits(iso, year, 4);
    shs_java_iso_pair(iso, '-', month);
    shs_java_iso_pair(iso, '-', day);
}

/* A fraction of 3, 6 or 9 digits; none if it is 0. */
void shs_java_iso_fraction(shs_java_iso_t *iso, int nanos)
{
    if (nanos == 0) {
        return;
    }
    shs_java_iso_put(iso, '.');
    if (nanos % 1000000 == 0) {
        shs_java_iso_digits(iso, nanos / 1000000, 3);
    }
    else if (nanos % 1000 == 0) {
        shs_java_iso_digits(iso, nanos / 1000, 6);
    }
    else {
        shs_java_iso_digits(iso, nanos, 9);
    }
}

void shs_java_iso_offset(shs_java_iso_t *iso, int seconds)
{
    int size = seconds < 0 ? -seconds : seconds;

    if (seconds == 0) {
        shs_java_iso_put(iso, 'Z');
        return;
    }
    shs_java_iso_put(iso, seconds < 0 ? '-' : '+');
    shs_java_iso_digits(iso, size / 3600, 2);
    shs_java_iso_pair(iso, ':', size / 60 % 60);
    if (size % 60 != 0) {
        shs_java_iso_pair(iso, ':', size % 60);
    }
}

/* Instant.toString(). The day is taken apart by the method of Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
void shs_java_iso_instant(shs_java_iso_t *iso, apr_int64_t seconds, int nanos)
{
    apr_int64_t days = shs_java_iso_floor(seconds, DAY);
    int second = (int)(seconds - days * DAY);
    apr_int64_t shifted = days + DAYS_TO_MARCH_0;
    apr_int64_t era = shs_java_iso_floor(shifted, DAYS_OF_400);
    int day = (int)(shifted - era * DAYS_OF_400);
    int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int day_of_year = day - (365 * year + year / 4 - year / 100);
    int month = (5 * day_of_year + 2) / 153; /* 0 is March */

    day = day_of_year - (153 * month + 2) / 5 + 1;
    shs_java_iso_date(iso, era * 400 + year + (month >= 10),
                      month < 10 ? month + 3 : month - 9, day);
    shs_java_iso_pair(iso, 'T', second / 3600);
    shs_java_iso_pair(iso, ':', second / 60 % 60);
    shs_java_iso_pair(iso, ':', second % 60);
    shs_java_iso_fraction(iso, nanos);
    shs_java_iso_put(iso, 'Z');
}

/* Duration.toString() */
void shs_java_iso_duration(shs_java_iso_t *iso, apr_int64_t seconds, int nanos)
{
    int is_between = seconds < 0 && nanos > 0; /* towards 0 */
    apr_int64_t whole = seconds + is_between;
    apr_int64_t hours = whole / 3600;
    int minutes = (int)(whole % 3600 / 60);
    int rest = (int)(whole % 60);

    shs_java_iso_put(iso, 'P');
    shs_java_iso_put(iso, 'T');
    if (hours != 0) {
        shs_java_iso_digits(iso, hours, 1);
        shs_java_iso_put(iso, 'H');
    }
    if (minutes != 0) {
        shs_java_iso_digits(iso, minutes, 1);
        shs_java_iso_put(iso, 'M');
    }
    if (rest == 0 && nanos == 0 && iso->len > 2) {
        return;
    }
    if (is_between && rest == 0) {
        shs_java_iso_put(iso, '-');
    }
    shs_java_iso_digits(iso, rest, 1);
    if (nanos > 0) {
        shs_java_iso_put(iso, '.');
        shs_java_iso_digits(iso, is_between ? NANOS - nanos : nanos, 9);
        while (iso->text[iso->len - 1] == '0') {
            --iso->len;
        }
    }
    shs_java_iso_put(iso, 'S');
}
