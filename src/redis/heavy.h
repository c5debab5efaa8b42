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
 *     asks for the value, and the others for the size first. So a key that is
 *     not noted yet costs the server one such answer, and not one for each
 *     client.
 *  3. The lookup that asks for the value has a ticket until it ends. No other
 *     lookup, of this key or of another, gives that ticket back or takes it
 *     over. It runs out a moment after the lookup's deadline, as a child that
 *     was killed gives none back.
 *
 * A key is remembered by a hash alone. Where two share one, a size is asked for
 * in vain, or not asked for. Where two share a place in `asked`, one of them is
 * asked for its size in vain while the other is asked for its value; in `noted`
 * the last one is known. Nothing follows for what a session is.
 */
#ifndef SHS_REDIS_HEAVY_H
#define SHS_REDIS_HEAVY_H

#include <stdatomic.h>

#include <apr_siphash.h>
#include <apr_time.h>

#include "session/record.h"

#define SHS_HEAVY_NOTED 1024
#define SHS_HEAVY_ASKED 4096

/* In shared memory. Zeroed memory is valid; fields are private. */
typedef struct shs_heavy_t {
    _Atomic apr_uint64_t noted[SHS_HEAVY_NOTED]; /* 0: free */
    _Atomic apr_uint64_t asked[SHS_HEAVY_ASKED]; /* 0: free; a key that is known
                                                  * to be light; or a ticket */
} shs_heavy_t;

/* What a key is remembered by: not 0. The secret is the host's, so
 * that no client can find an id whose key is remembered as another one is. */
#define SHS_HEAVY_SECRET APR_SIPHASH_KSIZE

apr_uint64_t shs_heavy_mark(shs_octets_t key,
                            const unsigned char secret[SHS_HEAVY_SECRET]);

/* What a key is asked for first. */
typedef enum shs_heavy_begin_t {
    SHS_HEAVY_VALUE,
    SHS_HEAVY_SIZE,          /* rule 1: it is noted */
    SHS_HEAVY_SIZE_MEANWHILE /* rule 2: another asks for the value now, or for
                              * that of a key in the same place */
} shs_heavy_begin_t;

/* Before a key is asked for, which takes until `deadline` at most;
 * shs_heavy_end() must follow, with the *ticket (0: none). Of a key that is
 * known to be light nothing is written. Times are by shs_clock_now(). */
shs_heavy_begin_t shs_heavy_begin(apr_uint64_t *ticket, shs_heavy_t *heavy,
                                  apr_uint64_t mark, apr_time_t deadline,
                                  apr_time_t now);

typedef enum shs_heavy_end_t {
    SHS_HEAVY_LIGHT, /* the value came, or there is none */
    SHS_HEAVY_HEAVY, /* it is too large, or did not come */
    SHS_HEAVY_UNKNOWN
} shs_heavy_end_t;

void shs_heavy_end(shs_heavy_t *heavy, apr_uint64_t mark, apr_uint64_t ticket,
                   shs_heavy_end_t end);

#endif
