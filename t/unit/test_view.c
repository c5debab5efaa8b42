/* SPDX-License-Identifier: Apache-2.0
 *
 * What a view enters where the host's children share who the masters are.
 * test_exchange_sentinel and test_exchange_cluster have the rest of it.
 */
#include "redis/view.h"

#include "rig.h"
#include "unit.h"
#include "wire.h"

static shs_shared_t shared;

static shs_view_t *view_of(shs_nodes_t *nodes, int port)
{
    shs_server_t server = { "127.0.0.1", port };
    apr_pool_t *own;

    ck_assert_int_eq(apr_pool_create_unmanaged(&own), APR_SUCCESS);
    return shs_view_create(shs_map_of_one(&server, NULL, 0, own), nodes,
                           SHS_NODE_MASTER, own);
}

static shs_view_t *view_of_slots(shs_nodes_t *nodes, const char *slots)
{
    const shs_server_t asked = { "127.0.0.1", 1 };
    shs_map_t *map;
    apr_pool_t *own;

    ck_assert_int_eq(apr_pool_create_unmanaged(&own), APR_SUCCESS);
    ck_assert_ptr_null(
        shs_map_parse_slots(&map, wire_reply(slots), &asked, own));
    return shs_view_create(map, nodes, SHS_NODE_PLAIN, own);
}

static const char *list(void)
{
    apr_time_t since;

    return shs_masters_list(&since, &shared.masters, p);
}

static shs_nodes_t *open_stage(void)
{
    memset(&shared, 0, sizeof(shared));
    return rig_nodes(rig_endpoint("redis+sentinel://127.0.0.1/m", ""), 1);
}

/* One who was told last what it knew already, by a Sentinel that lags. */
START_TEST(view_enter__undoes_nothing_that_another_child_has_found)
{
    shs_nodes_t *nodes = open_stage();
    shs_view_t *old = view_of(nodes, 1);
    shs_view_t *same = view_of(nodes, 1);
    shs_view_t *next = view_of(nodes, 2);

    shs_view_enter(&shared, NULL, old);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    shs_view_enter(&shared, old, next);
    ck_assert_str_eq(list(), "127.0.0.1:2");
    shs_view_enter(&shared, old, same);
    ck_assert_str_eq(list(), "127.0.0.1:2");
    ck_assert_uint_eq(shs_counters_get(&shared.counters, SHS_COUNTER_FAILOVERS),
                      1);
    shs_view_destroy(old, nodes);
    shs_view_destroy(same, nodes);
    shs_view_destroy(next, nodes);
}
END_TEST

START_TEST(view_enter__says_nothing_of_a_doubted_one)
{
    shs_nodes_t *nodes = open_stage();
    shs_view_t *old = view_of(nodes, 1);
    shs_view_t *next = view_of(nodes, 2);

    shs_view_enter(&shared, NULL, old);
    shs_view_doubt(next);
    shs_view_enter(&shared, old, next);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    ck_assert_uint_eq(shs_counters_get(&shared.counters, SHS_COUNTER_FAILOVERS),
                      0);
    shs_view_destroy(old, nodes);
    shs_view_destroy(next, nodes);
}
END_TEST

START_TEST(view_enter__forgets_shards_that_are_none_any_more)
{
    shs_nodes_t *nodes = open_stage();
    shs_view_t *view = view_of(nodes, 1);

    ck_assert(shs_masters_set(&shared.masters, 99, 0, 7, "gone:1", 0, 1));
    shs_view_enter(&shared, NULL, view);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    shs_view_destroy(view, nodes);
}
END_TEST

/* It has none of the map's shards, whichever slot led to it first. */
START_TEST(view_place__learns_a_node_without_a_shard)
{
    static const char slots[] =
        "*1\r\n*3\r\n:0\r\n:19\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n";
    const shs_server_t server = { "127.0.0.1", 3 };
    shs_nodes_t *nodes = open_stage();
    shs_view_t *view = view_of_slots(nodes, slots);
    shs_node_t *learnt = shs_nodes_hold(nodes, &server, SHS_NODE_PLAIN);
    shs_node_t *found;
    int lowest_slot;

    ck_assert_int_eq(shs_view_place(view, nodes, learnt, 5, 0), -1);
    ck_assert_int_eq(shs_view_place(view, nodes, learnt, 5, 1), -1);
    ck_assert(shs_view_find(&found, &lowest_slot, view, 5));
    ck_assert_ptr_eq(found, learnt);
    ck_assert_int_eq(lowest_slot, -1);
    ck_assert(shs_view_find(&found, &lowest_slot, view, 6));
    ck_assert_int_eq(lowest_slot, 0);
    shs_nodes_release(nodes, learnt);
    shs_view_destroy(view, nodes);
}
END_TEST

/* A shard whose slots went to another one, which is the same as before. */
START_TEST(view_enter__forgets_a_shard_though_nothing_is_new)
{
    static const char both[] =
        "*2\r\n*3\r\n:0\r\n:9\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n"
        "*3\r\n:10\r\n:19\r\n*2\r\n$9\r\n127.0.0.1\r\n:2\r\n";
    static const char one[] =
        "*1\r\n*3\r\n:0\r\n:19\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n";
    shs_nodes_t *nodes = open_stage();
    shs_view_t *old = view_of_slots(nodes, both);
    shs_view_t *view = view_of_slots(nodes, one);

    shs_view_enter(&shared, NULL, old);
    ck_assert_str_eq(list(), "127.0.0.1:1, 127.0.0.1:2");
    shs_view_enter(&shared, old, view);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    ck_assert(!shs_masters_has(&shared.masters, SHS_SHARED_MASTER(10)));
    shs_view_destroy(old, nodes);
    shs_view_destroy(view, nodes);
}
END_TEST

START_TEST(view_proves__nothing_when_it_is_doubted)
{
    shs_nodes_t *nodes = open_stage();
    shs_view_t *view = view_of(nodes, 1);
    apr_uint64_t layout = 1;

    ck_assert(shs_view_proves(&layout, view));
    ck_assert_uint_eq(layout, 0);
    shs_view_set_layout(view, 7);
    ck_assert(shs_view_proves(&layout, view));
    ck_assert_uint_eq(layout, 7);
    shs_view_set_layout(view, 8);
    shs_view_doubt(view);
    ck_assert(!shs_view_proves(&layout, view));
    ck_assert_uint_eq(layout, 7);
    shs_view_destroy(view, nodes);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, view_proves__nothing_when_it_is_doubted);
    tcase_add_test(tc, view_enter__undoes_nothing_that_another_child_has_found);
    tcase_add_test(tc, view_enter__says_nothing_of_a_doubted_one);
    tcase_add_test(tc, view_enter__forgets_shards_that_are_none_any_more);
    tcase_add_test(tc, view_enter__forgets_a_shard_though_nothing_is_new);
    tcase_add_test(tc, view_place__learns_a_node_without_a_shard);
}

int main(void)
{
    return unit_main("view", add);
}
