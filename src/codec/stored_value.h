/* SPDX-License-Identifier: Apache-2.0
 *
 * stored_value: one value that a Java framework has stored in a field of a
 * hash: a stream of Java Object Serialization, which begins with AC ED; or
 * JSON; or a scalar of Kryo, which begins with an octet below 0x20. Which of
 * them it is, each value says itself.
 */
#ifndef SHS_CODEC_STORED_VALUE_H
#define SHS_CODEC_STORED_VALUE_H

#include "codec/java/java_read.h"
#include "session/session.h"

/* The values of one session. Zeroed but for p by the caller. */
typedef struct shs_stored_values_t {
    shs_java_reader_t *java; /* made with the first stream */
    apr_pool_t *p;
} shs_stored_values_t;

/* Whether the value is a stream of Java Object Serialization. */
static inline int shs_stored_value_is_java(shs_octets_t stored)
{
    return stored.len >= 2 && !memcmp(stored.data, "\xac\xed", 2);
}

/* Appends the value under that name. Returns NULL, or why it cannot be
 * understood, and where, in words that contain none of it; then nothing was
 * appended. */
const char *shs_stored_value_append(shs_stored_values_t *values,
                                    shs_session_t *session, shs_octets_t name,
                                    shs_octets_t stored);

/* Reads a Boolean. Returns 0 if the value is not one. */
int shs_stored_value_read_bool(int *out, shs_octets_t stored);

#endif
