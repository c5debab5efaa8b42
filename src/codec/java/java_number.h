/* SPDX-License-Identifier: Apache-2.0
 *
 * java_number: the numbers of Java as text: integers with all their digits,
 * floating-point numbers as ECMAScript prints them (json_number.h).
 */
#ifndef SHS_CODEC_JAVA_JAVA_NUMBER_H
#define SHS_CODEC_JAVA_JAVA_NUMBER_H

#include "codec/java/java_view.h"

/* An integer; from p. */
shs_octets_t shs_java_number_of_integer(apr_int64_t value, apr_pool_t *p);

/* A primitive value of that type (one of BCDFIJSZ) at `data`, big endian: its
 * kind and its text, which may be from p. A char is a text of one character; a
 * floating-point value that is not a number is the text "NaN", "Infinity" or
 * "-Infinity". */
shs_octets_t shs_java_number_read(shs_kind_t *kind, char type,
                                  const unsigned char *data, apr_pool_t *p);

/* shs_java_view_fn: the value of a field whose type is the first character of
 * `field`, and whose name is the rest: "Ivalue". Of AtomicBoolean, whose field
 * is an int, with `form` 1. */
int shs_java_number_of_field(shs_java_view_t *view,
                             const shs_java_item_t *object,
                             const shs_java_level_t *level, const char *field,
                             unsigned form, apr_pool_t *p);

/* shs_java_view_fn: java.math.BigInteger, with at most SHS_JAVA_NUMBER_MAX
 * octets, and java.math.BigDecimal: all their digits. A BigDecimal is written
 * without an exponent if its scale has at most two digits. */
#define SHS_JAVA_NUMBER_MAX 512
int shs_java_number_of_big_integer(shs_java_view_t *view,
                                   const shs_java_item_t *object,
                                   const shs_java_level_t *level,
                                   const char *field, unsigned form,
                                   apr_pool_t *p);
int shs_java_number_of_big_decimal(shs_java_view_t *view,
                                   const shs_java_item_t *object,
                                   const shs_java_level_t *level,
                                   const char *field, unsigned form,
                                   apr_pool_t *p);

#endif
