/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/slot_map.h"

#include "unit.h"
#include "wire.h"

static const shs_address_t sender = { "sender", 6379 };

/* "a:1(b:2 c:3) 0-10 20-20; " for each shard. What must hold of every map is
 * checked on the way. */
static const char *show(const shs_slot_map_t *map)
{
    const char *text = "";
    int i;

    ck_assert_int_ge(map->shard_count, 1);
    ck_assert_int_le(map->shard_count, SHS_SLOT_MAP_MAX_SHARDS);
    for (i = 0; i < map->shard_count; i++) {
        const shs_shard_t *shard = &map->shards[i];
        int slot = 0;
        int k;

        text = apr_psprintf(p, "%s%s:%d(", text, shard->master.host,
                            shard->master.port);
        for (k = 0; k < shard->replica_count; k++) {
            text =
                apr_psprintf(p, "%s%s%s:%d", text, k ? " " : "",
                             shard->replicas[k].host, shard->replicas[k].port);
        }
        text = apr_pstrcat(p, text, ")", NULL);
        ck_assert_int_eq(map->shard_of[shard->lowest_slot], i);
        while (slot < SHS_SLOT_MAP_SLOTS) {
            int first;

            if (map->shard_of[slot] != i) {
                slot++;
                continue;
            }
            ck_assert_int_le(shard->lowest_slot, slot);
            for (first = slot;
                 slot < SHS_SLOT_MAP_SLOTS && map->shard_of[slot] == i;
                 slot++) {
            }
            text = apr_psprintf(p, "%s %d-%d", text, first, slot - 1);
        }
        text = apr_pstrcat(p, text, "; ", NULL);
    }
    return text;
}

#define ID   "$40\r\nc584141f8c18a29b31a3357b510a6ce539d448d8\r\n"
#define META "*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n"
#define HOST "$9\r\n127.0.0.1\r\n"

