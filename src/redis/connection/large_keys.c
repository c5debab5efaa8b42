/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/large_keys.h"

#include "base/fnv.h"

/* 0 is the empty place. */
static apr_uint32_t hash_of(shs_octets_t key, apr_uint32_t part)
{
    apr_uint32_t hash =
        shs_fnv_add32(SHS_FNV_START32 ^ part, key.data, key.len);

    return hash > 0 ? hash : 1;
}

int shs_large_keys_has(const shs_large_keys_t *keys, shs_octets_t key,
                       apr_uint32_t part)
{
    apr_uint32_t hash = hash_of(key, part);

    return atomic_load_explicit(&keys->hashes[hash % SHS_LARGE_KEYS],
                                memory_order_relaxed)
           == hash;
}

void shs_large_keys_note(shs_large_keys_t *keys, shs_octets_t key,
                         apr_uint32_t part, apr_size_t octets)
{
    apr_uint32_t hash = hash_of(key, part);

    if (octets >= SHS_LARGE_KEY_OCTETS) {
        atomic_store_explicit(&keys->hashes[hash % SHS_LARGE_KEYS], hash,
                              memory_order_relaxed);
    }
    else if (shs_large_keys_has(keys, key, part)) {
        atomic_store_explicit(&keys->hashes[hash % SHS_LARGE_KEYS], 0,
                              memory_order_relaxed);
    }
}
