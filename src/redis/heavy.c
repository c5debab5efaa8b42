/* SPDX-License-Identifier: Apache-2.0
 *
 * A place of `asked` has 0; a key and LIGHT; or a ticket, which is a key,
 * ASKED, and the time at which it runs out. The upper bits are the mark's; that
 * time is in ticks of an eighth of a second and begins anew after twelve days.
 */
#include "redis/heavy.h"

#define LIGHT ((apr_uint64_t)1)
#define ASKED ((apr_uint64_t)2)

#define TIME_SHIFT 2
#define TIME_BITS  23
#define TIME       (((apr_uint64_t)1 << TIME_BITS) - 1)
#define KEY        (~(apr_uint64_t)0 << (TIME_SHIFT + TIME_BITS))

#define TICK (APR_USEC_PER_SEC / 8)

/* How long after its deadline a lookup has ended, even on a busy machine. */
#define PATIENCE 8

/* An hour. A ticket that seems to have more left ran out days ago, before the
 * clock began anew; one of a longer timeout= is not respected. */
#define LONGEST (3600 * 8)

apr_uint64_t shs_heavy_mark(shs_octets_t key,
                            const unsigned char secret[SHS_HEAVY_SECRET])
{
    apr_uint64_t mark = apr_siphash24(key.data, key.len, secret);

    return mark != 0 ? mark : 1;
}

static _Atomic apr_uint64_t *noted(shs_heavy_t *heavy, apr_uint64_t mark)
{
    return &heavy->noted[(mark ^ mark >> 32) % SHS_HEAVY_NOTED];
}

static _Atomic apr_uint64_t *asked(shs_heavy_t *heavy, apr_uint64_t mark)
{
    return &heavy->asked[(mark ^ mark >> 32) / 2 % SHS_HEAVY_ASKED];
}

static apr_uint64_t light_of(apr_uint64_t mark)
{
    return (mark & KEY) | LIGHT;
}

static apr_uint64_t ticket_of(apr_uint64_t mark, apr_time_t deadline)
{
    apr_uint64_t ticks = (apr_uint64_t)(deadline / TICK) + PATIENCE;

    return (mark & KEY) | (ticks & TIME) << TIME_SHIFT | ASKED;
}

static int is_ticket_of(apr_uint64_t found, apr_uint64_t mark)
{
    return (found & ASKED) && (found & KEY) == (mark & KEY);
}

/* A ticket that has not run out. */
static int is_valid_ticket(apr_uint64_t found, apr_time_t now)
{
    apr_uint64_t left = (found >> TIME_SHIFT) - (apr_uint64_t)(now / TICK);

    return (found & ASKED) && (left & TIME) <= LONGEST + PATIENCE;
}

shs_heavy_begin_t shs_heavy_begin(apr_uint64_t *ticket, shs_heavy_t *heavy,
                                  apr_uint64_t mark, apr_time_t deadline,
                                  apr_time_t now)
{
    _Atomic apr_uint64_t *place = asked(heavy, mark);
    apr_uint64_t found = atomic_load(place);
    apr_uint64_t own = ticket_of(mark, deadline);

    *ticket = 0;
    if (atomic_load(noted(heavy, mark)) == mark) {
        return SHS_HEAVY_SIZE;
    }
    while (found != light_of(mark)) {
        if (is_valid_ticket(found, now)) {
            return SHS_HEAVY_SIZE_MEANWHILE;
        }
        /* Lost to another, `found` is what that has left there. */
        if (atomic_compare_exchange_strong(place, &found, own)) {
            *ticket = own;
            break;
        }
    }
    return SHS_HEAVY_VALUE;
}

/* Another key's ticket stays. One of this key is of a lookup that waits for
 * what has come here. */
static void note_light(_Atomic apr_uint64_t *place, apr_uint64_t mark)
{
    apr_uint64_t found = atomic_load(place);

    if (found != light_of(mark)
        && (!(found & ASKED) || is_ticket_of(found, mark))) {
        atomic_compare_exchange_strong(place, &found, light_of(mark));
    }
}

void shs_heavy_end(shs_heavy_t *heavy, apr_uint64_t mark, apr_uint64_t ticket,
                   shs_heavy_end_t end)
{
    _Atomic apr_uint64_t *place = asked(heavy, mark);
    apr_uint64_t light = light_of(mark);
    apr_uint64_t found = mark;

    switch (end) {
    case SHS_HEAVY_LIGHT:
        note_light(place, mark);
        if (atomic_load(noted(heavy, mark)) == mark) {
            atomic_compare_exchange_strong(noted(heavy, mark), &found, 0);
        }
        return;
    case SHS_HEAVY_HEAVY:
        atomic_store(noted(heavy, mark), mark);
        atomic_compare_exchange_strong(place, &light, 0);
        break;
    case SHS_HEAVY_UNKNOWN:
        break;
    }
    if (ticket != 0) {
        atomic_compare_exchange_strong(place, &ticket, 0);
    }
}
