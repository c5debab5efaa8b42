/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/big_key.h"

#include <apr_strings.h>

#include "unit.h"

static shs_big_key_t big_key;
static unsigned char secret[SHS_BIG_KEY_SECRET];

/* The time that a lookup has. */
#define TIMEOUT APR_USEC_PER_SEC

static apr_time_t now;

static void reset(void)
{
    memset(&big_key, 0, sizeof(big_key));
    now = 1000 * APR_USEC_PER_SEC;
}

/* A lookup that has begun. */
typedef struct lookup_t {
    apr_uint64_t mark;
    apr_uint64_t ticket;
    shs_big_key_begin_t begin;
} lookup_t;

static lookup_t begin(apr_uint64_t mark)
{
    lookup_t lookup = { mark, 0, SHS_BIG_KEY_LOAD_SIZE };

    lookup.begin =
        shs_big_key_begin(&lookup.ticket, &big_key, mark, now + TIMEOUT, now);
    return lookup;
}

static void end(lookup_t lookup, shs_big_key_end_t how)
{
    shs_big_key_end(&big_key, lookup.mark, lookup.ticket, how);
}

static lookup_t begin_as(apr_uint64_t mark, shs_big_key_begin_t expected)
{
    lookup_t lookup = begin(mark);

    ck_assert_int_eq(lookup.begin, expected);
    return lookup;
}

/* What a lookup would load first; the lookup learns nothing. */
static shs_big_key_begin_t peek(apr_uint64_t mark)
{
    lookup_t lookup = begin(mark);

    end(lookup, SHS_BIG_KEY_UNKNOWN);
    return lookup.begin;
}

static apr_uint64_t mark_of(int i)
{
    return shs_big_key_mark(unit_text(apr_psprintf(p, "session:%d", i)),
                            secret);
}

/* Without the secret one cannot tell which keys share a mark. */
START_TEST(big_key_mark__is_another_with_each_secret)
{
    apr_uint64_t before = mark_of(1);

    secret[_i] ^= 1;
    ck_assert(mark_of(1) != before);
    secret[_i] ^= 1;
    ck_assert(mark_of(1) == before);
    ck_assert(mark_of(2) != before);
}
END_TEST

START_TEST(big_key__knows_a_key_until_its_value_comes)
{
    apr_uint64_t mark = mark_of(1);

    end(begin_as(mark, SHS_BIG_KEY_LOAD_VALUE), SHS_BIG_KEY_BIG);
    end(begin_as(mark, SHS_BIG_KEY_LOAD_SIZE), SHS_BIG_KEY_UNKNOWN);
    ck_assert_int_eq(peek(mark_of(2)), SHS_BIG_KEY_LOAD_VALUE);
    end(begin_as(mark, SHS_BIG_KEY_LOAD_SIZE), SHS_BIG_KEY_SMALL);
    end(begin_as(mark, SHS_BIG_KEY_LOAD_VALUE), SHS_BIG_KEY_BIG);
    ck_assert_int_eq(peek(mark), SHS_BIG_KEY_LOAD_SIZE);
}
END_TEST

