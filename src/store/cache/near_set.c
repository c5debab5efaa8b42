/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_set.h"

#include <errno.h>
#include <signal.h>

#define ENTRIES SHS_NEAR_SET_ENTRIES

#define PID_MASK ((apr_uint64_t)0xffffffffu)

/* Room is given in cache lines. */
#define LINE 8

apr_size_t shs_near_set_words(apr_size_t octets)
{
    return (shs_near_entry_words(octets) + LINE - 1) / LINE * LINE;
}

apr_size_t shs_near_set_size(apr_size_t room)
{
    return sizeof(shs_near_set_t) + 8 * room;
}

/* ------------------------------------------------------------------ places */

typedef struct place_t {
    apr_size_t at;
    apr_size_t words; /* 0: not given */
} place_t;

static apr_uint64_t word_of(apr_uint64_t times, place_t place)
{
    return times << 40 | (apr_uint64_t)place.words << 20 | place.at;
}

/* One that would not be in the room, or cannot have been given, is none. */
static place_t place_of(apr_uint64_t word, apr_size_t room)
{
    place_t place;

    place.at = (apr_size_t)(word & 0xfffff);
    place.words = (apr_size_t)(word >> 20 & 0xfffff);
    if (place.words > room || place.at > room - place.words
        || place.words % LINE != 0 || place.at % LINE != 0) {
        place.words = 0;
    }
    return place;
}

/* Who sees any word that is written after this sees it too. */
static void take_away(shs_atomic64_t *place)
{
    static const place_t none = { 0, 0 };

    shs_atomic64_set(place, word_of((shs_atomic64_get(place) >> 40) + 1, none));
    atomic_thread_fence(memory_order_release);
}

static void give(shs_atomic64_t *word, place_t place)
{
    atomic_store_explicit(word,
                          word_of((shs_atomic64_get(word) >> 40) + 1, place),
                          memory_order_release);
}

/* -------------------------------------------------------------------- read */

static apr_uint32_t tag_of(apr_uint64_t a)
{
    return (apr_uint32_t)a;
}

static int is_tagged(const shs_near_set_t *set, int i, apr_uint64_t a)
{
    return atomic_load_explicit(&set->tags[i], memory_order_relaxed)
           == tag_of(a);
}

static int read_at(shs_near_entry_t *entry, const shs_near_set_t *set, int i,
                   apr_size_t room, shs_near_keys_t keys, apr_pool_t *p)
{
    apr_uint64_t before =
        atomic_load_explicit(&set->places[i], memory_order_acquire);
    place_t place = place_of(before, room);

    if (place.words == 0
        || !shs_near_entry_read(entry, &set->room[place.at], place.words, keys,
                                p)) {
        return 0;
    }
    atomic_thread_fence(memory_order_acquire);
    return shs_atomic64_get(&set->places[i]) == before;
}

int shs_near_set_read(shs_near_entry_t *entry, const shs_near_set_t *set,
                      apr_size_t room, shs_near_keys_t keys, apr_pool_t *p)
{
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        if (is_tagged(set, i, entry->a)
            && read_at(entry, set, i, room, keys, p)) {
            return 1;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------- claim */

/* A process that has the number of one that is gone keeps a set from being
 * written, and nothing else. */
static int is_gone(apr_uint32_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void empty(shs_near_set_t *set)
{
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        take_away(&set->places[i]);
    }
}

static int claim(shs_near_set_t *set, apr_uint32_t pid)
{
    apr_uint64_t was = atomic_load(&set->claim);
    apr_uint32_t owner = (apr_uint32_t)(was & PID_MASK);

    if ((owner != 0 && !is_gone(owner))
        || !atomic_compare_exchange_strong(&set->claim, &was,
                                           ((was >> 32) + 1) << 32 | pid)) {
        return 0;
    }
    if (owner != 0) {
        empty(set);
    }
    return 1;
}

static void let_go(shs_near_set_t *set)
{
    atomic_store_explicit(&set->claim,
                          shs_atomic64_get(&set->claim) & ~PID_MASK,
                          memory_order_release);
}

/* ------------------------------------------------------------------- write */

/* Which one is of that name; ENTRIES: none. */
static int find(const shs_near_set_t *set, apr_size_t room, apr_uint64_t a,
                apr_uint64_t b)
{
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        if (is_tagged(set, i, a)) {
            place_t place = place_of(shs_atomic64_get(&set->places[i]), room);

            if (place.words > 0
                && shs_near_entry_is_named(&set->room[place.at], a, b)) {
                break;
            }
        }
    }
    return i;
}

/* Whose place is not given, or else the oldest: the next to be written over. */
static int find_oldest(const shs_near_set_t *set, apr_size_t room,
                       apr_size_t next)
{
    apr_size_t least = room;
    int oldest = 0;
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        place_t place = place_of(shs_atomic64_get(&set->places[i]), room);
        apr_size_t distance = (place.at + room - next) % room;

        if (place.words == 0) {
            return i;
        }
        if (distance < least) {
            oldest = i;
            least = distance;
        }
    }
    return oldest;
}

/* Room behind the last. */
static place_t find_room(shs_near_set_t *set, apr_size_t room, apr_size_t words)
{
    apr_uint64_t next = shs_atomic64_get(&set->next);
    place_t place;

    place.at = next <= room - words && next % LINE == 0 ? (apr_size_t)next : 0;
    place.words = words;
    shs_atomic64_set(&set->next, place.at + words);
    return place;
}

/* From all who have any of it. */
static void clear_room(shs_near_set_t *set, apr_size_t room, place_t place)
{
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        place_t other = place_of(shs_atomic64_get(&set->places[i]), room);

        if (other.at < place.at + place.words
            && place.at < other.at + other.words) {
            take_away(&set->places[i]);
        }
    }
}

static void write_at(shs_near_set_t *set, int i, place_t place,
                     const shs_near_entry_t *entry, shs_near_keys_t keys)
{
    take_away(&set->places[i]);
    shs_near_entry_write(&set->room[place.at], entry, keys);
    atomic_store_explicit(&set->tags[i], tag_of(entry->a),
                          memory_order_relaxed);
    give(&set->places[i], place);
}

int shs_near_set_write(shs_near_set_t *set, apr_size_t room,
                       const shs_near_entry_t *entry, apr_uint32_t pid,
                       shs_near_keys_t keys)
{
    apr_size_t words = shs_near_set_words(entry->octets.len);
    place_t place = { 0, 0 };
    int i;

    if (!claim(set, pid)) {
        return 0;
    }
    i = find(set, room, entry->a, entry->b);
    if (i < ENTRIES) {
        place = place_of(shs_atomic64_get(&set->places[i]), room);
    }
    if (place.words < words) {
        place = find_room(set, room, words);
    }
    clear_room(set, room, place);
    if (i == ENTRIES) {
        i = find_oldest(set, room, place.at + words);
    }
    write_at(set, i, place, entry, keys);
    let_go(set);
    return 1;
}
