/* SPDX-License-Identifier: Apache-2.0
 *
 * java_boxed: a stream that is one java.lang.Long or one java.lang.Integer, as
 * Spring Session stores times and timeouts. The JDK writes the same octets
 * before each number, so a number is read and written without the rest of the
 * decoder. A number in another form is java_read's.
 */
#ifndef SHS_CODEC_JAVA_JAVA_BOXED_H
#define SHS_CODEC_JAVA_JAVA_BOXED_H

#include <apr.h>

#include "base/octets.h"

/* The octets of a stream with a Long, which is the longer one. */
#define SHS_JAVA_BOXED_MAX 82

/* Reads a stream with a Long or an Integer. Returns 0 if it is another one. */
int shs_java_boxed_read(apr_int64_t *out, shs_octets_t stream);

/* Writes a stream with `value` that has the class of the number in `like`.
 * Returns its length; 0: `like` is no such stream, or is an Integer and
 * the value is none. */
apr_size_t shs_java_boxed_write(char out[SHS_JAVA_BOXED_MAX], apr_int64_t value,
                                shs_octets_t like);

#endif
