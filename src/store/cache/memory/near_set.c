/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_set.h"

#include <errno.h>
#include <signal.h>

#define ENTRIES SHS_NEAR_SET_ENTRIES

#define PID_MASK ((apr_uint64_t)0xffffffffu)

/* Room is allocated in cache lines. */
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
    apr_size_t words; /* 0: no entry */
} place_t;

static apr_uint64_t encode_place(apr_uint64_t version, place_t place)
{
    return version << 40 | (apr_uint64_t)place.words << 20 | place.at;
}

/* A place outside the room, or that cannot have been published, is no entry. */
static place_t decode_place(apr_uint64_t word, apr_size_t room)
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

/* A reader that sees any word written after this also sees the revocation. */
static void revoke_place(shs_atomic64_t *place)
{
    static const place_t none = { 0, 0 };

    shs_atomic64_set(place,
                     encode_place((shs_atomic64_get(place) >> 40) + 1, none));
    atomic_thread_fence(memory_order_release);
}

static void publish(shs_atomic64_t *word, place_t place)
{
    atomic_store_explicit(
        word, encode_place((shs_atomic64_get(word) >> 40) + 1, place),
        memory_order_release);
}

/* -------------------------------------------------------------------- read */

static apr_uint32_t get_tag(apr_uint64_t a)
{
    return (apr_uint32_t)a;
}

static int is_tagged(const shs_near_set_t *set, int i, apr_uint64_t a)
{
    return atomic_load_explicit(&set->tags[i], memory_order_relaxed)
           == get_tag(a);
}

static int read_at(shs_near_entry_t *entry, const shs_near_set_t *set, int i,
                   apr_size_t room, shs_near_keys_t keys, apr_pool_t *p)
{
    apr_uint64_t before =
        atomic_load_explicit(&set->places[i], memory_order_acquire);
    place_t place = decode_place(before, room);

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

/* If another process got the id of one that is gone, the set is not written.
 * Nothing else goes wrong. */
static int is_gone(apr_uint32_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void clear(shs_near_set_t *set)
{
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        revoke_place(&set->places[i]);
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
        clear(set);
    }
    return 1;
}

static void release(shs_near_set_t *set)
{
    atomic_store_explicit(&set->claim,
                          shs_atomic64_get(&set->claim) & ~PID_MASK,
                          memory_order_release);
}

/* ------------------------------------------------------------------- write */

/* The index of the entry of that name; ENTRIES: none. */
static int find(const shs_near_set_t *set, apr_size_t room, apr_uint64_t a,
                apr_uint64_t b)
{
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        if (is_tagged(set, i, a)) {
            place_t place =
                decode_place(shs_atomic64_get(&set->places[i]), room);

            if (place.words > 0
                && shs_near_entry_is_named(&set->room[place.at], a, b)) {
                break;
            }
        }
    }
    return i;
}

/* An index without an entry, or else the oldest entry, which would be the next
 * to be overwritten. */
static int find_oldest(const shs_near_set_t *set, apr_size_t room,
                       apr_size_t next)
{
    apr_size_t least = room;
    int oldest = 0;
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        place_t place = decode_place(shs_atomic64_get(&set->places[i]), room);
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

/* The room behind the entry that was written last. */
static place_t find_room(shs_near_set_t *set, apr_size_t room, apr_size_t words)
{
    apr_uint64_t next = shs_atomic64_get(&set->next);
    place_t place;

    place.at = next <= room - words && next % LINE == 0 ? (apr_size_t)next : 0;
    place.words = words;
    shs_atomic64_set(&set->next, place.at + words);
    return place;
}

/* Revokes the place of an entry for one of another name. Returns 1 if the entry
 * was valid at that time. */
static int evict(shs_near_set_t *set, int i, place_t place, apr_time_t now)
{
    int is_valid = shs_near_entry_is_valid_at(&set->room[place.at], now);

    revoke_place(&set->places[i]);
    return is_valid;
}

/* Evicts all entries that use any of that room, but not the entry `own`. */
static int evict_overlapping(shs_near_set_t *set, apr_size_t room,
                             place_t place, int own, apr_time_t now)
{
    int evicted = 0;
    int i;

    for (i = 0; i < ENTRIES; ++i) {
        place_t other = decode_place(shs_atomic64_get(&set->places[i]), room);

        if (other.words > 0 && i != own && other.at < place.at + place.words
            && place.at < other.at + other.words) {
            evicted += evict(set, i, other, now);
        }
    }
    return evicted;
}

/* Finds an index for a new entry, and evicts the entry there, if any. */
static int find_index(int *evicted, shs_near_set_t *set, apr_size_t room,
                      apr_size_t next, apr_time_t now)
{
    int i = find_oldest(set, room, next);
    place_t place = decode_place(shs_atomic64_get(&set->places[i]), room);

    if (place.words > 0) {
        *evicted += evict(set, i, place, now);
    }
    return i;
}

static void write_at(shs_near_set_t *set, int i, place_t place,
                     const shs_near_entry_t *entry, shs_near_keys_t keys)
{
    revoke_place(&set->places[i]);
    shs_near_entry_write(&set->room[place.at], entry, keys);
    atomic_store_explicit(&set->tags[i], get_tag(entry->a),
                          memory_order_relaxed);
    publish(&set->places[i], place);
}

int shs_near_set_write(int *evicted, shs_near_set_t *set, apr_size_t room,
                       const shs_near_entry_t *entry, apr_uint32_t pid,
                       shs_near_keys_t keys)
{
    apr_size_t words = shs_near_set_words(entry->octets.len);
    place_t place = { 0, 0 };
    int i;

    *evicted = 0;
    if (!claim(set, pid)) {
        return 0;
    }
    i = find(set, room, entry->a, entry->b);
    if (i < ENTRIES) {
        place = decode_place(shs_atomic64_get(&set->places[i]), room);
    }
    if (place.words < words) {
        place = find_room(set, room, words);
    }
    *evicted = evict_overlapping(set, room, place, i, entry->read_at);
    if (i == ENTRIES) {
        i = find_index(evicted, set, room, place.at + words, entry->read_at);
    }
    write_at(set, i, place, entry, keys);
    release(set);
    return 1;
}