START_TEST(big_key__lets_one_of_many_read_an_unknown_key)
{
    apr_uint64_t mark = mark_of(1);
    lookup_t first = begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
    int i;

    for (i = 0; i < 4; i++) {
        begin_as(mark, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
    }
    /* It could not be read: another request may try. */
    end(first, SHS_BIG_KEY_UNKNOWN);
    first = begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
    begin_as(mark, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
    /* It came: from now on all may read it at once. */
    end(first, SHS_BIG_KEY_SMALL);
    for (i = 0; i < 4; i++) {
        begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
    }
}
END_TEST

/* A lookup that requested the size fails, or learns that the key is big, while
 * another lookup waits for the value. The note is lost if another key takes its
 * slot. */
START_TEST(big_key_end__keeps_the_ticket_of_another_lookup)
{
    shs_big_key_end_t how = _i ? SHS_BIG_KEY_UNKNOWN : SHS_BIG_KEY_BIG;
    apr_uint64_t mark = mark_of(1);
    lookup_t first = begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);

    end(begin_as(mark, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE), how);
    memset(big_key.noted, 0, sizeof(big_key.noted));
    begin_as(mark, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
    end(first, SHS_BIG_KEY_UNKNOWN);
    begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
}
END_TEST

/* A key that shares the slot of the mark in `requested`. */
static apr_uint64_t find_key_in_slot_of(apr_uint64_t mark)
{
    apr_uint64_t other;
    int i = 1;

    do {
        reset();
        begin(mark);
        other = mark_of(++i);
        ck_assert_int_lt(i, 20 * SHS_BIG_KEY_REQUESTED);
    } while (begin(other).begin == SHS_BIG_KEY_LOAD_VALUE);
    reset();
    return other;
}

/* A lookup of another key begins while the first lookup waits, and ends in one
 * way or another. */
START_TEST(big_key_end__keeps_the_ticket_of_another_key_in_the_slot)
{
    static const shs_big_key_end_t hows[] = { SHS_BIG_KEY_SMALL,
                                              SHS_BIG_KEY_BIG,
                                              SHS_BIG_KEY_UNKNOWN };
    apr_uint64_t mark = mark_of(1);
    apr_uint64_t other = find_key_in_slot_of(mark);
    lookup_t first = begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);

    end(begin_as(other, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE), hows[_i]);
    memset(big_key.noted, 0, sizeof(big_key.noted));
    begin_as(mark, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
    end(first, SHS_BIG_KEY_SMALL);
    begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
    /* A small key yields its slot to another key. */
    begin_as(other, SHS_BIG_KEY_LOAD_VALUE);
}
END_TEST

/* The child that held it was killed. A child that is only late gives back no
 * ticket but its own. */
START_TEST(big_key_begin__replaces_an_expired_ticket)
{
    apr_uint64_t mark = mark_of(1);
    apr_uint64_t other = _i ? find_key_in_slot_of(mark) : mark;
    lookup_t killed = begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);

    now += TIMEOUT;
    begin_as(other, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
    now += 2 * TIMEOUT;
    begin_as(other, SHS_BIG_KEY_LOAD_VALUE);
    end(killed, SHS_BIG_KEY_UNKNOWN);
    begin_as(other, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
}
END_TEST

/* The clock in a ticket wraps around after 2^20 seconds. */
START_TEST(big_key_begin__keeps_a_ticket_while_its_clock_wraps_around)
{
    apr_uint64_t mark = mark_of(1);

    now = apr_time_from_sec(1 << 20) + _i * APR_USEC_PER_SEC / 8;
    begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
    now += TIMEOUT;
    begin_as(mark, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
    now += 2 * TIMEOUT;
    begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
}
END_TEST

/* So the time that an expired ticket has left seems to grow again, half of that
 * time later. */
START_TEST(big_key_begin__replaces_a_ticket_that_expired_days_ago)
{
    apr_uint64_t mark = mark_of(1);

    begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
    now += apr_time_from_sec((1 << 20) - _i * 86400);
    begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
}
END_TEST

/* Even if another key has taken the slot of the note. */
START_TEST(big_key_end__no_longer_takes_a_big_key_for_small)
{
    apr_uint64_t mark = mark_of(1);

    end(begin_as(mark, SHS_BIG_KEY_LOAD_VALUE), SHS_BIG_KEY_SMALL);
    end(begin_as(mark, SHS_BIG_KEY_LOAD_VALUE), SHS_BIG_KEY_BIG);
    memset(big_key.noted, 0, sizeof(big_key.noted));
    begin_as(mark, SHS_BIG_KEY_LOAD_VALUE);
    begin_as(mark, SHS_BIG_KEY_LOAD_SIZE_MEANWHILE);
}
END_TEST

START_TEST(big_key__keeps_a_big_key_however_many_are_small)
{
    int noted = 0;
    int i;

    for (i = 0; i < 10; i++) {
        end(begin(mark_of(i)), SHS_BIG_KEY_BIG);
    }
    for (i = 10; i < 10 * SHS_BIG_KEY_REQUESTED; i++) {
        end(begin_as(mark_of(i), SHS_BIG_KEY_LOAD_VALUE), SHS_BIG_KEY_SMALL);
    }
    for (i = 0; i < 10; i++) {
        noted += peek(mark_of(i)) == SHS_BIG_KEY_LOAD_SIZE;
    }
    ck_assert_int_ge(noted, 9); /* two may share a slot */
}
END_TEST

START_TEST(big_key__keeps_the_last_of_more_than_fit)
{
    int known = 0;
    int i;

    for (i = 0; i < 10 * SHS_BIG_KEY_NOTED; i++) {
        end(begin(mark_of(i)), SHS_BIG_KEY_BIG);
        ck_assert_int_eq(peek(mark_of(i)), SHS_BIG_KEY_LOAD_SIZE);
    }
    for (i = 0; i < 10 * SHS_BIG_KEY_NOTED; i++) {
        known += peek(mark_of(i)) == SHS_BIG_KEY_LOAD_SIZE;
    }
    /* Keys that differ little are spread over the whole table. */
    ck_assert_int_gt(known, SHS_BIG_KEY_NOTED * 9 / 10);
    ck_assert_int_le(known, SHS_BIG_KEY_NOTED);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_loop_test(tc, big_key_mark__is_another_with_each_secret, 0,
                        SHS_BIG_KEY_SECRET);
    tcase_add_test(tc, big_key__knows_a_key_until_its_value_comes);
    tcase_add_test(tc, big_key__lets_one_of_many_read_an_unknown_key);
    tcase_add_loop_test(tc, big_key_end__keeps_the_ticket_of_another_lookup, 0,
                        2);
    tcase_add_loop_test(
        tc, big_key_end__keeps_the_ticket_of_another_key_in_the_slot, 0, 3);
    tcase_add_loop_test(tc, big_key_begin__replaces_an_expired_ticket, 0, 2);
    tcase_add_loop_test(
        tc, big_key_begin__keeps_a_ticket_while_its_clock_wraps_around, -32, 8);
    tcase_add_loop_test(
        tc, big_key_begin__replaces_a_ticket_that_expired_days_ago, 1, 12);
    tcase_add_test(tc, big_key_end__no_longer_takes_a_big_key_for_small);
    tcase_add_test(tc, big_key__keeps_a_big_key_however_many_are_small);
    tcase_add_test(tc, big_key__keeps_the_last_of_more_than_fit);
}

int main(void)
{
    return unit_main("big_key", add);
}
