/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/heavy.h"

#include <apr_strings.h>

#include "unit.h"

static shs_heavy_t heavy;
static unsigned char secret[SHS_HEAVY_SECRET];

/* A lookup has a second. */
#define TIMEOUT APR_USEC_PER_SEC

static apr_time_t now;

static void reset(void)
{
    memset(&heavy, 0, sizeof(heavy));
    now = 1000 * APR_USEC_PER_SEC;
}

/* A lookup that has begun. */
typedef struct ask_t {
    apr_uint64_t mark;
    apr_uint64_t ticket;
    shs_heavy_begin_t begin;
} ask_t;

static ask_t begin(apr_uint64_t mark)
{
    ask_t ask = { mark, 0, SHS_HEAVY_SIZE };

    ask.begin = shs_heavy_begin(&ask.ticket, &heavy, mark, now + TIMEOUT, now);
    return ask;
}

static void end(ask_t ask, shs_heavy_end_t how)
{
    shs_heavy_end(&heavy, ask.mark, ask.ticket, how);
}

static ask_t begin_as(apr_uint64_t mark, shs_heavy_begin_t expected)
{
    ask_t ask = begin(mark);

    ck_assert_int_eq(ask.begin, expected);
    return ask;
}

/* What a lookup would ask for: asked, and nothing is learnt. */
static shs_heavy_begin_t peek(apr_uint64_t mark)
{
    ask_t ask = begin(mark);

    end(ask, SHS_HEAVY_UNKNOWN);
    return ask.begin;
}

static apr_uint64_t mark_of(int i)
{
    return shs_heavy_mark(unit_text(apr_psprintf(p, "session:%d", i)), secret);
}

/* Who does not know the secret cannot tell which keys share one. */
START_TEST(heavy_mark__is_another_with_each_secret)
{
    apr_uint64_t before = mark_of(1);

    secret[_i] ^= 1;
    ck_assert(mark_of(1) != before);
    secret[_i] ^= 1;
    ck_assert(mark_of(1) == before);
    ck_assert(mark_of(2) != before);
}
END_TEST

START_TEST(heavy__knows_a_key_until_its_value_comes)
{
    apr_uint64_t mark = mark_of(1);

    end(begin_as(mark, SHS_HEAVY_VALUE), SHS_HEAVY_HEAVY);
    end(begin_as(mark, SHS_HEAVY_SIZE), SHS_HEAVY_UNKNOWN);
    ck_assert_int_eq(peek(mark_of(2)), SHS_HEAVY_VALUE);
    end(begin_as(mark, SHS_HEAVY_SIZE), SHS_HEAVY_LIGHT);
    end(begin_as(mark, SHS_HEAVY_VALUE), SHS_HEAVY_HEAVY);
    ck_assert_int_eq(peek(mark), SHS_HEAVY_SIZE);
}
END_TEST

START_TEST(heavy__lets_one_of_many_ask_for_the_value_of_an_unknown_key)
{
    apr_uint64_t mark = mark_of(1);
    ask_t first = begin_as(mark, SHS_HEAVY_VALUE);
    int i;

    for (i = 0; i < 4; i++) {
        begin_as(mark, SHS_HEAVY_SIZE_MEANWHILE);
    }
    /* It could not be asked for: another one may. */
    end(first, SHS_HEAVY_UNKNOWN);
    first = begin_as(mark, SHS_HEAVY_VALUE);
    begin_as(mark, SHS_HEAVY_SIZE_MEANWHILE);
    /* It came: from now on all may at once. */
    end(first, SHS_HEAVY_LIGHT);
    for (i = 0; i < 4; i++) {
        begin_as(mark, SHS_HEAVY_VALUE);
    }
}
END_TEST

/* One that asked for the size fails, or learns that it is heavy, while another
 * waits for the value. That it is heavy is forgotten where another key takes
 * its place. */
START_TEST(heavy_end__gives_no_other_lookup_s_ticket_back)
{
    shs_heavy_end_t how = _i ? SHS_HEAVY_UNKNOWN : SHS_HEAVY_HEAVY;
    apr_uint64_t mark = mark_of(1);
    ask_t first = begin_as(mark, SHS_HEAVY_VALUE);

    end(begin_as(mark, SHS_HEAVY_SIZE_MEANWHILE), how);
    memset(heavy.noted, 0, sizeof(heavy.noted));
    begin_as(mark, SHS_HEAVY_SIZE_MEANWHILE);
    end(first, SHS_HEAVY_UNKNOWN);
    begin_as(mark, SHS_HEAVY_VALUE);
}
END_TEST

/* A key whose place in `asked` is that of the mark. */
static apr_uint64_t find_neighbour(apr_uint64_t mark)
{
    apr_uint64_t other;
    int i = 1;

    do {
        reset();
        begin(mark);
        other = mark_of(++i);
        ck_assert_int_lt(i, 20 * SHS_HEAVY_ASKED);
    } while (begin(other).begin == SHS_HEAVY_VALUE);
    reset();
    return other;
}

/* However a lookup of another key ends that came while the first one waited. */
START_TEST(heavy_end__leaves_the_ticket_of_another_key_in_its_place)
{
    static const shs_heavy_end_t hows[] = { SHS_HEAVY_LIGHT, SHS_HEAVY_HEAVY,
                                            SHS_HEAVY_UNKNOWN };
    apr_uint64_t mark = mark_of(1);
    apr_uint64_t other = find_neighbour(mark);
    ask_t first = begin_as(mark, SHS_HEAVY_VALUE);

    end(begin_as(other, SHS_HEAVY_SIZE_MEANWHILE), hows[_i]);
    memset(heavy.noted, 0, sizeof(heavy.noted));
    begin_as(mark, SHS_HEAVY_SIZE_MEANWHILE);
    end(first, SHS_HEAVY_LIGHT);
    begin_as(mark, SHS_HEAVY_VALUE);
    /* What is light takes no place that another needs. */
    begin_as(other, SHS_HEAVY_VALUE);
}
END_TEST

