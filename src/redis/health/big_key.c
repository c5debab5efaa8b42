/* SPDX-License-Identifier: Apache-2.0
 *
 * A slot of `requested` has 0; or a key and SMALL; or a ticket, which is a key,
 * TICKET, and the time at which the ticket expires. The upper bits are those of
 * the mark. That time is in ticks of an eighth of a second and wraps around
 * after twelve days.
 */
#include "redis/health/big_key.h"

#define SMALL  ((apr_uint64_t)1)
#define TICKET ((apr_uint64_t)2)

#define TIME_SHIFT 2
#define TIME_BITS  23
#define TIME       (((apr_uint64_t)1 << TIME_BITS) - 1)
#define KEY        (~(apr_uint64_t)0 << (TIME_SHIFT + TIME_BITS))

#define TICK (APR_USEC_PER_SEC / 8)

/* So many ticks after its deadline a lookup has ended, even on a busy
 * machine. */
#define EXTRA_TICKS 8

/* An hour. A ticket that seems to have more time left expired days ago, before
 * the clock wrapped around. So a ticket of a longer timeout= is not
 * respected. */
#define MAX_TICKS (3600 * 8)

apr_uint64_t shs_big_key_mark(shs_octets_t key,
                              const unsigned char secret[SHS_BIG_KEY_SECRET])
{
    apr_uint64_t mark = apr_siphash24(key.data, key.len, secret);

    return mark != 0 ? mark : 1;
}

static _Atomic apr_uint64_t *noted(shs_big_key_t *big_key, apr_uint64_t mark)
{
    return &big_key->noted[(mark ^ mark >> 32) % SHS_BIG_KEY_NOTED];
}

static _Atomic apr_uint64_t *requested(shs_big_key_t *big_key,
                                       apr_uint64_t mark)
{
    return &big_key->requested[(mark ^ mark >> 32) / 2 % SHS_BIG_KEY_REQUESTED];
}

static apr_uint64_t small_of(apr_uint64_t mark)
{
    return (mark & KEY) | SMALL;
}

static apr_uint64_t ticket_of(apr_uint64_t mark, apr_time_t deadline)
{
    apr_uint64_t ticks = (apr_uint64_t)(deadline / TICK) + EXTRA_TICKS;

    return (mark & KEY) | (ticks & TIME) << TIME_SHIFT | TICKET;
}

static int is_ticket_of(apr_uint64_t found, apr_uint64_t mark)
{
    return (found & TICKET) && (found & KEY) == (mark & KEY);
}

/* A ticket that has not expired. */
static int is_valid_ticket(apr_uint64_t found, apr_time_t now)
{
    apr_uint64_t left = (found >> TIME_SHIFT) - (apr_uint64_t)(now / TICK);

    return (found & TICKET) && (left & TIME) <= MAX_TICKS + EXTRA_TICKS;
}

shs_big_key_begin_t shs_big_key_begin(apr_uint64_t *ticket,
                                      shs_big_key_t *big_key, apr_uint64_t mark,
                                      apr_time_t deadline, apr_time_t now)
{
    _Atomic apr_uint64_t *slot = requested(big_key, mark);
    apr_uint64_t found = atomic_load(slot);
    apr_uint64_t own = ticket_of(mark, deadline);

    *ticket = 0;
    if (atomic_load(noted(big_key, mark)) == mark) {
        return SHS_BIG_KEY_LOAD_SIZE;
    }
    while (found != small_of(mark)) {
        if (is_valid_ticket(found, now)) {
            return SHS_BIG_KEY_LOAD_SIZE_MEANWHILE;
        }
        /* If another request was faster, `found` is what it wrote. */
        if (atomic_compare_exchange_strong(slot, &found, own)) {
            *ticket = own;
            break;
        }
    }
    return SHS_BIG_KEY_LOAD_VALUE;
}

/* A ticket of another key stays. A ticket of this key belongs to a lookup that
 * waits for the value that has just come. */
static void note_small(_Atomic apr_uint64_t *slot, apr_uint64_t mark)
{
    apr_uint64_t found = atomic_load(slot);

    if (found != small_of(mark)
        && (!(found & TICKET) || is_ticket_of(found, mark))) {
        atomic_compare_exchange_strong(slot, &found, small_of(mark));
    }
}

void shs_big_key_end(shs_big_key_t *big_key, apr_uint64_t mark,
                     apr_uint64_t ticket, shs_big_key_end_t end)
{
    _Atomic apr_uint64_t *slot = requested(big_key, mark);
    apr_uint64_t small = small_of(mark);
    apr_uint64_t found = mark;

    switch (end) {
    case SHS_BIG_KEY_SMALL:
        note_small(slot, mark);
        if (atomic_load(noted(big_key, mark)) == mark) {
            atomic_compare_exchange_strong(noted(big_key, mark), &found, 0);
        }
        return;
    case SHS_BIG_KEY_BIG:
        atomic_store(noted(big_key, mark), mark);
        atomic_compare_exchange_strong(slot, &small, 0);
        break;
    case SHS_BIG_KEY_UNKNOWN:
        break;
    }
    if (ticket != 0) {
        atomic_compare_exchange_strong(slot, &ticket, 0);
    }
}
