/* SPDX-License-Identifier: Apache-2.0
 *
 * near_set: some entries of a near-cache whose names share a place, in memory
 * that processes share: read without a lock, written by who has claimed it.
 *
 * An entry takes the room that it needs, behind the one that was written
 * before; at the end writing begins again in front, over the oldest. So large
 * and small ones share the room, and what goes is what came first: one that is
 * written anew where it was keeps its turn.
 *
 * Each entry has a place: where it stands, and how often that place has been
 * given. A writer takes the place away before it writes over the room; a reader
 * copies, and then looks whether the place is the same. A writer that finds a
 * claim of a process that is gone takes it over and empties the set, because
 * any word of it may be amiss; one that is only stopped is never written over.
 * Until it goes on nothing is put into its set, and the rest is still read.
 * No word that is read is used as a place before it was compared with the room.
 */
#ifndef SHS_STORE_CACHE_NEAR_SET_H
#define SHS_STORE_CACHE_NEAR_SET_H

#include "store/cache/near_entry.h"

#define SHS_NEAR_SET_ENTRIES 64

/* Zeroed, it is empty. */
typedef struct shs_near_set_t {
    shs_atomic64_t claim; /* claims so far << 32 | pid, 0: nobody's */
    shs_atomic64_t next;  /* word of the room where the next entry goes */
    shs_atomic64_t unused[6];
    _Atomic apr_uint32_t tags[SHS_NEAR_SET_ENTRIES]; /* of names, to look for */
    shs_atomic64_t places[SHS_NEAR_SET_ENTRIES];     /* how often << 40
                                                   * | words << 20 | at;
                                                   * no words: not given */
    shs_atomic64_t room[];
} shs_near_set_t;

/* Words of room that an entry takes. */
apr_size_t shs_near_set_words(apr_size_t octets);

/* Octets of memory of a set with that room, in words: less than 1 << 20. */
apr_size_t shs_near_set_size(apr_size_t room);

/* Copies the entry of that name and those epochs into p. Returns 0 if there is
 * none, or it was being written over. */
int shs_near_set_read(shs_near_entry_t *entry, const shs_near_set_t *set,
                      apr_size_t room, shs_near_keys_t keys, apr_pool_t *p);

/* Writes the entry, for which there is room, in place of an older one of its
 * name. Returns 0 if a process that lives has claimed the set. */
int shs_near_set_write(shs_near_set_t *set, apr_size_t room,
                       const shs_near_entry_t *entry, apr_uint32_t pid,
                       shs_near_keys_t keys);

#endif
