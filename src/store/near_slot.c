/* SPDX-License-Identifier: Apache-2.0 */
#include "store/near_slot.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define PID_MASK ((apr_uint64_t)0xffffffffu)

static apr_size_t words_of(apr_size_t octets)
{
    return (octets + 7) / 8;
}

apr_size_t shs_near_slot_size(apr_size_t octets)
{
    return sizeof(shs_near_slot_t) + 8 * words_of(octets);
}

apr_uint64_t shs_near_slot_get(const shs_near_word_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void set(shs_near_word_t *word, apr_uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

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
        words[i] = shs_near_slot_get(&from[i]);
    }
    return (const char *)words;
}

int shs_near_slot_read(shs_near_entry_t *entry, const shs_near_slot_t *slot,
                       apr_uint64_t a, apr_uint64_t b, apr_size_t most,
                       shs_near_keys_t keys, apr_pool_t *p)
{
    apr_uint64_t before =
        atomic_load_explicit(&slot->claim, memory_order_acquire);
    apr_uint64_t sum;

    if ((before & PID_MASK) != 0 || shs_near_slot_get(&slot->a) != a
        || shs_near_slot_get(&slot->b) != b) {
        return 0;
    }
    entry->a = a;
    entry->b = b;
    entry->epochs = shs_near_slot_get(&slot->epochs);
    entry->put_at = (apr_time_t)shs_near_slot_get(&slot->put_at);
    entry->believed_until =
        (apr_time_t)shs_near_slot_get(&slot->believed_until);
    entry->dies_at = (apr_time_t)shs_near_slot_get(&slot->dies_at);
    entry->octets.len = (apr_size_t)shs_near_slot_get(&slot->len);
    sum = shs_near_slot_get(&slot->sum);
    if (entry->octets.len > most) {
        return 0;
    }
    entry->octets.data = copy_words(slot->data, entry->octets.len, p);
    atomic_thread_fence(memory_order_acquire);
    return shs_near_slot_get(&slot->claim) == before
           && sum == sum_of(entry, keys);
}

/* A process that has the number of one that is gone keeps a slot from use, and
 * nothing else. */
static int is_gone(apr_uint32_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static int is_free(apr_uint64_t claim)
{
    return (claim & PID_MASK) == 0 || is_gone((apr_uint32_t)claim);
}

int shs_near_slot_is_free(const shs_near_slot_t *slot)
{
    return is_free(shs_near_slot_get(&slot->claim));
}

static int claim(apr_uint64_t *claimed, shs_near_slot_t *slot, apr_uint32_t pid)
{
    apr_uint64_t was = atomic_load(&slot->claim);

    if (!is_free(was)) {
        return 0;
    }
    *claimed = ((was >> 32) + 1) << 32 | pid;
    return atomic_compare_exchange_strong(&slot->claim, &was, *claimed);
}

static void write_words(shs_near_word_t *to, shs_octets_t octets)
{
    apr_size_t i;

    for (i = 0; i < words_of(octets.len); ++i) {
        apr_size_t left = octets.len - 8 * i;
        apr_uint64_t word = 0;

        memcpy(&word, octets.data + 8 * i, left < 8 ? left : 8);
        set(&to[i], word);
    }
}

int shs_near_slot_write(shs_near_slot_t *slot, const shs_near_entry_t *entry,
                        apr_uint32_t pid, shs_near_keys_t keys)
{
    apr_uint64_t claimed;

    if (!claim(&claimed, slot, pid)) {
        return 0;
    }
    /* Who sees any word of what follows sees the claim too. */
    atomic_thread_fence(memory_order_release);
    set(&slot->a, entry->a);
    set(&slot->b, entry->b);
    set(&slot->epochs, entry->epochs);
    set(&slot->put_at, (apr_uint64_t)entry->put_at);
    set(&slot->believed_until, (apr_uint64_t)entry->believed_until);
    set(&slot->dies_at, (apr_uint64_t)entry->dies_at);
    set(&slot->len, entry->octets.len);
    write_words(slot->data, entry->octets);
    set(&slot->sum, sum_of(entry, keys));
    atomic_store_explicit(&slot->claim, claimed & ~PID_MASK,
                          memory_order_release);
    return 1;
}
