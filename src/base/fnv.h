/* SPDX-License-Identifier: Apache-2.0
 *
 * fnv: the hash FNV-1a (draft-eastlake-fnv), for names and layouts that only
 * have to be compared. A client can find texts of equal hash.
 */
#ifndef SHS_BASE_FNV_H
#define SHS_BASE_FNV_H

#include <apr.h>

#define SHS_FNV_START32 2166136261u
#define SHS_FNV_START64 APR_UINT64_C(14695981039346656037)

/* The hash of what `hash` is of, followed by data[0..len). */
static inline apr_uint32_t shs_fnv_add32(apr_uint32_t hash, const void *data,
                                         apr_size_t len)
{
    const unsigned char *octets = data;
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        hash = (hash ^ octets[i]) * 16777619u;
    }
    return hash;
}

static inline apr_uint64_t shs_fnv_add64(apr_uint64_t hash, const void *data,
                                         apr_size_t len)
{
    const unsigned char *octets = data;
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        hash = (hash ^ octets[i]) * APR_UINT64_C(1099511628211);
    }
    return hash;
}

#endif
