/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_slot.h"

shs_near_place_t shs_near_slot_place(const shs_near_view_t *view,
                                     apr_size_t slot)
{
    return shs_near_slot_decode(view, shs_atomic64_get(&view->places[slot]));
}

/* Each change of a word gives it another version. */
static apr_uint64_t encode(apr_uint64_t was, shs_near_place_t place)
{
    return ((was >> 40) + 1) << 40 | (apr_uint64_t)place.words << 20 | place.at;
}

void shs_near_slot_revoke(const shs_near_view_t *view, apr_size_t slot)
{
    static const shs_near_place_t none = { 0, 0 };
    shs_atomic64_t *word = &view->places[slot];

    shs_atomic64_set(word, encode(shs_atomic64_get(word), none));
    atomic_thread_fence(memory_order_release);
}

void shs_near_slot_publish(const shs_near_view_t *view, apr_size_t slot,
                           shs_near_place_t place, apr_uint64_t a)
{
    shs_atomic64_t *word = &view->places[slot];

    atomic_store_explicit(&view->tags[slot], (apr_uint32_t)a,
                          memory_order_relaxed);
    atomic_store_explicit(word, encode(shs_atomic64_get(word), place),
                          memory_order_release);
}
