/* SPDX-License-Identifier: Apache-2.0
 *
 * CLUSTER SLOTS is read in two steps. First each slot gets the number of its
 * master in the order of the reply; a later range overwrites an earlier one.
 * Then the masters that still have a slot are numbered again, in the order of
 * their slots. So a shard always has a lowest slot, and replies with the same
 * content in another order make the same map.
 */
#include "redis/protocol/slot_map.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "redis/protocol/address.h"
#include "base/octets.h"

static const char not_slots[] = "its reply to CLUSTER SLOTS is malformed";

typedef struct reading_t {
    const shs_address_t *sender;
    shs_slot_map_t *map;         /* shard_of has indices of masters */
    apr_array_header_t *masters; /* of shs_shard_t */
    apr_pool_t *p;
} reading_t;

typedef enum node_state_t {
    NODE_MALFORMED,
    NODE_UNKNOWN,
    NODE_KNOWN
} node_state_t;

static shs_slot_map_t *create(apr_pool_t *p)
{
    shs_slot_map_t *map = apr_pcalloc(p, sizeof(*map));

    map->shard_of = apr_palloc(p, SHS_SLOT_MAP_SLOTS * sizeof(*map->shard_of));
    return map;
}

static int is_equal(const shs_address_t *a, const shs_address_t *b)
{
    return a->port == b->port && !strcmp(a->host, b->host);
}

/* [host, port, id, metadata]; only the first two before Redis 4, the first
 * three before Redis 7. */
static node_state_t read_node(shs_address_t *server, const reading_t *reading,
                              const shs_reply_t *node)
{
    const shs_reply_t *host;
    shs_octets_t name = { NULL, 0 };

    if (node->kind != SHS_REPLY_ARRAY || node->count < 2
        || node->elements[1]->kind != SHS_REPLY_INTEGER) {
        return NODE_MALFORMED;
    }
    host = node->elements[0];
    if (host->kind == SHS_REPLY_STRING) {
        name = host->text;
    }
    else if (host->kind != SHS_REPLY_NIL) {
        return NODE_MALFORMED;
    }
    return shs_address_parse(server, name, node->elements[1]->integer,
                             reading->sender, reading->p)
               ? NODE_KNOWN
               : NODE_UNKNOWN;
}

/* The index of the shard with that master, which is added if it is new;
 * SHS_SLOT_MAP_NONE when there are too many. */
static int find_shard(reading_t *reading, const shs_address_t *master)
{
    shs_shard_t *shards = (shs_shard_t *)reading->masters->elts;
    int i;

    for (i = 0; i < reading->masters->nelts; ++i) {
        if (is_equal(&shards[i].master, master)) {
            return i;
        }
    }
    if (i == SHS_SLOT_MAP_MAX_SHARDS) {
        return SHS_SLOT_MAP_NONE;
    }
    shards = apr_array_push(reading->masters);
    memset(shards, 0, sizeof(*shards));
    shards->master = *master;
    return i;
}

static void add_replica(shs_shard_t *shard, const shs_address_t *replica,
                        apr_pool_t *p)
{
    int i;

    if (shard->replica_count == SHS_SLOT_MAP_MAX_REPLICAS
        || is_equal(&shard->master, replica)) {
        return;
    }
    for (i = 0; i < shard->replica_count; ++i) {
        if (is_equal(&shard->replicas[i], replica)) {
            return;
        }
    }
    if (!shard->replicas) {
        shard->replicas =
            apr_palloc(p, SHS_SLOT_MAP_MAX_REPLICAS * sizeof(*shard->replicas));
    }
    shard->replicas[shard->replica_count++] = *replica;
}

/* Reads the nodes of one range, the master first. Returns the index of its
 * shard, or SHS_SLOT_MAP_NONE; -1 when malformed. */
static int read_nodes(reading_t *reading, shs_reply_t *const *nodes,
                      apr_size_t count)
{
    int index = SHS_SLOT_MAP_NONE;
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        shs_address_t server;
        node_state_t state = read_node(&server, reading, nodes[i]);

        if (state == NODE_MALFORMED) {
            return -1;
        }
        if (state == NODE_UNKNOWN) {
            continue;
        }
        if (i == 0) {
            index = find_shard(reading, &server);
        }
        else if (index != SHS_SLOT_MAP_NONE) {
            add_replica(&APR_ARRAY_IDX(reading->masters, index, shs_shard_t),
                        &server, reading->p);
        }
    }
    return index;
}

