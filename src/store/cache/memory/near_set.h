/* SPDX-License-Identifier: Apache-2.0
 *
 * near_set: the entries of a near-cache whose names map to one set, in memory
 * that processes share. It is read without a lock, and written by the process
 * that has claimed it.
 *
 * The room is a FIFO ring: an entry takes the room that it needs behind the
 * entry that was written last, and at the end writing begins again at the
 * front, over the oldest entries. So large and small entries share the room. An
 * entry that is rewritten in place does not become newer.
 *
 * Each entry has a place: its position, its length and the place's version. A
 * writer revokes the places of all entries whose room it overwrites, before it
 * overwrites them. A reader copies and then checks that the place is the same.
 * A writer that finds the claim of a process that is gone takes it over and
 * empties the set, because any word of it may be damaged. A claim of a process
 * that is only stopped is never taken over: until that process goes on, nothing
 * is written to its set, and the rest is still read. No word that is read is
 * used as a place before it was checked against the room.
 */
#ifndef SHS_STORE_CACHE_MEMORY_NEAR_SET_H
#define SHS_STORE_CACHE_MEMORY_NEAR_SET_H

#include "store/cache/memory/near_entry.h"

#define SHS_NEAR_SET_ENTRIES 64

/* Zeroed, it is empty. */
typedef struct shs_near_set_t {
    shs_atomic64_t claim; /* claims so far << 32 | pid; pid 0: not claimed */
    shs_atomic64_t next;  /* word of the room where the next entry goes */
    shs_atomic64_t unused[6];
    _Atomic apr_uint32_t tags[SHS_NEAR_SET_ENTRIES]; /* part of the name */
    shs_atomic64_t places[SHS_NEAR_SET_ENTRIES];     /* version << 40
                                                      * | words << 20 | at;
                                                      * 0 words: no entry */
    shs_atomic64_t room[];
} shs_near_set_t;

/* Words of room that an entry of so many octets takes. */
apr_size_t shs_near_set_words(apr_size_t octets);

/* Octets of memory of a set with that room, which is in words and less than
 * 1 << 20. */
apr_size_t shs_near_set_size(apr_size_t room);

/* Copies the entry of that name and those epochs into p. Returns 0 if there is
 * none, or if it was overwritten meanwhile. */
int shs_near_set_read(shs_near_entry_t *entry, const shs_near_set_t *set,
                      apr_size_t room, shs_near_keys_t keys, apr_pool_t *p);

/* Writes the entry, which must fit into the room, in place of an older one of
 * its name. Sets *evicted to the number of entries of other names that lost
 * their room although they were valid. Returns 0 if a running process has
 * claimed the set. */
int shs_near_set_write(int *evicted, shs_near_set_t *set, apr_size_t room,
                       const shs_near_entry_t *entry, apr_uint32_t pid,
                       shs_near_keys_t keys);

#endif
