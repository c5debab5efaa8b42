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
 *  3. The lookup that requests the value holds a ticket until it ends. No other
 *     lookup, of this key or of another, gives that ticket back or takes it
 *     over. The ticket expires a moment after the lookup's deadline, because a
 *     child that was killed gives none back.
 *
 * A key is remembered only by a hash. If two keys share a hash, a size is
 * requested in vain, or not requested. If two keys share a slot of `requested`,
 * the size of one is requested in vain while the value of the other is loaded;
 * a slot of `noted` knows only the last key. This never affects the contents of
 * a session.
 */
#ifndef SHS_REDIS_HEALTH_BIG_KEY_H
#define SHS_REDIS_HEALTH_BIG_KEY_H

#include <stdatomic.h>

#include <apr_siphash.h>
#include <apr_time.h>

#include "base/octets.h"

#define SHS_BIG_KEY_NOTED     1024
#define SHS_BIG_KEY_REQUESTED 4096

/* In shared memory. Zeroed memory is valid; fields are private. */
typedef struct shs_big_key_t {
    _Atomic apr_uint64_t noted[SHS_BIG_KEY_NOTED]; /* 0: free */
    /* 0: free; else a key that is known to be small, or a ticket. */
    _Atomic apr_uint64_t requested[SHS_BIG_KEY_REQUESTED];
} shs_big_key_t;

/* The hash by which a key is remembered: not 0. The secret belongs to
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
                                     * value, or that of a key in the same
                                     * slot */
} shs_big_key_begin_t;

/* Called before a key is read, which takes until `deadline` at most;
 * shs_big_key_end() must follow, with the *ticket (0: none). Writes nothing for
 * a key that is known to be small. Times are by shs_clock_now(). */
shs_big_key_begin_t shs_big_key_begin(apr_uint64_t *ticket,
                                      shs_big_key_t *big_key, apr_uint64_t mark,
                                      apr_time_t deadline, apr_time_t now);

typedef enum shs_big_key_end_t {
    SHS_BIG_KEY_SMALL, /* the value came, or the key does not exist */
    SHS_BIG_KEY_BIG,   /* the value is too large, or did not come */
    SHS_BIG_KEY_UNKNOWN
} shs_big_key_end_t;

void shs_big_key_end(shs_big_key_t *big_key, apr_uint64_t mark,
                     apr_uint64_t ticket, shs_big_key_end_t end);

#endif
