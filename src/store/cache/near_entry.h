/* SPDX-License-Identifier: Apache-2.0
 *
 * near_entry: how one entry of a near-cache stands in memory that processes
 * share: words, read and written by relaxed atomic operations. Who reads one
 * while it is being written gets a mixture, which its checksum tells; near_set
 * says whose turn it is.
 */
#ifndef SHS_STORE_CACHE_NEAR_ENTRY_H
#define SHS_STORE_CACHE_NEAR_ENTRY_H

#include <apr_pools.h>
#include <apr_siphash.h>
#include <apr_time.h>

#include "base/octets.h"
#include "store/cache/atomic64.h"

typedef struct shs_near_entry_t {
    apr_uint64_t a; /* the name */
    apr_uint64_t b;
    apr_uint64_t epochs;
    apr_time_t asked_at; /* it was so then */
    apr_time_t believed_until;
    apr_time_t dies_at;  /* the key's own end */
    shs_octets_t octets; /* aligned to 8 octets when read */
} shs_near_entry_t;

/* Two keys of names (SipHash-2-4), which are where checksums begin, too. */
typedef unsigned char shs_near_keys_t[2][APR_SIPHASH_KSIZE];

/* How many words an entry of so many octets takes. */
apr_size_t shs_near_entry_words(apr_size_t octets);

/* Whether it is one of that name, at a glance. */
int shs_near_entry_is_named(const shs_atomic64_t *words, apr_uint64_t a,
                            apr_uint64_t b);

/* Copies the entry into p if it is the one of *entry's name and epochs. Returns
 * 0 if it is another, does not fit into `count` words (one's least or more), or
 * is no entry as it was written with those keys. */
int shs_near_entry_read(shs_near_entry_t *entry, const shs_atomic64_t *words,
                        apr_size_t count, shs_near_keys_t keys, apr_pool_t *p);

/* Writes shs_near_entry_words() of them. */
void shs_near_entry_write(shs_atomic64_t *words, const shs_near_entry_t *entry,
                          shs_near_keys_t keys);

#endif
