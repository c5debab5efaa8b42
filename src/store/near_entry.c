/* SPDX-License-Identifier: Apache-2.0 */
#include "store/near_entry.h"

#include <string.h>

enum { A, B, EPOCHS, BELIEVED_UNTIL, DIES_AT, LEN, SUM, DATA };

static apr_size_t words_of(apr_size_t octets)
{
    return (octets + 7) / 8;
}

apr_size_t shs_near_entry_words(apr_size_t octets)
{
    return DATA + words_of(octets);
}

int shs_near_entry_is_named(const shs_near_word_t *words, apr_uint64_t a,
                            apr_uint64_t b)
{
    return shs_near_get(&words[A]) == a && shs_near_get(&words[B]) == b;
}

/* Binds the octets to all the rest. */
static apr_uint64_t sum_of(const shs_near_entry_t *entry, shs_near_keys_t keys)
{
    apr_uint64_t words[7];

    words[0] = apr_siphash24(entry->octets.len > 0 ? entry->octets.data : "",
                             entry->octets.len, keys[0]);
    words[1] = entry->a;
    words[2] = entry->b;
    words[3] = entry->epochs;
    words[4] = (apr_uint64_t)entry->believed_until;
    words[5] = (apr_uint64_t)entry->dies_at;
    words[6] = entry->octets.len;
    return apr_siphash24(words, sizeof(words), keys[1]);
}

static const char *copy_words(const shs_near_word_t *from, apr_size_t len,
                              apr_pool_t *p)
{
    apr_uint64_t *words = apr_palloc(p, 8 * words_of(len) + 8);
    apr_size_t i;

    for (i = 0; i < words_of(len); ++i) {
        words[i] = shs_near_get(&from[i]);
    }
    return (const char *)words;
}

int shs_near_entry_read(shs_near_entry_t *entry, const shs_near_word_t *words,
                        apr_size_t count, apr_uint64_t a, apr_uint64_t b,
                        shs_near_keys_t keys, apr_pool_t *p)
{
    apr_uint64_t sum;

    if (count < DATA || !shs_near_entry_is_named(words, a, b)) {
        return 0;
    }
    entry->a = a;
    entry->b = b;
    entry->epochs = shs_near_get(&words[EPOCHS]);
    entry->believed_until = (apr_time_t)shs_near_get(&words[BELIEVED_UNTIL]);
    entry->dies_at = (apr_time_t)shs_near_get(&words[DIES_AT]);
    entry->octets.len = (apr_size_t)shs_near_get(&words[LEN]);
    sum = shs_near_get(&words[SUM]);
    if (entry->octets.len > 8 * (count - DATA)) {
        return 0;
    }
    entry->octets.data = copy_words(words + DATA, entry->octets.len, p);
    return sum == sum_of(entry, keys);
}

static void write_words(shs_near_word_t *to, shs_octets_t octets)
{
    apr_size_t i;

    for (i = 0; i < words_of(octets.len); ++i) {
        apr_size_t left = octets.len - 8 * i;
        apr_uint64_t word = 0;

        memcpy(&word, octets.data + 8 * i, left < 8 ? left : 8);
        shs_near_set(&to[i], word);
    }
}

void shs_near_entry_write(shs_near_word_t *words, const shs_near_entry_t *entry,
                          shs_near_keys_t keys)
{
    shs_near_set(&words[A], entry->a);
    shs_near_set(&words[B], entry->b);
    shs_near_set(&words[EPOCHS], entry->epochs);
    shs_near_set(&words[BELIEVED_UNTIL], (apr_uint64_t)entry->believed_until);
    shs_near_set(&words[DIES_AT], (apr_uint64_t)entry->dies_at);
    shs_near_set(&words[LEN], entry->octets.len);
    shs_near_set(&words[SUM], sum_of(entry, keys));
    write_words(words + DATA, entry->octets);
}
