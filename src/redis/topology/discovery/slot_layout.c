/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/discovery/slot_layout.h"

#include <string.h>

#include "base/fnv.h"

static apr_uint64_t add_server(apr_uint64_t hash, const shs_address_t *server)
{
    hash = shs_fnv_add64(hash, server->host, strlen(server->host) + 1);
    return shs_fnv_add64(hash, &server->port, sizeof(server->port));
}

apr_uint64_t shs_slot_layout_of(const shs_slot_map_t *map, apr_int64_t epoch)
{
    apr_uint64_t hash = SHS_FNV_START64;
    int before = -1;
    int slot;

    hash = shs_fnv_add64(hash, &epoch, sizeof(epoch));
    for (slot = 0; slot < SHS_SLOT_MAP_SLOTS; ++slot) {
        int shard = map->shard_of[slot];

        if (shard == before) {
            continue;
        }
        before = shard;
        hash = shs_fnv_add64(hash, &slot, sizeof(slot));
        if (shard != SHS_SLOT_MAP_NONE) {
            hash = add_server(hash, &map->shards[shard].master);
        }
    }
    return hash != 0 ? hash : 1;
}

int shs_slot_layout_note(shs_slot_layout_t *layout, apr_uint64_t seen,
                         apr_time_t now, apr_interval_time_t lease)
{
    if (seen != 0 && seen != layout->seen) {
        layout->seen = seen;
        layout->settled_at = now + lease;
        return 1;
    }
    return now < layout->settled_at;
}