/* The child that had it was killed. One that is late after all gives nothing
 * back that is not its own. */
START_TEST(heavy_begin__takes_a_ticket_over_that_has_run_out)
{
    apr_uint64_t mark = mark_of(1);
    apr_uint64_t other = _i ? find_neighbour(mark) : mark;
    ask_t killed = begin_as(mark, SHS_HEAVY_VALUE);

    now += TIMEOUT;
    begin_as(other, SHS_HEAVY_SIZE_MEANWHILE);
    now += 2 * TIMEOUT;
    begin_as(other, SHS_HEAVY_VALUE);
    end(killed, SHS_HEAVY_UNKNOWN);
    begin_as(other, SHS_HEAVY_SIZE_MEANWHILE);
}
END_TEST

/* The clock in a ticket begins anew after 2^20 seconds. */
START_TEST(heavy_begin__holds_a_ticket_while_its_clock_begins_anew)
{
    apr_uint64_t mark = mark_of(1);

    now = apr_time_from_sec(1 << 20) + _i * APR_USEC_PER_SEC / 8;
    begin_as(mark, SHS_HEAVY_VALUE);
    now += TIMEOUT;
    begin_as(mark, SHS_HEAVY_SIZE_MEANWHILE);
    now += 2 * TIMEOUT;
    begin_as(mark, SHS_HEAVY_VALUE);
}
END_TEST

/* ... so what is left of a ticket seems to grow again, half of that later. */
START_TEST(heavy_begin__takes_a_ticket_over_that_ran_out_days_ago)
{
    apr_uint64_t mark = mark_of(1);

    begin_as(mark, SHS_HEAVY_VALUE);
    now += apr_time_from_sec((1 << 20) - _i * 86400);
    begin_as(mark, SHS_HEAVY_VALUE);
}
END_TEST

/* Even where the note is lost to another key. */
START_TEST(heavy_end__knows_a_key_as_light_no_more_that_is_heavy)
{
    apr_uint64_t mark = mark_of(1);

    end(begin_as(mark, SHS_HEAVY_VALUE), SHS_HEAVY_LIGHT);
    end(begin_as(mark, SHS_HEAVY_VALUE), SHS_HEAVY_HEAVY);
    memset(heavy.noted, 0, sizeof(heavy.noted));
    begin_as(mark, SHS_HEAVY_VALUE);
    begin_as(mark, SHS_HEAVY_SIZE_MEANWHILE);
}
END_TEST

START_TEST(heavy__keeps_what_is_heavy_however_many_are_light)
{
    int heavies = 0;
    int i;

    for (i = 0; i < 10; i++) {
        end(begin(mark_of(i)), SHS_HEAVY_HEAVY);
    }
    for (i = 10; i < 10 * SHS_HEAVY_ASKED; i++) {
        end(begin_as(mark_of(i), SHS_HEAVY_VALUE), SHS_HEAVY_LIGHT);
    }
    for (i = 0; i < 10; i++) {
        heavies += peek(mark_of(i)) == SHS_HEAVY_SIZE;
    }
    ck_assert_int_ge(heavies, 9); /* two may have one place */
}
END_TEST

START_TEST(heavy__keeps_the_last_of_more_than_it_has_places_for)
{
    int known = 0;
    int i;

    for (i = 0; i < 10 * SHS_HEAVY_NOTED; i++) {
        end(begin(mark_of(i)), SHS_HEAVY_HEAVY);
        ck_assert_int_eq(peek(mark_of(i)), SHS_HEAVY_SIZE);
    }
    for (i = 0; i < 10 * SHS_HEAVY_NOTED; i++) {
        known += peek(mark_of(i)) == SHS_HEAVY_SIZE;
    }
    /* Keys that differ little are spread over the whole table. */
    ck_assert_int_gt(known, SHS_HEAVY_NOTED * 9 / 10);
    ck_assert_int_le(known, SHS_HEAVY_NOTED);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_loop_test(tc, heavy_mark__is_another_with_each_secret, 0,
                        SHS_HEAVY_SECRET);
    tcase_add_test(tc, heavy__knows_a_key_until_its_value_comes);
    tcase_add_test(tc,
                   heavy__lets_one_of_many_ask_for_the_value_of_an_unknown_key);
    tcase_add_loop_test(tc, heavy_end__gives_no_other_lookup_s_ticket_back, 0,
                        2);
    tcase_add_loop_test(
        tc, heavy_end__leaves_the_ticket_of_another_key_in_its_place, 0, 3);
    tcase_add_loop_test(tc, heavy_begin__takes_a_ticket_over_that_has_run_out,
                        0, 2);
    tcase_add_loop_test(
        tc, heavy_begin__holds_a_ticket_while_its_clock_begins_anew, -32, 8);
    tcase_add_loop_test(
        tc, heavy_begin__takes_a_ticket_over_that_ran_out_days_ago, 1, 12);
    tcase_add_test(tc, heavy_end__knows_a_key_as_light_no_more_that_is_heavy);
    tcase_add_test(tc, heavy__keeps_what_is_heavy_however_many_are_light);
    tcase_add_test(tc, heavy__keeps_the_last_of_more_than_it_has_places_for);
}

int main(void)
{
    return unit_main("heavy", add);
}
