/* SPDX-License-Identifier: Apache-2.0
 *
 * kryo: a scalar as Redisson's Kryo5Codec, its default codec, encodes it: the
 * number of a class as a variable-length integer, and the value. A structure
 * cannot be read without the classes of the application, and is opaque.
 *
 * Format: Kryo 5, com.esotericsoftware.kryo.io.Output and the classes that Kryo
 * registers by itself (int 0, String 1, float 2, boolean 3, byte 4, char 5,
 * short 6, long 7, double 8); the number in the stream is larger by two.
 * t/interop/java/Kryo.java writes examples.
 */
#ifndef SHS_CODEC_JAVA_KRYO_H
#define SHS_CODEC_JAVA_KRYO_H

#include "session/session.h"

/* Appends a value under that name. Returns NULL, or why it cannot be read, in
 * static words that contain none of it; then nothing was appended. A text is
 * borrowed, or from p. */
const char *shs_kryo_append(shs_session_t *session, shs_octets_t name,
                            shs_octets_t stored, apr_pool_t *p);

/* Reads a Long or an Integer. Returns 0 if the value is another one. */
int shs_kryo_read_integer(apr_int64_t *out, shs_octets_t stored);

/* The octets of a class and an integer, at most. */
#define SHS_KRYO_INTEGER_MAX 10

/* Writes `value` with the class of the number in `like`. Returns its length; 0:
 * `like` is neither a Long nor an Integer, or an Integer cannot have the
 * value. */
apr_size_t shs_kryo_write_integer(char out[SHS_KRYO_INTEGER_MAX],
                                  apr_int64_t value, shs_octets_t like);

#endif
