/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_set.h"

#include <errno.h>
#include <signal.h>

#define GROUP SHS_NEAR_GROUP
#define UNIT  SHS_NEAR_UNIT

#define PID_MASK ((apr_uint64_t)0xffffffffu)

/* Sets begin at a cache line. */
#define LINE 8

/* What the words of a place can say, in lines. */
#define MOST_ROOM ((((apr_size_t)1 << 20) - 1) / LINE * LINE)

static apr_size_t round_up(apr_size_t number, apr_size_t to)
{
    return (number + to - 1) / to * to;
}

apr_size_t shs_near_set_words(apr_size_t octets)
{
    return round_up(shs_near_entry_words(octets), UNIT);
}

shs_near_shape_t shs_near_set_shape(apr_size_t entries, apr_size_t largest,
                                    apr_size_t usual)
{
    shs_near_shape_t shape;

    shape.room = round_up(entries * shs_near_set_words(largest), LINE);
    shape.groups = (8 * shape.room / usual + GROUP - 1) / GROUP;
    return shape;
}

void shs_near_set_grow(shs_near_shape_t *shape, apr_size_t octets)
{
    apr_size_t room = shape->room + octets / (8 * LINE) * LINE;

    shape->room = room < MOST_ROOM ? room : MOST_ROOM;
}

apr_size_t shs_near_set_size(const shs_near_shape_t *shape)
{
    return sizeof(shs_near_set_t)
           + shape->groups * GROUP
                 * (sizeof(apr_uint32_t) + sizeof(shs_atomic64_t))
           + 8 * shape->room;
}

/* -------------------------------------------------------------------- read */

static int read_at(shs_near_entry_t *entry, const shs_near_view_t *v,
                   apr_size_t slot, shs_near_keys_t keys, apr_pool_t *p)
{
    apr_uint64_t before =
        atomic_load_explicit(&v->places[slot], memory_order_acquire);
    shs_near_place_t place = shs_near_slot_decode(v, before);

    if (place.words == 0
        || !shs_near_entry_read(entry, &v->room[place.at], place.words, keys,
                                p)) {
        return 0;
    }
    atomic_thread_fence(memory_order_acquire);
    return shs_atomic64_get(&v->places[slot]) == before;
}

