/* SPDX-License-Identifier: Apache-2.0
 *
 * java_iso: writes dates and times as ISO 8601 has them and the classes of
 * java.time print them.
 */
#ifndef SHS_CODEC_JAVA_JAVA_ISO_H
#define SHS_CODEC_JAVA_JAVA_ISO_H

#include <apr.h>

/* The longest text is a ZonedDateTime with the name of its zone. */
#define SHS_JAVA_ISO_SIZE 512

/* A text that is written from left to right. What does not fit is dropped.
 * Zeroed: empty. */
typedef struct shs_java_iso_t {
    char text[SHS_JAVA_ISO_SIZE];
    apr_size_t len;
} shs_java_iso_t;

/* A character; a number with so many digits at least; a separator and a number
 * of two digits. */
void shs_java_iso_put(shs_java_iso_t *iso, char c);
void shs_java_iso_digits(shs_java_iso_t *iso, apr_int64_t number, int width);
void shs_java_iso_pair(shs_java_iso_t *iso, char separator, int number);

/* LocalDate.toString() */
void shs_java_iso_date(shs_java_iso_t *iso, apr_int64_t year, int month,
                       int day);

/* A fraction of a second, with 3, 6 or 9 digits; nothing if it is 0. */
void shs_java_iso_fraction(shs_java_iso_t *iso, int nanos);

/* ZoneOffset.toString() */
void shs_java_iso_offset(shs_java_iso_t *iso, int seconds);

/* Instant.toString(): seconds since 1970, of which there are too many for no
 * java.util.Date, and nanoseconds. */
void shs_java_iso_instant(shs_java_iso_t *iso, apr_int64_t seconds, int nanos);

/* Duration.toString() */
void shs_java_iso_duration(shs_java_iso_t *iso, apr_int64_t seconds, int nanos);

/* a / b, rounded towards minus infinity. */
apr_int64_t shs_java_iso_floor(apr_int64_t a, apr_int64_t b);

#endif
