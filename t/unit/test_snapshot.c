/* SPDX-License-Identifier: Apache-2.0
 *
 * What a snapshot publishes to the host's children, and how it learns a node.
 * test_store_redis_sentinel and test_store_redis_cluster test the rest.
 */
#include "redis/topology/discovery/snapshot.h"

#include "rig.h"
#include "unit.h"
#include "wire.h"

static shs_host_state_t host_state;

static shs_snapshot_t *snapshot_of(shs_node_table_t *nodes, int port)
{
    shs_address_t server = { "127.0.0.1", port };
    apr_pool_t *own;

    ck_assert_int_eq(apr_pool_create_unmanaged(&own), APR_SUCCESS);
    return shs_snapshot_create(shs_slot_map_of_one(&server, NULL, 0, own),
                               nodes, SHS_NODE_MASTER, own);
}

static shs_snapshot_t *snapshot_of_slots(shs_node_table_t *nodes,
                                         const char *slots)
{
    const shs_address_t asked = { "127.0.0.1", 1 };
    shs_slot_map_t *map;
    apr_pool_t *own;

    ck_assert_int_eq(apr_pool_create_unmanaged(&own), APR_SUCCESS);
    ck_assert_ptr_null(
        shs_slot_map_parse_slots(&map, wire_reply(slots), &asked, own));
    return shs_snapshot_create(map, nodes, SHS_NODE_PLAIN, own);
}

static const char *list(void)
{
    apr_time_t since;

    return shs_masters_list(&since, &host_state.masters, p);
}

static shs_node_table_t *open_stage(void)
{
    memset(&host_state, 0, sizeof(host_state));
    return rig_nodes(rig_endpoint("redis+sentinel://127.0.0.1/m", ""), 1);
}

/* A child that learnt nothing new, from a Sentinel that lags. */
START_TEST(
    snapshot_publish_masters__undoes_nothing_that_another_child_has_found)
{
    shs_node_table_t *nodes = open_stage();
    shs_snapshot_t *old = snapshot_of(nodes, 1);
    shs_snapshot_t *same = snapshot_of(nodes, 1);
    shs_snapshot_t *next = snapshot_of(nodes, 2);

    shs_snapshot_publish_masters(&host_state, NULL, old);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    shs_snapshot_publish_masters(&host_state, old, next);
    ck_assert_str_eq(list(), "127.0.0.1:2");
    shs_snapshot_publish_masters(&host_state, old, same);
    ck_assert_str_eq(list(), "127.0.0.1:2");
    ck_assert_uint_eq(
        shs_counters_get(&host_state.counters, SHS_COUNTER_FAILOVERS), 1);
    shs_snapshot_destroy(old, nodes);
    shs_snapshot_destroy(same, nodes);
    shs_snapshot_destroy(next, nodes);
}
END_TEST

START_TEST(snapshot_publish_masters__skips_a_doubtful_snapshot)
{
    shs_node_table_t *nodes = open_stage();
    shs_snapshot_t *old = snapshot_of(nodes, 1);
    shs_snapshot_t *next = snapshot_of(nodes, 2);

    shs_snapshot_publish_masters(&host_state, NULL, old);
    shs_snapshot_mark_doubtful(next);
    shs_snapshot_publish_masters(&host_state, old, next);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    ck_assert_uint_eq(
        shs_counters_get(&host_state.counters, SHS_COUNTER_FAILOVERS), 0);
    shs_snapshot_destroy(old, nodes);
    shs_snapshot_destroy(next, nodes);
}
END_TEST

START_TEST(snapshot_publish_masters__removes_former_shards)
{
    shs_node_table_t *nodes = open_stage();
    shs_snapshot_t *snapshot = snapshot_of(nodes, 1);

    ck_assert(shs_masters_set(&host_state.masters, 99, 0, 7, "gone:1", 0, 1));
    shs_snapshot_publish_masters(&host_state, NULL, snapshot);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    shs_snapshot_destroy(snapshot, nodes);
}
END_TEST

