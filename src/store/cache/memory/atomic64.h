/* SPDX-License-Identifier: Apache-2.0
 *
 * atomic64: a word of memory that processes share. It is read and written as a
 * whole, and in no order except what fences give.
 */
#ifndef SHS_STORE_CACHE_MEMORY_ATOMIC64_H
#define SHS_STORE_CACHE_MEMORY_ATOMIC64_H

#include <stdatomic.h>

#include <apr.h>

typedef _Atomic apr_uint64_t shs_atomic64_t;

/* Without lock-free atomics the compiler's library takes a lock, which is
 * private to each process. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2,
               "processes cannot share a 64-bit word on this processor");

static inline apr_uint64_t shs_atomic64_get(const shs_atomic64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void shs_atomic64_set(shs_atomic64_t *word, apr_uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

#endif
