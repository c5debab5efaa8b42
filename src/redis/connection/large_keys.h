/* SPDX-License-Identifier: Apache-2.0
 *
 * large_keys: the keys of one server whose values were large, as far as this
 * child remembers. Their loads are sent alone, so that no other load waits for
 * such a value. It forgets a key when another one takes its place, and may take
 * one key for another: both only decide how a load is sent.
 *
 * `part` distinguishes loads of some fields of a hash from those of the whole
 * hash, which is 0: each may be large without the other.
 */
#ifndef SHS_REDIS_CONNECTION_LARGE_KEYS_H
#define SHS_REDIS_CONNECTION_LARGE_KEYS_H

#include <stdatomic.h>

#include <apr.h>

#include "base/octets.h"

/* From this size on the replies to a load are large: some ten times a usual
 * session, and what a network of 1 Gbit/s carries in an eighth of a
 * millisecond. */
#define SHS_LARGE_KEY_OCTETS 16384

#define SHS_LARGE_KEYS 1024

/* Zeroed memory is valid and empty. Any thread may use it at any time. */
typedef struct shs_large_keys_t {
    atomic_uint_fast32_t hashes[SHS_LARGE_KEYS];
} shs_large_keys_t;

int shs_large_keys_has(const shs_large_keys_t *keys, shs_octets_t key,
                       apr_uint32_t part);

/* Notes the size of the replies to a load. */
void shs_large_keys_note(shs_large_keys_t *keys, shs_octets_t key,
                         apr_uint32_t part, apr_size_t octets);

#endif