static const struct {
    const char *text;
    const char *shown;
    const char *why;
} maps[] = {
    /* Redis 7's own: two masters, one with a replica, three ranges. */
    { "*3\r\n"
      "*4\r\n:0\r\n:8000\r\n"
      "*4\r\n" HOST ":42667\r\n" ID "*0\r\n*4\r\n" HOST ":42515\r\n" ID "*0\r\n"
      "*3\r\n:8001\r\n:11999\r\n*4\r\n" HOST ":44451\r\n" ID "*0\r\n"
      "*4\r\n:12000\r\n:16383\r\n"
      "*4\r\n" HOST ":42667\r\n" ID "*0\r\n*4\r\n" HOST ":42515\r\n" ID
      "*0\r\n",
      "127.0.0.1:42667(127.0.0.1:42515) 0-8000 12000-16383; "
      "127.0.0.1:44451() 8001-11999; ",
      "two ranges of one master" },
    { "*1\r\n*3\r\n:0\r\n:100\r\n*4\r\n$-1\r\n:42667\r\n" ID META,
      "sender:42667() 0-100; ",
      "cluster-preferred-endpoint-type unknown-endpoint" },
    { "*1\r\n*3\r\n:0\r\n:100\r\n*4\r\n$0\r\n\r\n:46337\r\n" ID "*0\r\n",
      "sender:46337() 0-100; ", "a node that has not met another yet" },
    { "[[0 16383 ['::1' 39011 'id' []] ['::1' 42785 'id' []]]]",
      "::1:39011(::1:42785) 0-16383; ", "IPv6" },
    { "[[0 16383 ['r1.example.org' 6380 'id' ['ip' '10.0.0.1']]]]",
      "r1.example.org:6380() 0-16383; ", "a name, for the sake of TLS" },
    { "[[0 5 ['a' 1]]]", "a:1() 0-5; ", "Redis 3: no id" },
    { "[[0 5 ['a' 1 'id' [] 'more' [1 [2]]]]]", "a:1() 0-5; ",
      "what later versions may add" },
    { "[[7 7 ['a' 1 'id']]]", "a:1() 7-7; ", "one slot" },
    { "[[16383 16383 ['a' 1 'id']]]", "a:1() 16383-16383; ", "the last slot" },
    { "[[20 30 ['a' 1 'id']] [0 10 ['b' 1 'id']]]", "b:1() 0-10; a:1() 20-30; ",
      "in the order of slots, not of the reply" },
    { "[[20 30 ['a' 1 'id']] [0 10 ['a' 1 'id']]]", "a:1() 0-10 20-30; ",
      "lowest_slot is not that of the first range" },
    { "[[0 1 ['a' 1 'id']] [2 3 ['a' 2 'id']]]", "a:1() 0-1; a:2() 2-3; ",
      "two servers of one machine" },
    { "[[0 1 ['a' 1 'id']] [2 3 ['b' 1 'id']]]", "a:1() 0-1; b:1() 2-3; ",
      "the same port of two machines" },
    { "[[0 1 ['' 6379 'id']] [2 3 ['sender' 6379 'id']]]",
      "sender:6379() 0-3; ", "one master in two ways" },
    /* replicas */
    { "[[0 1 ['a' 1 'id'] ['b' 2 'id'] ['c' 3 'id']]]", "a:1(b:2 c:3) 0-1; ",
      "in their order" },
    { "[[0 1 ['a' 1] ['b' 2]] [3 4 ['a' 1] ['c' 3] ['b' 2]]]",
      "a:1(b:2 c:3) 0-1 3-4; ", "those of all ranges, once" },
    { "[[0 1 ['a' 1 'id'] ['a' 1 'id'] ['a' 2 'id']]]", "a:1(a:2) 0-1; ",
      "a master is not its own replica" },
    { "[[0 1 ['a' 1] ['r' 1] ['r' 2] ['r' 3] ['r' 4] ['r' 5] ['r' 6] ['r' 7]"
      " ['r' 8] ['r' 9]]]",
      "a:1(r:1 r:2 r:3 r:4 r:5 r:6 r:7 r:8) 0-1; ", "eight are enough" },
    { "[[0 1 ['a' 1] ['?' 2] [_ 3] ['h i' 4] ['c' 0] ['d' 70000] ['e' 5]]]",
      "a:1(sender:3 e:5) 0-1; ", "replicas without a usable address" },
    /* masters */
    { "[[0 1 ['?' 1 'id']] [2 3 ['b' 2 'id']]]", "b:2() 2-3; ",
      "an unknown master takes its slots with it" },
    { "[[0 1 ['?' 1 'id'] ['r' 1 'id']] [2 3 ['b' 2 'id']]]", "b:2() 2-3; ",
      "its replicas too" },
    { "[[0 1 ['a' 0 'id']] [2 3 ['b' 2 'id']]]", "b:2() 2-3; ",
      "a master without a port for us" },
    { "[[0 1 ['a b' 1 'id']] [2 3 ['b' 2 'id']]]", "b:2() 2-3; ",
      "a host that is none" },
    /* overlaps */
    { "[[0 10 ['a' 1 'id']] [5 20 ['b' 2 'id']]]", "a:1() 0-4; b:2() 5-20; ",
      "the last one counts" },
    { "[[0 20 ['a' 1 'id']] [5 10 ['b' 2 'id']]]",
      "a:1() 0-4 11-20; b:2() 5-10; ", "within another" },
    { "[[5 10 ['a' 1 'id']] [0 20 ['b' 2 'id']]]", "b:2() 0-20; ",
      "a shard without a slot is none" },
    { "[[0 10 ['a' 1 'id']] [5 20 ['?' 2 'id']]]", "a:1() 0-4; ",
      "so it does when it is unknown" },
};

START_TEST(slot_map_parse_slots__maps_slots_to_shards)
{
    shs_slot_map_t *map = NULL;
    const char *wrong =
        shs_slot_map_parse_slots(&map, wire_reply(maps[_i].text), &sender, p);

    ck_assert_msg(wrong == NULL, "%s: %s", maps[_i].why, wrong);
    ck_assert_msg(!strcmp(show(map), maps[_i].shown), "%s, not %s: %s",
                  show(map), maps[_i].shown, maps[_i].why);
}
END_TEST

