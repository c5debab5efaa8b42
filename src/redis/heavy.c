/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/heavy.h"

#define LIGHT 1

apr_uint64_t shs_heavy_mark(shs_octets_t key,
                            const unsigned char secret[SHS_HEAVY_SECRET])
{
    apr_uint64_t mark =
        apr_siphash24(key.data, key.len, secret) & ~(apr_uint64_t)LIGHT;

    return mark != 0 ? mark : 2;
}

static _Atomic apr_uint64_t *noted(shs_heavy_t *heavy, apr_uint64_t mark)
{
    return &heavy->noted[(mark ^ mark >> 32) % SHS_HEAVY_NOTED];
}

static _Atomic apr_uint64_t *asked(shs_heavy_t *heavy, apr_uint64_t mark)
{
    return &heavy->asked[(mark ^ mark >> 32) / 2 % SHS_HEAVY_ASKED];
}

/* A child that was killed leaves its mark: then a size is asked for in vain,
 * once. */
shs_heavy_begin_t shs_heavy_begin(shs_heavy_t *heavy, apr_uint64_t mark)
{
    _Atomic apr_uint64_t *place = asked(heavy, mark);
    apr_uint64_t found = atomic_load(place);

    if (atomic_load(noted(heavy, mark)) == mark) {
        return SHS_HEAVY_SIZE;
    }
    /* Lost to another, `found` is what that has left there. */
    if ((found & ~(apr_uint64_t)LIGHT) != mark
        && atomic_compare_exchange_strong(place, &found, mark)) {
        return SHS_HEAVY_VALUE;
    }
    return found == mark ? SHS_HEAVY_SIZE_MEANWHILE : SHS_HEAVY_VALUE;
}

void shs_heavy_end(shs_heavy_t *heavy, apr_uint64_t mark, shs_heavy_end_t end)
{
    _Atomic apr_uint64_t *place = asked(heavy, mark);
    apr_uint64_t found = mark;

    switch (end) {
    case SHS_HEAVY_LIGHT:
        if (atomic_load(place) != (mark | LIGHT)) {
            atomic_store(place, mark | LIGHT);
        }
        if (atomic_load(noted(heavy, mark)) == mark) {
            atomic_compare_exchange_strong(noted(heavy, mark), &found, 0);
        }
        return;
    case SHS_HEAVY_HEAVY:
        atomic_store(noted(heavy, mark), mark);
        break;
    case SHS_HEAVY_UNKNOWN:
        break;
    }
    atomic_compare_exchange_strong(place, &found, 0);
}