int shs_near_set_read(shs_near_entry_t *entry, const shs_near_set_t *set,
                      const shs_near_shape_t *shape, shs_near_keys_t keys,
                      apr_pool_t *p)
{
    shs_near_view_t v = shs_near_slot_view(set, shape);
    apr_size_t first = shs_near_slot_first(&v, entry->b);
    apr_size_t i;

    for (i = first; i < first + GROUP; ++i) {
        if (shs_near_slot_is_tagged(&v, i, entry->a)
            && read_at(entry, &v, i, keys, p)) {
            return 1;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------- claim */

/* If another process got the id of one that is gone, the set is not written.
 * Nothing else goes wrong. */
static int is_gone(apr_uint32_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Where the ring stands, in words of the room. */
typedef struct ring_t {
    apr_size_t next, oldest, end;
} ring_t;

static void set_ring(shs_near_set_t *set, ring_t ring)
{
    shs_atomic64_set(&set->next, ring.next);
    shs_atomic64_set(&set->oldest, ring.oldest);
    shs_atomic64_set(&set->end, ring.end);
}

static void clear(shs_near_set_t *set, const shs_near_view_t *v)
{
    static const ring_t empty = { 0, 0, 0 };
    apr_size_t i;

    for (i = 0; i < v->shape->groups * GROUP; ++i) {
        shs_near_slot_revoke(v, i);
    }
    set_ring(set, empty);
}

static int claim(shs_near_set_t *set, const shs_near_view_t *v,
                 apr_uint32_t pid)
{
    apr_uint64_t was = atomic_load(&set->claim);
    apr_uint32_t owner = (apr_uint32_t)(was & PID_MASK);

    if ((owner != 0 && !is_gone(owner))
        || !atomic_compare_exchange_strong(&set->claim, &was,
                                           ((was >> 32) + 1) << 32 | pid)) {
        return 0;
    }
    if (owner != 0) {
        clear(set, v);
    }
    return 1;
}

static void release(shs_near_set_t *set)
{
    atomic_store_explicit(&set->claim,
                          shs_atomic64_get(&set->claim) & ~PID_MASK,
                          memory_order_release);
}

/* ---------------------------------------------------------------- the ring */

/* One write, and whom it evicts. */
typedef struct write_t {
    shs_near_set_t *set;
    shs_near_view_t v;
    ring_t ring;
    apr_time_t now;
    int evicted; /* valid entries of other names */
} write_t;

static int is_ring(const shs_near_view_t *v, const shs_near_set_t *set)
{
    apr_uint64_t next = shs_atomic64_get(&set->next);
    apr_uint64_t oldest = shs_atomic64_get(&set->oldest);
    apr_uint64_t end = shs_atomic64_get(&set->end);

    return next <= v->shape->room && oldest <= end && end <= v->shape->room
           && (oldest >= next || oldest == end)
           && (next | oldest | end) % UNIT == 0;
}

static void begin_ring(write_t *w)
{
    if (!is_ring(&w->v, w->set)) {
        clear(w->set, &w->v);
    }
    w->ring.next = (apr_size_t)shs_atomic64_get(&w->set->next);
    w->ring.oldest = (apr_size_t)shs_atomic64_get(&w->set->oldest);
    w->ring.end = (apr_size_t)shs_atomic64_get(&w->set->end);
}

/* Revokes a place, and counts the entry there if it is valid now. */
static void evict(write_t *w, apr_size_t slot, apr_size_t at)
{
    w->evicted += shs_near_entry_is_valid_at(&w->v.room[at], w->now);
    shs_near_slot_revoke(&w->v, slot);
}

/* Evicts the oldest entry, unless its room is no longer its own, because it was
 * written anew elsewhere. Empties the set if what is there cannot be an
 * entry. */
static void evict_oldest(write_t *w)
{
    apr_size_t at = w->ring.oldest;
    apr_size_t left = w->ring.end - at;
    apr_size_t words = left < shs_near_entry_words(0)
                           ? 0
                           : shs_near_entry_room(&w->v.room[at]);
    apr_size_t first, i;

    if (words < shs_near_entry_words(0) || words % UNIT != 0 || words > left) {
        clear(w->set, &w->v);
        w->ring.next = w->ring.oldest = w->ring.end = 0;
        return;
    }
    first = shs_near_slot_first(&w->v, shs_near_entry_b(&w->v.room[at]));
    for (i = first; i < first + GROUP; ++i) {
        shs_near_place_t place = shs_near_slot_place(&w->v, i);

        if (place.words > 0 && place.at == at) {
            evict(w, i, at);
        }
    }
    w->ring.oldest = at + words;
}

/* The room behind the entry that was written last, of which nothing else is
 * left. */
static shs_near_place_t take_room(write_t *w, apr_size_t words)
{
    ring_t *ring = &w->ring;
    shs_near_place_t place;

    if (ring->next + words > w->v.shape->room) {
        while (ring->oldest < ring->end) {
            evict_oldest(w);
        }
        ring->end = ring->next;
        ring->oldest = ring->next = 0;
    }
    while (ring->oldest < ring->end && ring->oldest < ring->next + words) {
        evict_oldest(w);
    }
    place.at = ring->next;
    place.words = words;
    ring->next += words;
    return place;
}

/* ------------------------------------------------------------------- write */

/* How far writing will come before it overwrites the place. */
static apr_size_t distance(const write_t *w, shs_near_place_t place)
{
    return (place.at + w->v.shape->room - w->ring.next) % w->v.shape->room;
}

/* A free slot of the name's group, or that of the group's oldest entry, which
 * is evicted. */
static apr_size_t find_slot(write_t *w, const shs_near_entry_t *entry)
{
    apr_size_t first = shs_near_slot_first(&w->v, entry->b);
    apr_size_t least = w->v.shape->room;
    apr_size_t oldest = first;
    apr_size_t i;

    for (i = first; i < first + GROUP; ++i) {
        shs_near_place_t place = shs_near_slot_place(&w->v, i);

        if (place.words == 0) {
            return i;
        }
        if (distance(w, place) < least) {
            oldest = i;
            least = distance(w, place);
        }
    }
    evict(w, oldest, shs_near_slot_place(&w->v, oldest).at);
    return oldest;
}

/* Revokes the place of the entry of that name. Returns it, and its slot, if the
 * new entry can be written there; else no place. */
static shs_near_place_t revoke_named(apr_size_t *slot, write_t *w,
                                     const shs_near_entry_t *entry,
                                     apr_size_t words)
{
    apr_size_t first = shs_near_slot_first(&w->v, entry->b);
    shs_near_place_t found = { 0, 0 };
    apr_size_t i;

    for (i = first; i < first + GROUP; ++i) {
        shs_near_place_t place = shs_near_slot_place(&w->v, i);
        const shs_atomic64_t *at = &w->v.room[place.at];

        if (!shs_near_slot_is_tagged(&w->v, i, entry->a) || place.words == 0
            || !shs_near_entry_is_named(at, entry->a, entry->b)) {
            continue;
        }
        shs_near_slot_revoke(&w->v, i);
        if (place.words >= words && place.words == shs_near_entry_room(at)) {
            *slot = i;
            found = place;
        }
    }
    return found;
}

static void write_entry(write_t *w, const shs_near_entry_t *entry,
                        shs_near_keys_t keys)
{
    apr_size_t words = shs_near_set_words(entry->octets.len);
    apr_size_t slot = 0;
    shs_near_place_t place;

    begin_ring(w);
    place = revoke_named(&slot, w, entry, words);
    if (place.words == 0) {
        slot = find_slot(w, entry);
        place = take_room(w, words);
        set_ring(w->set, w->ring);
    }
    shs_near_entry_write(&w->v.room[place.at], place.words, entry, keys);
    shs_near_slot_publish(&w->v, slot, place, entry->a);
}

int shs_near_set_write(int *evicted, shs_near_set_t *set,
                       const shs_near_shape_t *shape,
                       const shs_near_entry_t *entry, apr_uint32_t pid,
                       shs_near_keys_t keys)
{
    write_t w = {
        set, shs_near_slot_view(set, shape), { 0, 0, 0 }, entry->read_at, 0
    };
    int is_claimed = claim(set, &w.v, pid);

    if (is_claimed) {
        write_entry(&w, entry, keys);
        release(set);
    }
    *evicted = w.evicted;
    return is_claimed;
}
