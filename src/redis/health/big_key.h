/* SPDX-License-Identifier: Apache-2.0
 *
 * big_key: decides for which keys the size is asked before the value. A hash of
 * 300,000 fields costs Redis, which serves one client at a time, some 80 ms for
 * each HGETALL, however little of the reply is read; HLEN costs nothing.
 *
 * Numbered rules, shared by all children of the host:
 *  1. A key is noted if its value was too large or did not come. From then on
 *     its size is requested first, until its value comes.
 *  2. If several requests want a key at once that is not known to be small, one
 *     requests the value, and the others request the size first. So a big key
 *     that is not noted yet costs the server one such reply, and not one for
 *     each client.
 *
 * A key is remembered only by a hash. If two keys share a hash, or a slot of a
 * table, a size is requested in vain, or not requested. This never affects the
 * contents of a session.
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
    /* A mark, or'ed with 1 if the key is known to be small. */
    _Atomic apr_uint64_t requested[SHS_BIG_KEY_REQUESTED];
} shs_big_key_t;

/* The hash by which a key is remembered: even, and not 0. The secret belongs to
 * the host, so that a client cannot construct an id that has the same mark as
 * another key. */
#define SHS_BIG_KEY_SECRET APR_SIPHASH_KSIZE

apr_uint64_t shs_big_key_mark(shs_octets_t key,
                              const unsigned char secret[SHS_BIG_KEY_SECRET]);

/* What to load of a key first. */
typedef enum shs_big_key_begin_t {
    SHS_BIG_KEY_LOAD_VALUE,
    SHS_BIG_KEY_LOAD_SIZE,          /* rule 1: the key is noted */
    SHS_BIG_KEY_LOAD_SIZE_MEANWHILE /* rule 2: another request is loading the
                                     * value */
} shs_big_key_begin_t;

/* Called before a key is read; shs_big_key_end() must follow. Writes nothing
 * for a key that is known to be small. */
shs_big_key_begin_t shs_big_key_begin(shs_big_key_t *big_key,
                                      apr_uint64_t mark);

typedef enum shs_big_key_end_t {
    SHS_BIG_KEY_SMALL, /* the value came, or the key does not exist */
    SHS_BIG_KEY_BIG,   /* the value is too large, or did not come */
    SHS_BIG_KEY_UNKNOWN
} shs_big_key_end_t;

void shs_big_key_end(shs_big_key_t *big_key, apr_uint64_t mark,
                     shs_big_key_end_t end);

#endif
