/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_map: the shards of a cluster, each a master and its replicas, and the
 * shard of each hash slot. It is made once and never changed, owns every string
 * in it, and lives as long as the pool that it was made in.
 */
#ifndef SHS_REDIS_PROTOCOL_SLOT_MAP_H
#define SHS_REDIS_PROTOCOL_SLOT_MAP_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "redis/protocol/address.h"
#include "redis/protocol/slot.h"

#define SHS_SLOT_MAP_SLOTS SHS_SLOT_COUNT

/* In shard_of: no server is known for this slot. */
#define SHS_SLOT_MAP_NONE 0xffff

/* Shards and replicas past these are left out; Redis recommends at most 1000
 * nodes. */
#define SHS_SLOT_MAP_MAX_SHARDS   1024
#define SHS_SLOT_MAP_MAX_REPLICAS 8 /* of each shard */

typedef struct shs_shard_t {
    shs_address_t master;
    shs_address_t *replicas; /* NULL without one */
    int replica_count;
    int lowest_slot; /* of those it serves: at least one */
} shs_shard_t;

typedef struct shs_slot_map_t {
    shs_shard_t *shards;    /* in the order of lowest_slot */
    int shard_count;        /* at least 1 */
    apr_uint16_t *shard_of; /* of each slot: an index, or SHS_SLOT_MAP_NONE */
} shs_slot_map_t;

/* Parses the reply to CLUSTER SLOTS. Returns NULL and *out; or what is wrong,
 * static text with nothing of the reply in it: the reply is not of that form,
 * or no slot in it has a master with an address.
 *
 * Ranges of the same master are one shard. A NULL or empty host means the host
 * of `sender` (never NULL). A node whose address cannot be connected to ("?",
 * port 0, see address.h) is left out. A master that is left out leaves its
 * slots NONE, and so does a master past the most shards.
 *
 * Where ranges overlap, which no sound node sends, the last one counts: a wrong
 * owner costs one redirection, but without a map no session can be loaded. */
const char *shs_slot_map_parse_slots(shs_slot_map_t **out,
                                     const shs_reply_t *reply,
                                     const shs_address_t *sender,
                                     apr_pool_t *p);

/* A map with all slots in one shard. Everything is copied. Replicas past the
 * most, duplicates, and the master among them are left out. */
shs_slot_map_t *shs_slot_map_of_one(const shs_address_t *master,
                                    const shs_address_t *replicas,
                                    int replica_count, apr_pool_t *p);

#endif
