/* SPDX-License-Identifier: Apache-2.0
 *
 * The parsers of what Redis' servers say about each other.
 */
#include "fuzz.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/protocol/address.h"
#include "redis/protocol/frame.h"
#include "redis/protocol/slot_map.h"
#include "redis/protocol/redirect_reply.h"
#include "redis/protocol/resp.h"
#include "redis/protocol/sentinel_reply.h"
#include "redis/protocol/slot.h"

static const shs_address_t asked = { "asked", 6379 };

/* The input as the wire has it; NULL when the reply in it is not whole. */
static shs_reply_t *reply_of(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const shs_resp_limits_t limits = { 65536, 4096 };
    shs_resp_t *resp = shs_resp_create();
    shs_reply_t *reply = NULL;

    MUST(resp != NULL);
    shs_resp_begin(resp, limits, p);
    if (shs_resp_feed(resp, (const char *)data, size) != SHS_RESP_MORE
        || shs_resp_next(&reply, resp) != SHS_RESP_REPLY) {
        reply = NULL;
    }
    shs_resp_destroy(resp);
    return reply;
}

/* What a frame knows of a reply is what resp reads: exactly these octets, and
 * nothing is left. */
static void compare(const shs_frame_t *frame, const char *data,
                    shs_resp_limits_t limits, apr_pool_t *p)
{
    static const char types[] = {
        [SHS_REPLY_STRING] = '$', [SHS_REPLY_STATUS] = '+',
        [SHS_REPLY_ERROR] = '-',  [SHS_REPLY_INTEGER] = ':',
        [SHS_REPLY_ARRAY] = '*',
    };
    shs_resp_t *resp = shs_resp_create();
    shs_reply_t *reply = NULL;
    int texts = 1;
    int values = 1;
    size_t i;

    MUST(resp != NULL);
    shs_resp_begin(resp, limits, p);
    MUST(shs_resp_feed(resp, data + frame->begin, frame->at - frame->begin)
         == SHS_RESP_MORE);
    MUST(shs_resp_next(&reply, resp) == SHS_RESP_REPLY);
    MUST(shs_resp_is_drained(resp));
    MUST(frame->is_nil == (reply->kind == SHS_REPLY_NIL));
    MUST(frame->is_nil || frame->type == types[reply->kind]);
    if (reply->kind == SHS_REPLY_ARRAY) {
        for (i = 0; i < reply->count; i++) {
            texts = texts && reply->elements[i]->kind == SHS_REPLY_STRING;
            values = values
                     && (reply->elements[i]->kind == SHS_REPLY_STRING
                         || reply->elements[i]->kind == SHS_REPLY_NIL);
        }
        MUST(frame->elements == reply->count);
        MUST(!frame->has_texts_only == !texts);
        MUST(values || !frame->has_values_only);
    }
    shs_resp_destroy(resp);
}

/* The first octet says in which pieces the others come. A scan of all at once
 * finds the same. */
void fuzz_frame(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const shs_resp_limits_t limits = { 2048, 16 };
    const char *octets = (const char *)data + 1;
    size_t piece = size > 0 ? (size_t)data[0] % 17 + 1 : 1;
    size_t end = size > 0 ? size - 1 : 0;
    shs_resp_status_t status = SHS_RESP_MORE;
    shs_frame_t frame, whole;
    size_t len = 0;

    shs_frame_begin(&frame, 0);
    shs_frame_begin(&whole, 0);
    while (status == SHS_RESP_MORE && len < end) {
        len = end - len < piece ? end : len + piece;
        while ((status = shs_frame_next(&frame, octets, len, limits))
               == SHS_RESP_REPLY) {
            MUST(frame.begin < frame.at && frame.at <= len);
            MUST(shs_frame_next(&whole, octets, end, limits) == SHS_RESP_REPLY);
            MUST(whole.begin == frame.begin && whole.at == frame.at);
            compare(&frame, octets, limits, p);
            shs_frame_begin(&frame, frame.at);
            shs_frame_begin(&whole, whole.at);
        }
    }
    MUST(shs_frame_next(&whole, octets, end, limits) == status);
}

