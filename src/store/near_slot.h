/* SPDX-License-Identifier: Apache-2.0
 *
 * near_slot: one entry of a near-cache in memory that processes share, read
 * without a lock and written by who has claimed it.
 *
 * A claim is how often the slot was claimed and let go, and which process has
 * it now. A reader copies and looks at the claim again; a writer that finds a
 * claim of a process that is gone takes it over, so one that was killed at any
 * instruction leaves nothing that stays unusable, and one that is only stopped
 * is never written over. The rest are words, read and written by relaxed atomic
 * operations in the order that the claim gives them.
 */
#ifndef SHS_STORE_NEAR_SLOT_H
#define SHS_STORE_NEAR_SLOT_H

#include <stdatomic.h>

#include <apr_pools.h>
#include <apr_siphash.h>
#include <apr_time.h>

#include "session/record.h"

typedef _Atomic apr_uint64_t shs_near_word_t;

/* Zeroed, it is empty. */
typedef struct shs_near_slot_t {
    shs_near_word_t claim; /* claims so far << 32 | pid, 0: nobody's */
    shs_near_word_t a;     /* the name; a is never 0 */
    shs_near_word_t b;
    shs_near_word_t epochs;
    shs_near_word_t put_at;
    shs_near_word_t believed_until;
    shs_near_word_t dies_at; /* the key's own end */
    shs_near_word_t len;     /* octets */
    shs_near_word_t sum;     /* binds all of these but put_at to the octets */
    shs_near_word_t data[];
} shs_near_slot_t;

/* The same outside of it. */
typedef struct shs_near_entry_t {
    apr_uint64_t a;
    apr_uint64_t b;
    apr_uint64_t epochs;
    apr_time_t put_at;
    apr_time_t believed_until;
    apr_time_t dies_at;
    shs_octets_t octets; /* aligned to 8 octets when read */
} shs_near_entry_t;

/* Two keys for checksums. */
typedef unsigned char shs_near_keys_t[2][APR_SIPHASH_KSIZE];

/* Octets of memory for a slot of entries up to that size. */
apr_size_t shs_near_slot_size(apr_size_t octets);

/* Copies the entry into p if it is the one of that name and no larger than
 * `most`. Returns 0 if it is another, was written meanwhile or is damaged. */
int shs_near_slot_read(shs_near_entry_t *entry, const shs_near_slot_t *slot,
                       apr_uint64_t a, apr_uint64_t b, apr_size_t most,
                       shs_near_keys_t keys, apr_pool_t *p);

/* Writes the entry, for which there is room. Returns 0 if a process that lives
 * has the slot. */
int shs_near_slot_write(shs_near_slot_t *slot, const shs_near_entry_t *entry,
                        apr_uint32_t pid, shs_near_keys_t keys);

/* Whether no process that lives is writing it. */
int shs_near_slot_is_free(const shs_near_slot_t *slot);

/* What can be told without a copy. */
apr_uint64_t shs_near_slot_get(const shs_near_word_t *word);

#endif
