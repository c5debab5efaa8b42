/* SPDX-License-Identifier: Apache-2.0
 *
 * siphash: SipHash-2-4 with a result of 128 bits (Aumasson, Bernstein: SipHash:
 * a fast short-input PRF, and their reference implementation). Without the key
 * nothing can be said of the hash of any octets. APR's has 64 bits.
 */
#ifndef SHS_BASE_SIPHASH_H
#define SHS_BASE_SIPHASH_H

#include <apr.h>

#define SHS_SIPHASH_KEY 16 /* octets of a key */

/* The two halves, as the little-endian numbers of the reference. */
typedef struct shs_siphash_t {
    apr_uint64_t low;
    apr_uint64_t high;
} shs_siphash_t;

shs_siphash_t shs_siphash_hash(const char *data, apr_size_t len,
                               const unsigned char key[SHS_SIPHASH_KEY]);

#endif
