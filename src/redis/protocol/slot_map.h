/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_map: who serves what: shards of one master and its replicas, and for each
 * hash slot the shard that has it. Pure data, made once and not changed; it
 * lives as long as the pool it was made in, and owns every string in it.
 */
#ifndef SHS_REDIS_PROTOCOL_SLOT_MAP_H
#define SHS_REDIS_PROTOCOL_SLOT_MAP_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "redis/protocol/address.h"
#include "redis/protocol/slot.h"

#define SHS_SLOT_MAP_SLOTS SHS_SLOT_COUNT

/* In shard_of: nobody is known to serve this slot. */
#define SHS_SLOT_MAP_NONE 0xffff

/* More of them are left out; Redis' own bound is about 1000 nodes. */
#define SHS_SLOT_MAP_MAX_SHARDS   1024
#define SHS_SLOT_MAP_MAX_REPLICAS 8 /* of each shard */

typedef struct shs_shard_t {
    shs_address_t master;
    shs_address_t *replicas; /* NULL without one */
    int replica_count;
    int lowest_slot; /* of those it serves: at least one */
} shs_shard_t;

typedef struct shs_slot_map_t {
    shs_shard_t *shards; /* in the order of lowest_slot */
    int shard_count;     /* at least 1 */
    apr_uint16_t
        *shard_of; /* [SHS_SLOT_MAP_SLOTS]: an index, or SHS_SLOT_MAP_NONE */
} shs_slot_map_t;

/* The reply to CLUSTER SLOTS: NULL and *out, or what is wrong with it (static
 * text, nothing of the reply in it): it is not of that form, or no slot in it
 * has a master with an address.
 *
 * Ranges of the same master are one shard. A NULL or empty host is that of
 * `asked` (never NULL). A node whose address cannot be dialled ("?", port 0,
 * see announced.h) is left out: a replica for itself, a master with its slots,
 * which are NONE then, as are those of a master past the most shards.
 *
 * Where ranges overlap, which no sound node says, the last one counts: a wrong
 * owner costs one redirection, whereas no map at all costs every session. */
const char *shs_slot_map_parse_slots(shs_slot_map_t **out,
                                     const shs_reply_t *reply,
                                     const shs_address_t *sender,
                                     apr_pool_t *p);

/* All slots in one shard. Copies; replicas past the most, the same one again
 * and the master among them are left out. */
shs_slot_map_t *shs_slot_map_of_one(const shs_address_t *master,
                                    const shs_address_t *replicas,
                                    int replica_count, apr_pool_t *p);

#endif