static int is_slot(const shs_reply_t *reply)
{
    return reply->kind == SHS_REPLY_INTEGER && reply->integer >= 0
           && reply->integer < SHS_SLOT_MAP_SLOTS;
}

/* [first, last, master, replica...]: 1, or 0 when malformed. */
static int read_range(reading_t *reading, const shs_reply_t *range)
{
    apr_int64_t slot;
    int index;

    if (range->kind != SHS_REPLY_ARRAY || range->count < 3
        || !is_slot(range->elements[0]) || !is_slot(range->elements[1])
        || range->elements[0]->integer > range->elements[1]->integer) {
        return 0;
    }
    index = read_nodes(reading, range->elements + 2, range->count - 2);
    if (index < 0) {
        return 0;
    }
    for (slot = range->elements[0]->integer;
         slot <= range->elements[1]->integer; ++slot) {
        reading->map->shard_of[slot] = (apr_uint16_t)index;
    }
    return 1;
}

/* The second step. */
static void number_shards(reading_t *reading)
{
    const shs_shard_t *masters = (shs_shard_t *)reading->masters->elts;
    apr_size_t count = (apr_size_t)reading->masters->nelts;
    apr_uint16_t *numbers;
    shs_slot_map_t *map = reading->map;
    int slot;

    map->shards = apr_pcalloc(reading->p, (count + 1) * sizeof(*map->shards));
    numbers = apr_palloc(reading->p, (count + 1) * sizeof(*numbers));
    memset(numbers, 0xff, (count + 1) * sizeof(*numbers));
    for (slot = 0; slot < SHS_SLOT_MAP_SLOTS; ++slot) {
        apr_uint16_t index = map->shard_of[slot];

        if (index == SHS_SLOT_MAP_NONE) {
            continue;
        }
        if (numbers[index] == SHS_SLOT_MAP_NONE) {
            numbers[index] = (apr_uint16_t)map->shard_count;
            map->shards[map->shard_count] = masters[index];
            map->shards[map->shard_count].lowest_slot = slot;
            ++map->shard_count;
        }
        map->shard_of[slot] = numbers[index];
    }
}

static const char *describe_error(const shs_reply_t *reply)
{
    return shs_octets_are_text(reply->text,
                               "ERR This instance has cluster support disabled")
               ? "it is not a node of a cluster (cluster-enabled no)"
               : "it replies to CLUSTER SLOTS with an error";
}

const char *shs_slot_map_parse_slots(shs_slot_map_t **out,
                                     const shs_reply_t *reply,
                                     const shs_address_t *sender, apr_pool_t *p)
{
    reading_t reading;
    apr_size_t i;

    if (reply->kind == SHS_REPLY_ERROR) {
        return describe_error(reply);
    }
    /* More ranges than slots overlap; no sound node sends them. */
    if (reply->kind != SHS_REPLY_ARRAY || reply->count > SHS_SLOT_MAP_SLOTS) {
        return not_slots;
    }
    reading.sender = sender;
    reading.p = p;
    reading.map = create(p);
    reading.masters = apr_array_make(p, 16, sizeof(shs_shard_t));
    memset(reading.map->shard_of, 0xff,
           SHS_SLOT_MAP_SLOTS * sizeof(*reading.map->shard_of));
    for (i = 0; i < reply->count; ++i) {
        if (!read_range(&reading, reply->elements[i])) {
            return not_slots;
        }
    }
    number_shards(&reading);
    if (reading.map->shard_count == 0) {
        return "it knows no master that serves a slot";
    }
    *out = reading.map;
    return NULL;
}

static void copy_server(shs_address_t *out, const shs_address_t *server,
                        apr_pool_t *p)
{
    out->host = apr_pstrdup(p, server->host);
    out->port = server->port;
}

shs_slot_map_t *shs_slot_map_of_one(const shs_address_t *master,
                                    const shs_address_t *replicas,
                                    int replica_count, apr_pool_t *p)
{
    shs_slot_map_t *map = create(p);
    shs_shard_t *shard = apr_pcalloc(p, sizeof(*shard));
    int i;

    copy_server(&shard->master, master, p);
    for (i = 0; i < replica_count; ++i) {
        shs_address_t replica;

        copy_server(&replica, &replicas[i], p);
        add_replica(shard, &replica, p);
    }
    memset(map->shard_of, 0, SHS_SLOT_MAP_SLOTS * sizeof(*map->shard_of));
    map->shards = shard;
    map->shard_count = 1;
    return map;
}
