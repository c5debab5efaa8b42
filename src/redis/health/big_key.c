/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/big_key.h"

#define SMALL 1

apr_uint64_t shs_big_key_mark(shs_octets_t key,
                              const unsigned char secret[SHS_BIG_KEY_SECRET])
{
    apr_uint64_t mark =
        apr_siphash24(key.data, key.len, secret) & ~(apr_uint64_t)SMALL;

    return mark != 0 ? mark : 2;
}

static _Atomic apr_uint64_t *noted(shs_big_key_t *big_key, apr_uint64_t mark)
{
    return &big_key->noted[(mark ^ mark >> 32) % SHS_BIG_KEY_NOTED];
}

static _Atomic apr_uint64_t *requested(shs_big_key_t *big_key,
                                       apr_uint64_t mark)
{
    return &big_key->requested[(mark ^ mark >> 32) / 2 % SHS_BIG_KEY_REQUESTED];
}

/* A child that was killed leaves its mark: then one size is requested in
 * vain. */
shs_big_key_begin_t shs_big_key_begin(shs_big_key_t *big_key, apr_uint64_t mark)
{
    _Atomic apr_uint64_t *slot = requested(big_key, mark);
    apr_uint64_t found = atomic_load(slot);

    if (atomic_load(noted(big_key, mark)) == mark) {
        return SHS_BIG_KEY_LOAD_SIZE;
    }
    /* If another child was faster, `found` is what it wrote. */
    if ((found & ~(apr_uint64_t)SMALL) != mark
        && atomic_compare_exchange_strong(slot, &found, mark)) {
        return SHS_BIG_KEY_LOAD_VALUE;
    }
    return found == mark ? SHS_BIG_KEY_LOAD_SIZE_MEANWHILE
                         : SHS_BIG_KEY_LOAD_VALUE;
}

void shs_big_key_end(shs_big_key_t *big_key, apr_uint64_t mark,
                     shs_big_key_end_t end)
{
    _Atomic apr_uint64_t *slot = requested(big_key, mark);
    apr_uint64_t found = mark;

    switch (end) {
    case SHS_BIG_KEY_SMALL:
        if (atomic_load(slot) != (mark | SMALL)) {
            atomic_store(slot, mark | SMALL);
        }
        if (atomic_load(noted(big_key, mark)) == mark) {
            atomic_compare_exchange_strong(noted(big_key, mark), &found, 0);
        }
        return;
    case SHS_BIG_KEY_BIG:
        atomic_store(noted(big_key, mark), mark);
        break;
    case SHS_BIG_KEY_UNKNOWN:
        break;
    }
    atomic_compare_exchange_strong(slot, &found, 0);
}