/* It has none of the map's shards, whichever slot led to it first. */
START_TEST(snapshot_locate__learns_a_node_without_a_shard)
{
    static const char slots[] =
        "*1\r\n*3\r\n:0\r\n:19\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n";
    const shs_address_t server = { "127.0.0.1", 3 };
    shs_node_table_t *nodes = open_stage();
    shs_snapshot_t *snapshot = snapshot_of_slots(nodes, slots);
    shs_node_t *learned = shs_node_table_hold(nodes, &server, SHS_NODE_PLAIN);
    shs_node_t *found;
    int lowest_slot;

    ck_assert_int_eq(shs_snapshot_locate(snapshot, nodes, learned, 5, 0), -1);
    ck_assert_int_eq(shs_snapshot_locate(snapshot, nodes, learned, 5, 1), -1);
    ck_assert(shs_snapshot_find(&found, &lowest_slot, snapshot, 5));
    ck_assert_ptr_eq(found, learned);
    ck_assert_int_eq(lowest_slot, -1);
    ck_assert(shs_snapshot_find(&found, &lowest_slot, snapshot, 6));
    ck_assert_int_eq(lowest_slot, 0);
    shs_node_table_release(nodes, learned);
    shs_snapshot_destroy(snapshot, nodes);
}
END_TEST

/* Another shard has its slots now, whose master is the same as before. */
START_TEST(snapshot_publish_masters__removes_a_shard_if_nothing_is_new)
{
    static const char both[] =
        "*2\r\n*3\r\n:0\r\n:9\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n"
        "*3\r\n:10\r\n:19\r\n*2\r\n$9\r\n127.0.0.1\r\n:2\r\n";
    static const char one[] =
        "*1\r\n*3\r\n:0\r\n:19\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n";
    shs_node_table_t *nodes = open_stage();
    shs_snapshot_t *old = snapshot_of_slots(nodes, both);
    shs_snapshot_t *snapshot = snapshot_of_slots(nodes, one);

    shs_snapshot_publish_masters(&host_state, NULL, old);
    ck_assert_str_eq(list(), "127.0.0.1:1, 127.0.0.1:2");
    shs_snapshot_publish_masters(&host_state, old, snapshot);
    ck_assert_str_eq(list(), "127.0.0.1:1");
    ck_assert(!shs_masters_has(&host_state.masters, SHS_HOST_STATE_MASTER(10)));
    shs_snapshot_destroy(old, nodes);
    shs_snapshot_destroy(snapshot, nodes);
}
END_TEST

START_TEST(snapshot_proves__nothing_when_it_is_doubtful)
{
    shs_node_table_t *nodes = open_stage();
    shs_snapshot_t *snapshot = snapshot_of(nodes, 1);
    apr_uint64_t layout = 1;

    ck_assert(shs_snapshot_proves(&layout, snapshot));
    ck_assert_uint_eq(layout, 0);
    shs_snapshot_set_layout(snapshot, 7);
    ck_assert(shs_snapshot_proves(&layout, snapshot));
    ck_assert_uint_eq(layout, 7);
    shs_snapshot_set_layout(snapshot, 8);
    shs_snapshot_mark_doubtful(snapshot);
    ck_assert(!shs_snapshot_proves(&layout, snapshot));
    ck_assert_uint_eq(layout, 7);
    shs_snapshot_destroy(snapshot, nodes);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, snapshot_proves__nothing_when_it_is_doubtful);
    tcase_add_test(
        tc,
        snapshot_publish_masters__undoes_nothing_that_another_child_has_found);
    tcase_add_test(tc, snapshot_publish_masters__skips_a_doubtful_snapshot);
    tcase_add_test(tc, snapshot_publish_masters__removes_former_shards);
    tcase_add_test(tc,
                   snapshot_publish_masters__removes_a_shard_if_nothing_is_new);
    tcase_add_test(tc, snapshot_locate__learns_a_node_without_a_shard);
}

int main(void)
{
    return unit_main("snapshot", add);
}
