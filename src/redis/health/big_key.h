/* SPDX-License-Identifier: Apache-2.0
 *
 * big_key: which keys are asked for their size before their value. A hash of
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
#ifndef SHS_REDIS_HEALTH_BIG_KEY_H
#define SHS_REDIS_HEALTH_BIG_KEY_H

#include <stdatomic.h>

#include <apr_siphash.h>

#include "base/octets.h"

#define SHS_BIG_KEY_NOTED     1024
#define SHS_BIG_KEY_REQUESTED 4096

/* In shared memory. Zeroed memory is valid; fields are private. */
typedef struct shs_big_key_t {
    _Atomic apr_uint64_t noted[SHS_BIG_KEY_NOTED]; /* 0: free */
    _Atomic apr_uint64_t
        requested[SHS_BIG_KEY_REQUESTED]; /* a mark, and 1 if it is known
                                                  * to be light */
} shs_big_key_t;

/* What a key is remembered by: not 0, and even. The secret is the host's, so
 * that no client can find an id whose key is remembered as another one is. */
#define SHS_BIG_KEY_SECRET APR_SIPHASH_KSIZE

apr_uint64_t shs_big_key_mark(shs_octets_t key,
                              const unsigned char secret[SHS_BIG_KEY_SECRET]);

/* Before a key is asked for; shs_big_key_end() must follow. Returns 1 if its size
 * is to be asked for first. Of a key that is known to be light nothing is
 * written. */
int shs_big_key_begin(shs_big_key_t *big_key, apr_uint64_t mark);

typedef enum shs_big_key_end_t {
    SHS_BIG_KEY_SMALL, /* the value came, or there is none */
    SHS_BIG_KEY_BIG,   /* it is too large, or did not come */
    SHS_BIG_KEY_UNKNOWN
} shs_big_key_end_t;

void shs_big_key_end(shs_big_key_t *big_key, apr_uint64_t mark,
                     shs_big_key_end_t end);

#endif
