/* SPDX-License-Identifier: Apache-2.0
 *
 * java_text: Java's two encodings of text, as UTF-8. A pair of surrogates is
 * one character. A surrogate without its pair, which UTF-8 cannot have, is
 * U+FFFD.
 *
 * Modified UTF-8 (java.io.DataInput) has a surrogate as three octets, NUL as C0
 * 80, and may have any character in more octets than it needs. Where it is the
 * same as UTF-8, as in most texts, it is borrowed.
 */
#ifndef SHS_CODEC_JAVA_JAVA_TEXT_H
#define SHS_CODEC_JAVA_JAVA_TEXT_H

#include <apr_pools.h>

#include "base/octets.h"

/* Modified UTF-8 as UTF-8, borrowed or from p. Returns 0 if it is malformed. */
int shs_java_text_read(shs_octets_t *out, shs_octets_t modified, apr_pool_t *p);

/* `count` UTF-16 code units, big endian, as UTF-8 from p. */
shs_octets_t shs_java_text_of_units(const unsigned char *units,
                                    apr_size_t count, apr_pool_t *p);

#endif
