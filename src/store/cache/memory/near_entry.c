/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_entry.h"

#include <string.h>

/* SIZE: words of room << 32 | octets */
enum { A, B, EPOCHS, READ_AT, VALID_UNTIL, EXPIRES_AT, SIZE, SUM, DATA };

static apr_size_t count_words(apr_size_t octets)
{
    return (octets + 7) / 8;
}

apr_size_t shs_near_entry_words(apr_size_t octets)
{
    return DATA + count_words(octets);
}

static apr_size_t get_octets(apr_uint64_t size)
{
    return (apr_size_t)(size & 0xffffffffu);
}

apr_size_t shs_near_entry_room(const shs_atomic64_t *words)
{
    return (apr_size_t)(shs_atomic64_get(&words[SIZE]) >> 32);
}

apr_uint64_t shs_near_entry_b(const shs_atomic64_t *words)
{
    return shs_atomic64_get(&words[B]);
}

int shs_near_entry_is_named(const shs_atomic64_t *words, apr_uint64_t a,
                            apr_uint64_t b)
{
    return shs_atomic64_get(&words[A]) == a && shs_atomic64_get(&words[B]) == b;
}

int shs_near_entry_is_valid_at(const shs_atomic64_t *words, apr_time_t now)
{
    return now < (apr_time_t)shs_atomic64_get(&words[VALID_UNTIL])
           && now < (apr_time_t)shs_atomic64_get(&words[EXPIRES_AT]);
}

/* A checksum of words in four lanes, which a processor mixes in parallel:
 * SipHash of a session took longer than all the rest of a hit. It detects
 * damage, not malice: a process that can write here can also read the hash
 * keys here. Rotating and multiplying by an odd number are both invertible, so
 * a single different word always gives another sum; two words that were made to
 * cancel each other do not. */
#define LANES 4

typedef struct sum_t {
    apr_uint64_t lanes[LANES];
} sum_t;

static apr_uint64_t mix(apr_uint64_t lane, apr_uint64_t word)
{
    lane ^= word;
    return (lane << 29 | lane >> 35) * APR_UINT64_C(0x9e3779b97f4a7c15);
}

static sum_t begin_sum(const shs_near_entry_t *entry, apr_uint64_t size,
                       shs_near_keys_t keys)
{
    sum_t sum;

    memcpy(sum.lanes, keys, sizeof(sum.lanes));
    sum.lanes[0] = mix(sum.lanes[0], entry->a);
    sum.lanes[1] = mix(sum.lanes[1], entry->b);
    sum.lanes[2] = mix(sum.lanes[2], entry->epochs);
    sum.lanes[3] = mix(sum.lanes[3], (apr_uint64_t)entry->read_at);
    sum.lanes[0] = mix(sum.lanes[0], (apr_uint64_t)entry->valid_until);
    sum.lanes[1] = mix(sum.lanes[1], (apr_uint64_t)entry->expires_at);
    sum.lanes[2] = mix(sum.lanes[2], size);
    return sum;
}

static apr_uint64_t end_sum(const sum_t *sum)
{
    apr_uint64_t all = sum->lanes[0];
    int i;

    for (i = 1; i < LANES; ++i) {
        all = mix(all, sum->lanes[i]);
    }
    return all;
}

/* Copies the words and adds them to the sum. Unrolled, so that no lane waits
 * for another. */
static void copy_words(sum_t *sum, apr_uint64_t *to, const shs_atomic64_t *from,
                       apr_size_t count)
{
    apr_uint64_t a = sum->lanes[0], b = sum->lanes[1];
    apr_uint64_t c = sum->lanes[2], d = sum->lanes[3];
    apr_size_t i;

    for (i = 0; i + LANES <= count; i += LANES) {
        a = mix(a, to[i] = shs_atomic64_get(&from[i]));
        b = mix(b, to[i + 1] = shs_atomic64_get(&from[i + 1]));
        c = mix(c, to[i + 2] = shs_atomic64_get(&from[i + 2]));
        d = mix(d, to[i + 3] = shs_atomic64_get(&from[i + 3]));
    }
    for (; i < count; ++i) {
        a = mix(a, to[i] = shs_atomic64_get(&from[i]));
    }
    *sum = (sum_t){ { a, b, c, d } };
}

/* Writes the octets as words, the last one padded with zeros, and adds them to
 * the sum. */
static void write_words(sum_t *sum, shs_atomic64_t *to, shs_octets_t octets)
{
    apr_size_t count = count_words(octets.len);
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        apr_size_t left = octets.len - 8 * i;
        apr_size_t lane = i < count / LANES * LANES ? i % LANES : 0;
        apr_uint64_t word = 0;

        memcpy(&word, octets.data + 8 * i, left < 8 ? left : 8);
        shs_atomic64_set(&to[i], word);
        sum->lanes[lane] = mix(sum->lanes[lane], word);
    }
}

int shs_near_entry_read(shs_near_entry_t *entry, const shs_atomic64_t *words,
                        apr_size_t count, shs_near_keys_t keys, apr_pool_t *p)
{
    apr_uint64_t size = shs_atomic64_get(&words[SIZE]);
    apr_uint64_t wanted = shs_atomic64_get(&words[SUM]);
    apr_uint64_t *copy;
    sum_t sum;

    if (!shs_near_entry_is_named(words, entry->a, entry->b)
        || shs_atomic64_get(&words[EPOCHS]) != entry->epochs
        || get_octets(size) > 8 * (count - DATA)) {
        return 0;
    }
    entry->read_at = (apr_time_t)shs_atomic64_get(&words[READ_AT]);
    entry->valid_until = (apr_time_t)shs_atomic64_get(&words[VALID_UNTIL]);
    entry->expires_at = (apr_time_t)shs_atomic64_get(&words[EXPIRES_AT]);
    entry->octets.len = get_octets(size);
    count = count_words(entry->octets.len);
    copy = apr_palloc(p, 8 * count + 8);
    sum = begin_sum(entry, size, keys);
    copy_words(&sum, copy, words + DATA, count);
    entry->octets.data = (const char *)copy;
    return end_sum(&sum) == wanted;
}

void shs_near_entry_write(shs_atomic64_t *words, apr_size_t room,
                          const shs_near_entry_t *entry, shs_near_keys_t keys)
{
    apr_uint64_t size = (apr_uint64_t)room << 32 | entry->octets.len;
    sum_t sum = begin_sum(entry, size, keys);

    shs_atomic64_set(&words[A], entry->a);
    shs_atomic64_set(&words[B], entry->b);
    shs_atomic64_set(&words[EPOCHS], entry->epochs);
    shs_atomic64_set(&words[READ_AT], (apr_uint64_t)entry->read_at);
    shs_atomic64_set(&words[VALID_UNTIL], (apr_uint64_t)entry->valid_until);
    shs_atomic64_set(&words[EXPIRES_AT], (apr_uint64_t)entry->expires_at);
    shs_atomic64_set(&words[SIZE], size);
    write_words(&sum, words + DATA, entry->octets);
    shs_atomic64_set(&words[SUM], end_sum(&sum));
}
