/* SPDX-License-Identifier: Apache-2.0
 *
 * json_number: JSON numbers (RFC 8259 section 6). They are kept as text: a
 * double would change 19.99 on its way through "%.17g", and integers past 2^53
 * in any case.
 */
#ifndef SHS_SESSION_JSON_JSON_NUMBER_H
#define SHS_SESSION_JSON_JSON_NUMBER_H

#include <apr_pools.h>

#include "base/octets.h"

/* The length of the number at the start of the text. 0: it is not a number, a
 * character that could continue one follows, or no double can hold it
 * (1e400) and other programs would read it as infinity. */
apr_size_t shs_json_number_measure(shs_octets_t text);

/* The form in which a new number is written: an integer unchanged, any other
 * the shortest text that reads back as the same double, as ECMAScript prints it
 * (ECMA-262, Number::toString), so 1.50 is 1.5 and 1e2 is 100. `text` must be a
 * number; the result is `text` itself, or from p. */
shs_octets_t shs_json_number_shorten(shs_octets_t text, apr_pool_t *p);

/* A finite number in that form; a float: the shortest text that reads back as
 * the same float. From p. */
shs_octets_t shs_json_number_of_double(double value, apr_pool_t *p);
shs_octets_t shs_json_number_of_float(float value, apr_pool_t *p);

#endif