static const struct {
    const char *text;
    const char *wrong; /* a part of what is said */
    const char *why;
} refused[] = {
    { "*0\r\n", "no master", "a node that is in no cluster yet" },
    { "*1\r\n*3\r\n:0\r\n:100\r\n*4\r\n$1\r\n?\r\n:42667\r\n" ID META,
      "no master", "Redis prefers names and knows none" },
    { "-ERR This instance has cluster support disabled\r\n", "not a node",
      "a server without a cluster" },
    { "-ERR This instance has cluster support disablex\r\n", "an error",
      "nearly that" },
    { "-ERR evil words\r\n", "an error", "without its words" },
    { "-NOPERM x\r\n", "an error", "a user without the permission" },
    { "_", "malformed", "nil" },
    { "'x'", "malformed", "a string" },
    { "5", "malformed", "an integer" },
    { "+OK\r\n", "malformed", "a status" },
    { "[5]", "malformed", "a range that is a number" },
    { "[_]", "malformed", "a range that is nil" },
    { "[[]]", "malformed", "an empty range" },
    { "[[0 1]]", "malformed", "a range without a node" },
    { "[[0 ['a' 1] ['b' 2]]]", "malformed", "a node where a slot should be" },
    { "[['0' 1 ['a' 1]]]", "malformed", "a text where a slot should be" },
    { "[[0 '1' ['a' 1]]]", "malformed", "a text where a slot should be" },
    { "[[-1 1 ['a' 1]]]", "malformed", "a slot below" },
    { "[[0 16384 ['a' 1]]]", "malformed", "a slot above" },
    { "[[0 4294967297 ['a' 1]]]", "malformed", "1 in 32 bits" },
    { "[[16384 16385 ['a' 1]]]", "malformed", "two slots above" },
    { "[[2 1 ['a' 1]]]", "malformed", "the wrong way round" },
    { "[[0 1 'a']]", "malformed", "a node that is a text" },
    { "[[0 1 []]]", "malformed", "a node with nothing in it" },
    { "[[0 1 ['a']]]", "malformed", "a node without a port" },
    { "[[0 1 ['a' '1']]]", "malformed", "a port that is a text" },
    { "[[0 1 ['a' _]]]", "malformed", "a port that is nil" },
    { "[[0 1 [1 1]]]", "malformed", "a host that is a number" },
    { "[[0 1 [[] 1]]]", "malformed", "a host that is an array" },
    { "[[0 1 ['a' 1] 5]]", "malformed", "a replica that is a number" },
    { "[[0 1 ['?' 1] ['a']]]", "malformed", "one of an unknown master, too" },
    { "[[0 1 ['a' 1]] [2 3]]", "malformed", "the second range is looked at" },
};

START_TEST(slot_map_parse_slots__reports_what_is_wrong)
{
    shs_slot_map_t *map = NULL;
    const char *wrong = shs_slot_map_parse_slots(
        &map, wire_reply(refused[_i].text), &sender, p);

    ck_assert_msg(wrong && strstr(wrong, refused[_i].wrong), "%s: %s", wrong,
                  refused[_i].why);
    ck_assert(!strstr(wrong, "evil"));
    ck_assert_ptr_null(map);
}
END_TEST

/* A reply of that many ranges of one slot each, with a master each. */
static shs_reply_t *many(int count)
{
    char *text = apr_palloc(p, (apr_size_t)count * 64 + 16);
    char *at = text + apr_snprintf(text, 16, "*%d\r\n", count);
    int i;

    for (i = 0; i < count; i++) {
        at +=
            apr_snprintf(at, 64, "*3\r\n:%d\r\n:%d\r\n*2\r\n$1\r\nh\r\n:%d\r\n",
                         i % SHS_SLOT_MAP_SLOTS, i % SHS_SLOT_MAP_SLOTS, i + 1);
    }
    return wire_reply(text);
}

