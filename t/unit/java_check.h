/* SPDX-License-Identifier: Apache-2.0
 *
 * java_check: compares what the decoder of Java Object Serialization makes of a
 * stream with JSON that says what the stream means. Lines of fixtures and of
 * t/interop/java have the form
 *
 *   NAME BASE64 JSON
 *
 * with one blank between two parts; the JSON may have blanks.
 */
#ifndef T_UNIT_JAVA_CHECK_H
#define T_UNIT_JAVA_CHECK_H

#include "session/session.h"

/* The octets of a base64 text; from p. */
shs_octets_t java_check_octets(const char *base64, apr_size_t len,
                               apr_pool_t *p);

/* Two values, but for their names: NULL if they are equal, or how they differ
 * (from p). The members of an object may have any order. */
const char *java_check_values(const shs_session_t *a, apr_size_t a_index,
                              const shs_session_t *b, apr_size_t b_index,
                              apr_pool_t *p);

/* Decodes a stream of one object. NULL if the JSON says the same; or how they
 * differ, or why the stream cannot be read (from p). */
const char *java_check_stream(shs_octets_t stream, const char *json,
                              apr_pool_t *p);

/* The same with a line, which is changed. *name is its first word. */
const char *java_check_line(const char **name, char *line, apr_pool_t *p);

#endif
