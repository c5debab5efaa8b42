/* SPDX-License-Identifier: Apache-2.0
 *
 * near_set: the entries of a near-cache whose names map to one set, in memory
 * that processes share. It is read without a lock, and written by the process
 * that has claimed it.
 *
 * The room is a FIFO ring: an entry takes the room that it needs behind the
 * entry that was written last, and at the end writing begins again at the
 * front, over the oldest entries. So entries of all sizes share the room. An
 * entry that is rewritten in place does not become newer.
 *
 *   0 ... next              entries of this lap, one behind the other
 *   oldest ... end          what is left of the lap before
 *
 * An entry is found by its slot (near_slot.h). A writer revokes the places of
 * all entries whose room it overwrites, before it overwrites them. A reader
 * copies and then checks that the place is the same. A writer that finds the
 * claim of a process that is gone takes it over and empties the set, because
 * any word of it may be damaged. A claim of a process that is only stopped is
 * never taken over: until that process goes on, nothing is written to its set,
 * and the rest is still read. No word that is read is used as a place before it
 * was checked against the room; a ring that cannot be is emptied.
 */
#ifndef SHS_STORE_CACHE_MEMORY_NEAR_SET_H
#define SHS_STORE_CACHE_MEMORY_NEAR_SET_H

#include "store/cache/memory/near_slot.h"

/* Words of room that an entry of so many octets takes. */
apr_size_t shs_near_set_words(apr_size_t octets);

/* Sets with room for `entries` of the largest entries, and a slot for each
 * `usual` octets of room, at least. */
shs_near_shape_t shs_near_set_shape(apr_size_t entries, apr_size_t largest,
                                    apr_size_t usual);

/* Gives a shape as much more room as so many octets are. */
void shs_near_set_grow(shs_near_shape_t *shape, apr_size_t octets);

/* Octets of memory of a set of that shape: a multiple of 64. */
apr_size_t shs_near_set_size(const shs_near_shape_t *shape);

/* Copies the entry of that name and those epochs into p. Returns 0 if there is
 * none, or if it was overwritten meanwhile. */
int shs_near_set_read(shs_near_entry_t *entry, const shs_near_set_t *set,
                      const shs_near_shape_t *shape, shs_near_keys_t keys,
                      apr_pool_t *p);

/* Writes the entry, which must fit into the room, in place of an older one of
 * its name. Sets *evicted to the number of entries of other names that lost
 * their room although they were valid. Returns 0 if a running process has
 * claimed the set. */
int shs_near_set_write(int *evicted, shs_near_set_t *set,
                       const shs_near_shape_t *shape,
                       const shs_near_entry_t *entry, apr_uint32_t pid,
                       shs_near_keys_t keys);

#endif
