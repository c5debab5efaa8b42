/* SPDX-License-Identifier: Apache-2.0
 *
 * near_slot: the layout of a near-cache's set (near_set.h), and its slots, each
 * of which has the place of an entry.
 *
 *   head | tags | places | room
 *
 * A name chooses a group of slots, and a tag one of them. No word that is read
 * is used as a place before it was checked against the room.
 */
#ifndef SHS_STORE_CACHE_MEMORY_NEAR_SLOT_H
#define SHS_STORE_CACHE_MEMORY_NEAR_SLOT_H

#include "store/cache/memory/near_entry.h"

/* Slots of a group: their tags are one cache line. */
#define SHS_NEAR_GROUP 16

/* Room is allocated in units of so many words. */
#define SHS_NEAR_UNIT 2

/* What all sets of one kind have. */
typedef struct shs_near_shape_t {
    apr_size_t room;   /* in words, less than 1 << 20 */
    apr_size_t groups; /* of slots */
} shs_near_shape_t;

/* The head of a set. Zeroed, with all that follows it, it is empty. */
typedef struct shs_near_set_t {
    shs_atomic64_t claim; /* claims so far << 32 | pid; pid 0: not claimed */
    shs_atomic64_t next;  /* words of the room: near_set.h */
    shs_atomic64_t oldest;
    shs_atomic64_t end;
    shs_atomic64_t unused[4];
} shs_near_set_t;

/* The parts of a set. */
typedef struct shs_near_view_t {
    _Atomic apr_uint32_t *tags;
    shs_atomic64_t *places; /* version << 40 | words << 20 | at */
    shs_atomic64_t *room;
    const shs_near_shape_t *shape;
} shs_near_view_t;

typedef struct shs_near_place_t {
    apr_size_t at;
    apr_size_t words; /* 0: no entry; else at least those of an empty one */
} shs_near_place_t;

static inline shs_near_view_t shs_near_slot_view(const shs_near_set_t *set,
                                                 const shs_near_shape_t *shape)
{
    apr_size_t slots = shape->groups * SHS_NEAR_GROUP;
    shs_near_view_t view;

    view.tags = (_Atomic apr_uint32_t *)(set + 1);
    view.places = (shs_atomic64_t *)(view.tags + slots);
    view.room = view.places + slots;
    view.shape = shape;
    return view;
}

/* The first slot of the group of a name. */
static inline apr_size_t shs_near_slot_first(const shs_near_view_t *view,
                                             apr_uint64_t b)
{
    return (apr_size_t)(b >> 32) % view->shape->groups * SHS_NEAR_GROUP;
}

static inline int shs_near_slot_is_tagged(const shs_near_view_t *view,
                                          apr_size_t slot, apr_uint64_t a)
{
    return atomic_load_explicit(&view->tags[slot], memory_order_relaxed)
           == (apr_uint32_t)a;
}

/* The place that a word says. One outside the room, or that cannot have been
 * published, is no entry. */
static inline shs_near_place_t shs_near_slot_decode(const shs_near_view_t *view,
                                                    apr_uint64_t word)
{
    apr_size_t room = view->shape->room;
    shs_near_place_t place;

    place.at = (apr_size_t)(word & 0xfffff);
    place.words = (apr_size_t)(word >> 20 & 0xfffff);
    if (place.words > room || place.at > room - place.words
        || (place.words | place.at) % SHS_NEAR_UNIT != 0
        || place.words < shs_near_entry_words(0)) {
        place.words = 0;
    }
    return place;
}

/* For the writer. */
shs_near_place_t shs_near_slot_place(const shs_near_view_t *view,
                                     apr_size_t slot);

/* A reader that sees any word written after this also sees the revocation. */
void shs_near_slot_revoke(const shs_near_view_t *view, apr_size_t slot);

/* The entry at the place was written: readers may find it by `a`. */
void shs_near_slot_publish(const shs_near_view_t *view, apr_size_t slot,
                           shs_near_place_t place, apr_uint64_t a);

#endif