static void look_at(const shs_address_t *server)
{
    const char *c;

    MUST(server->port >= 1 && server->port <= 65535);
    MUST(*server->host && strlen(server->host) <= SHS_ADDRESS_HOST_MAX);
    for (c = server->host; *c; c++) {
        MUST(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                    "0123456789.-_:",
                    *c));
    }
}

void fuzz_slot(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_octets_t key = { (const char *)data, size };
    shs_octets_t tagged;
    int slot = shs_slot_of_key(key);

    MUST(slot >= 0 && slot < SHS_SLOT_COUNT);
    /* A tag of it all, where that can be: the same slot. */
    if (size > 0 && !memchr(data, '}', size) && !memchr(data, '{', size)) {
        tagged.data = apr_pstrcat(p, "{", apr_pstrmemdup(p, key.data, size),
                                  "}{x}", NULL);
        tagged.len = strlen(tagged.data);
        MUST(memchr(data, '\0', size) || shs_slot_of_key(tagged) == slot);
    }
}

void fuzz_redirect(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_reply_t error = { SHS_REPLY_ERROR, { NULL, 0 }, 0, NULL, 0 };
    shs_redirect_reply_t redirect;

    error.text.data = (const char *)data;
    error.text.len = size;
    if (shs_redirect_reply_parse(&redirect, &error, &asked, p)) {
        MUST(redirect.is_ask == (data[0] == 'A'));
        MUST(redirect.slot >= 0 && redirect.slot < SHS_SLOT_COUNT);
        look_at(&redirect.server);
    }
}

static void look_at_shard(const shs_slot_map_t *map, int index)
{
    const shs_shard_t *shard = &map->shards[index];
    int i;

    look_at(&shard->master);
    MUST(shard->replica_count >= 0);
    MUST(shard->replica_count <= SHS_SLOT_MAP_MAX_REPLICAS);
    MUST(map->shard_of[shard->lowest_slot] == index);
    for (i = 0; i < shard->replica_count; i++) {
        look_at(&shard->replicas[i]);
    }
}

void fuzz_slot_map(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_reply_t *reply = reply_of(data, size, p);
    shs_slot_map_t *map = NULL;
    const char *wrong;
    int i;

    if (!reply) {
        return;
    }
    wrong = shs_slot_map_parse_slots(&map, reply, &asked, p);
    MUST(wrong ? *wrong && !map : map != NULL);
    if (wrong) {
        return;
    }
    MUST(map->shard_count >= 1 && map->shard_count <= SHS_SLOT_MAP_MAX_SHARDS);
    for (i = 0; i < map->shard_count; i++) {
        look_at_shard(map, i);
        MUST(i == 0
             || map->shards[i].lowest_slot > map->shards[i - 1].lowest_slot);
    }
    for (i = 0; i < SHS_SLOT_MAP_SLOTS; i++) {
        MUST(map->shard_of[i] == SHS_SLOT_MAP_NONE
             || (map->shard_of[i] < map->shard_count
                 && map->shards[map->shard_of[i]].lowest_slot <= i));
    }
}

void fuzz_sentinel(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_reply_t *reply = reply_of(data, size, p);
    shs_address_t servers[4];
    int count;
    int found;

    if (!reply) {
        return;
    }
    found = shs_sentinel_reply_parse_master(servers, reply, p);
    MUST(found >= -1 && found <= 1);
    if (found == 1) {
        look_at(servers);
    }
    MUST(shs_sentinel_reply_parse_epoch(reply) >= -1);
    count = shs_sentinel_reply_parse_replicas(servers, 4, reply, p);
    MUST(count >= 0 && count <= 4);
    while (count-- > 0) {
        look_at(&servers[count]);
    }
    found = shs_sentinel_reply_is_master(reply);
    MUST(found == 0 || reply->kind == SHS_REPLY_ARRAY
         || (reply->kind == SHS_REPLY_STRING
             && reply->text.len >= strlen("role:master")));
}