START_TEST(slot_map_parse_slots__leaves_out_shards_past_the_most)
{
    shs_slot_map_t *map = NULL;

    ck_assert_ptr_null(shs_slot_map_parse_slots(
        &map, many(SHS_SLOT_MAP_MAX_SHARDS + 2), &sender, p));
    ck_assert_int_eq(map->shard_count, SHS_SLOT_MAP_MAX_SHARDS);
    ck_assert_int_eq(map->shard_of[SHS_SLOT_MAP_MAX_SHARDS - 1],
                     SHS_SLOT_MAP_MAX_SHARDS - 1);
    ck_assert_int_eq(map->shard_of[SHS_SLOT_MAP_MAX_SHARDS], SHS_SLOT_MAP_NONE);
    ck_assert_int_eq(map->shard_of[SHS_SLOT_MAP_MAX_SHARDS + 1],
                     SHS_SLOT_MAP_NONE);
    ck_assert_int_eq(map->shards[SHS_SLOT_MAP_MAX_SHARDS - 1].master.port,
                     SHS_SLOT_MAP_MAX_SHARDS);
}
END_TEST

START_TEST(slot_map_parse_slots__refuses_more_ranges_than_slots)
{
    shs_slot_map_t *map = NULL;

    ck_assert_ptr_null(
        shs_slot_map_parse_slots(&map, many(SHS_SLOT_MAP_SLOTS), &sender, p));
    map = NULL;
    ck_assert_ptr_nonnull(shs_slot_map_parse_slots(
        &map, many(SHS_SLOT_MAP_SLOTS + 1), &sender, p));
    ck_assert_ptr_null(map);
}
END_TEST

/* The map outlives the reply and the sender's address. */
START_TEST(slot_map_parse_slots__owns_its_strings)
{
    char host[] = "sender";
    const shs_address_t gone = { host, 1 };
    shs_reply_t *reply = wire_reply("[[0 1 ['' 1] ['b' 2]]]");
    shs_slot_map_t *map = NULL;

    ck_assert_ptr_null(shs_slot_map_parse_slots(&map, reply, &gone, p));
    host[0] = 'X';
    ((char *)reply->elements[0]->elements[3]->elements[0]->text.data)[0] = 'X';
    ck_assert_str_eq(show(map), "sender:1(b:2) 0-1; ");
}
END_TEST

static const struct {
    int replica_count;
    const char *shown;
    const char *why;
} ones[] = {
    { 0, "m:1() 0-16383; ", "alone" },
    { 1, "m:1(r:1) 0-16383; ", "with a replica" },
    { 4, "m:1(r:1 r:2) 0-16383; ", "itself, and one again, are left out" },
    { 12, "m:1(r:1 r:2 r:5 r:6 r:7 r:8 r:9 r:10) 0-16383; ",
      "eight are enough" },
};

START_TEST(slot_map_of_one__has_every_slot_in_one_shard)
{
    char host[] = "m";
    char name[] = "r";
    const shs_address_t master = { host, 1 };
    shs_address_t replicas[12];
    const shs_slot_map_t *map;
    int i;

    for (i = 0; i < 12; i++) {
        replicas[i].host = name;
        replicas[i].port = i + 1;
    }
    replicas[2] = master;
    replicas[3] = replicas[0];
    map = shs_slot_map_of_one(&master, ones[_i].replica_count ? replicas : NULL,
                              ones[_i].replica_count, p);
    host[0] = name[0] = 'X';
    ck_assert_msg(!strcmp(show(map), ones[_i].shown), "%s: %s", show(map),
                  ones[_i].why);
    ck_assert_int_eq(map->shards[0].lowest_slot, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, slot_map_parse_slots__maps_slots_to_shards, 0,
                        ROWS(maps));
    tcase_add_loop_test(tc, slot_map_parse_slots__reports_what_is_wrong, 0,
                        ROWS(refused));
    tcase_add_test(tc, slot_map_parse_slots__leaves_out_shards_past_the_most);
    tcase_add_test(tc, slot_map_parse_slots__refuses_more_ranges_than_slots);
    tcase_add_test(tc, slot_map_parse_slots__owns_its_strings);
    tcase_add_loop_test(tc, slot_map_of_one__has_every_slot_in_one_shard, 0,
                        ROWS(ones));
}

int main(void)
{
    return unit_main("slot_map", add);
}
