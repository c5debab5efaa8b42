/* SPDX-License-Identifier: Apache-2.0
 *
 * near_entry: the representation of a near-cache's entry in memory that
 * processes share: words, read and written by relaxed atomic operations. A read
 * during a write gets a mixture, which the checksum detects; near_set.h says
 * which process writes when.
 */
#ifndef SHS_STORE_CACHE_MEMORY_NEAR_ENTRY_H
#define SHS_STORE_CACHE_MEMORY_NEAR_ENTRY_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/octets.h"
#include "base/siphash.h"
#include "store/cache/memory/atomic64.h"

typedef struct shs_near_entry_t {
    apr_uint64_t a; /* the name */
    apr_uint64_t b;
    apr_uint64_t epochs;
    apr_time_t read_at; /* just before it was read from the store */
    apr_time_t valid_until;
    apr_time_t expires_at; /* the key's own expiry */
    shs_octets_t octets;   /* aligned to 8 octets when read */
} shs_near_entry_t;

/* The first is the key of the names' hash. Checksums start from both. */
typedef unsigned char shs_near_keys_t[2][SHS_SIPHASH_KEY];

/* The number of words of an entry of so many octets. */
apr_size_t shs_near_entry_words(apr_size_t octets);

/* The words of room that the entry at this place says it has, whatever its
 * octets take; and the half `b` of its name. Any numbers, if the words are no
 * entry. */
apr_size_t shs_near_entry_room(const shs_atomic64_t *words);
apr_uint64_t shs_near_entry_b(const shs_atomic64_t *words);

/* Whether the entry has that name; its checksum is not verified. */
int shs_near_entry_is_named(const shs_atomic64_t *words, apr_uint64_t a,
                            apr_uint64_t b);

/* Whether the entry is valid at that time, as far as it says itself: neither
 * the lease nor the epochs are looked at, and its checksum is not verified. */
int shs_near_entry_is_valid_at(const shs_atomic64_t *words, apr_time_t now);

/* Copies the entry into p if it has *entry's name and epochs. Returns 0 if it
 * has not, does not fit into `count` words (at least those of an empty entry),
 * or its checksum is wrong. */
int shs_near_entry_read(shs_near_entry_t *entry, const shs_atomic64_t *words,
                        apr_size_t count, shs_near_keys_t keys, apr_pool_t *p);

/* Writes the entry's shs_near_entry_words() words, which have that room. */
void shs_near_entry_write(shs_atomic64_t *words, apr_size_t room,
                          const shs_near_entry_t *entry, shs_near_keys_t keys);

#endif
