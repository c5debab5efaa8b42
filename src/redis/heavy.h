/* SPDX-License-Identifier: Apache-2.0
 *
 * heavy: which keys are asked for their size before their value. A hash of
 * 300,000 fields costs Redis, which answers one client at a time, some 80 ms
 * for each HGETALL, however little of the answer is read; HLEN costs nothing.
 *
 * Numbered rules, for all children of the host together:
 *  1. A key whose value was too large, or did not come, is noted. Its size is
 *     asked for first, until its value comes after all.
 *  2. Of several that ask at once for a key that is not known to be light, one
 *     asks for the value, and the others for the size first. So a key that
 *     nobody has noted yet costs the server one such answer, and not one for
 *     each client.
 *
 * A key is remembered by a hash alone. Where two share one, or a place in a
 * table, a size is asked for in vain, or not asked for: nothing follows for
 * what a session is.
 */
#ifndef SHS_REDIS_HEAVY_H
#define SHS_REDIS_HEAVY_H

#include <stdatomic.h>

#include <apr_siphash.h>

#include "session/record.h"

#define SHS_HEAVY_NOTED 1024
#define SHS_HEAVY_ASKED 4096

/* In shared memory. Zeroed memory is valid; fields are private. */
typedef struct shs_heavy_t {
    _Atomic apr_uint64_t noted[SHS_HEAVY_NOTED]; /* 0: free */
    _Atomic apr_uint64_t asked[SHS_HEAVY_ASKED]; /* a mark, and 1 if it is known
                                                  * to be light */
} shs_heavy_t;

/* What a key is remembered by: not 0, and even. The secret is the host's, so
 * that no client can find an id whose key is remembered as another one is. */
#define SHS_HEAVY_SECRET APR_SIPHASH_KSIZE

apr_uint64_t shs_heavy_mark(shs_octets_t key,
                            const unsigned char secret[SHS_HEAVY_SECRET]);

/* What a key is asked for first. */
typedef enum shs_heavy_begin_t {
    SHS_HEAVY_VALUE,
    SHS_HEAVY_SIZE,          /* rule 1: it is noted */
    SHS_HEAVY_SIZE_MEANWHILE /* rule 2: another asks for the value now */
} shs_heavy_begin_t;

/* Before a key is asked for; shs_heavy_end() must follow. Of a key that is
 * known to be light nothing is written. */
shs_heavy_begin_t shs_heavy_begin(shs_heavy_t *heavy, apr_uint64_t mark);

typedef enum shs_heavy_end_t {
    SHS_HEAVY_LIGHT, /* the value came, or there is none */
    SHS_HEAVY_HEAVY, /* it is too large, or did not come */
    SHS_HEAVY_UNKNOWN
} shs_heavy_end_t;

void shs_heavy_end(shs_heavy_t *heavy, apr_uint64_t mark, shs_heavy_end_t end);

#endif
