/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_layout: when slots have moved. What follows from that: test_tracker.
 */
#include "redis/topology/discovery/slot_layout.h"

#include "unit.h"

#define LEASE 2000

static shs_shard_t shards[2];
static apr_uint16_t shard_of[SHS_SLOT_MAP_SLOTS];
static shs_slot_map_t map = { shards, 2, shard_of };

/* [0..split) belong to the first master, the rest to the second. */
static apr_uint64_t layout_of(const char *first, const char *second, int port,
                              int split, apr_int64_t epoch)
{
    int slot;

    shards[0].master = (shs_address_t){ first, port };
    shards[1].master = (shs_address_t){ second, port };
    for (slot = 0; slot < SHS_SLOT_MAP_SLOTS; slot++) {
        shard_of[slot] = slot >= split;
    }
    return shs_slot_layout_of(&map, epoch);
}

START_TEST(slot_layout_of__is_the_same_for_the_same)
{
    apr_uint64_t is = layout_of("a", "b", 1, 100, 5);

    ck_assert_uint_ne(is, 0);
    ck_assert_uint_eq(is, layout_of("a", "b", 1, 100, 5));
    /* A change of replicas moves no slots. */
    shards[0].replicas = &shards[1].master;
    shards[0].replica_count = 1;
    ck_assert_uint_eq(is, layout_of("a", "b", 1, 100, 5));
    shards[0].replica_count = 0;
}
END_TEST

START_TEST(slot_layout_of__differs_if_a_slot_has_another_master)
{
    apr_uint64_t is = layout_of("a", "b", 1, 100, 5);

    ck_assert_uint_ne(is, layout_of("a", "b", 1, 101, 5));
    ck_assert_uint_ne(is, layout_of("a", "b", 1, SHS_SLOT_MAP_SLOTS - 1, 5));
    ck_assert_uint_ne(is, layout_of("a", "c", 1, 100, 5));
    ck_assert_uint_ne(is, layout_of("b", "a", 1, 100, 5));
    ck_assert_uint_ne(is, layout_of("a", "b", 2, 100, 5));
    ck_assert_uint_ne(is, layout_of("a", "b", 1, 100, 6));
    layout_of("a", "b", 1, 100, 5);
    shard_of[SHS_SLOT_MAP_SLOTS - 1] = SHS_SLOT_MAP_NONE;
    ck_assert_uint_ne(is, shs_slot_layout_of(&map, 5));
}
END_TEST

START_TEST(slot_layout_note__flushes_what_the_former_master_may_have_sent)
{
    shs_slot_layout_t layout = { 0, 0 };

    ck_assert(shs_slot_layout_note(&layout, 7, 1000, LEASE));
    ck_assert(shs_slot_layout_note(&layout, 7, 1000 + LEASE - 1, LEASE));
    ck_assert(!shs_slot_layout_note(&layout, 7, 1000 + LEASE, LEASE));
    ck_assert(shs_slot_layout_note(&layout, 8, 9000, LEASE));
    ck_assert(shs_slot_layout_note(&layout, 7, 9500, LEASE));
    ck_assert(shs_slot_layout_note(&layout, 7, 9500 + LEASE - 1, LEASE));
    ck_assert(!shs_slot_layout_note(&layout, 7, 9500 + LEASE, LEASE));
}
END_TEST

/* The near-cache may yet bridge an outage. */
START_TEST(slot_layout_note__flushes_nothing_if_nothing_is_known)
{
    shs_slot_layout_t layout = { 0, 0 };

    ck_assert(!shs_slot_layout_note(&layout, 0, 1000, LEASE));
    shs_slot_layout_note(&layout, 7, 1000, LEASE);
    ck_assert(!shs_slot_layout_note(&layout, 0, 5000, LEASE));
    ck_assert(!shs_slot_layout_note(&layout, 7, 6000, LEASE));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, slot_layout_of__is_the_same_for_the_same);
    tcase_add_test(tc, slot_layout_of__differs_if_a_slot_has_another_master);
    tcase_add_test(
        tc, slot_layout_note__flushes_what_the_former_master_may_have_sent);
    tcase_add_test(tc, slot_layout_note__flushes_nothing_if_nothing_is_known);
}

int main(void)
{
    return unit_main("slot_layout", add);
}
