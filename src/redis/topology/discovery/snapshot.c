/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/discovery/snapshot.h"

#include "base/clock.h"

/* The most masters that are learned from MOVED before the map is read again. */
#define LEARNED_MAX 16

struct shs_snapshot_t {
    apr_pool_t *p;
    shs_slot_map_t *map;
    int is_doubtful;
    apr_uint64_t layout;
    int count;
    struct master_t {
        shs_node_t *node; /* held; NULL: the table of nodes was full */
        int lowest_slot;
    } masters[]; /* [0..map->shard_count) are the map's shards */
};

typedef struct master_t master_t;

shs_snapshot_t *shs_snapshot_create(shs_slot_map_t *map,
                                    shs_node_table_t *nodes,
                                    shs_node_role_t role, apr_pool_t *p)
{
    apr_size_t room = (apr_size_t)map->shard_count + LEARNED_MAX;
    shs_snapshot_t *snapshot =
        apr_pcalloc(p, sizeof(*snapshot) + room * sizeof(snapshot->masters[0]));
    int held = 0;
    int i;

    snapshot->p = p;
    snapshot->map = map;
    snapshot->count = map->shard_count;
    for (i = 0; i < snapshot->count; ++i) {
        const shs_shard_t *shard = &map->shards[i];

        snapshot->masters[i].node =
            shs_node_table_hold(nodes, &shard->master, role);
        snapshot->masters[i].lowest_slot = shard->lowest_slot;
        held += snapshot->masters[i].node != NULL;
    }
    return held > 0 ? snapshot : NULL;
}

void shs_snapshot_destroy(shs_snapshot_t *snapshot, shs_node_table_t *nodes)
{
    int i;

    for (i = 0; i < snapshot->count; ++i) {
        if (snapshot->masters[i].node) {
            shs_node_table_release(nodes, snapshot->masters[i].node);
        }
    }
    apr_pool_destroy(snapshot->p);
}

void shs_snapshot_mark_doubtful(shs_snapshot_t *snapshot)
{
    snapshot->is_doubtful = 1;
}

int shs_snapshot_is_doubtful(const shs_snapshot_t *snapshot)
{
    return snapshot->is_doubtful;
}

void shs_snapshot_set_layout(shs_snapshot_t *snapshot, apr_uint64_t layout)
{
    snapshot->layout = layout;
}

int shs_snapshot_proves(apr_uint64_t *layout, const shs_snapshot_t *snapshot)
{
    if (!snapshot->is_doubtful) {
        *layout = snapshot->layout;
    }
    return !snapshot->is_doubtful;
}

int shs_snapshot_find(shs_node_t **node, int *lowest_slot,
                      const shs_snapshot_t *snapshot, int slot)
{
    int shard = snapshot->map->shard_of[slot];

    if (shard == SHS_SLOT_MAP_NONE || !snapshot->masters[shard].node) {
        return 0;
    }
    *node = snapshot->masters[shard].node;
    *lowest_slot = snapshot->masters[shard].lowest_slot;
    return 1;
}

int shs_snapshot_find_replica(const shs_address_t **server, int *lowest_slot,
                              const shs_snapshot_t *snapshot, int slot, int nth)
{
    int shard = snapshot->map->shard_of[slot];

    if (shard == SHS_SLOT_MAP_NONE || shard >= snapshot->map->shard_count
        || nth >= snapshot->map->shards[shard].replica_count) {
        return 0;
    }
    *server = &snapshot->map->shards[shard].replicas[nth];
    *lowest_slot = snapshot->masters[shard].lowest_slot;
    return 1;
}

static int find_master(const shs_snapshot_t *snapshot, const shs_node_t *node)
{
    int i;

    for (i = 0; i < snapshot->count; ++i) {
        if (snapshot->masters[i].node == node) {
            return i;
        }
    }
    return -1;
}

int shs_snapshot_locate(shs_snapshot_t *snapshot, shs_node_table_t *nodes,
                        shs_node_t *node, int slot, int learn)
{
    int i = find_master(snapshot, node);

    if (i < 0 && learn
        && snapshot->count < snapshot->map->shard_count + LEARNED_MAX) {
        shs_node_table_hold_again(nodes, node);
        i = snapshot->count++;
        snapshot->masters[i].node = node;
        snapshot->masters[i].lowest_slot = -1;
    }
    if (i < 0) {
        return -1;
    }
    if (learn) {
        snapshot->map->shard_of[slot] = (apr_uint16_t)i;
    }
    return snapshot->masters[i].lowest_slot;
}

void shs_snapshot_close_departed(const shs_snapshot_t *old,
                                 const shs_snapshot_t *snapshot)
{
    int i;

    for (i = 0; i < old->count; ++i) {
        shs_node_t *node = old->masters[i].node;

        if (node && find_master(snapshot, node) < 0) {
            shs_pool_flush(shs_node_pool(node));
        }
    }
}

/* The key of a shard in shared memory. */
static apr_uint32_t key_of(const master_t *master)
{
    return SHS_HOST_STATE_MASTER(master->lowest_slot);
}

static int has_subject(const shs_snapshot_t *snapshot, apr_uint32_t subject)
{
    int i;

    for (i = 0; i < snapshot->count; ++i) {
        if (snapshot->masters[i].node
            && shs_node_subject(snapshot->masters[i].node) == subject) {
            return 1;
        }
    }
    return 0;
}

/* Whether the child knew it already. A child that learns nothing new must not
 * undo what another child has found since. */
static int is_known(const shs_snapshot_t *old, const master_t *master)
{
    int i;

    for (i = 0; old && i < old->map->shard_count; ++i) {
        if (old->masters[i].node == master->node
            && old->masters[i].lowest_slot == master->lowest_slot) {
            return 1;
        }
    }
    return 0;
}

/* Whether a shard of the old snapshot is gone. */
static int is_any_gone(const shs_snapshot_t *old,
                       const shs_snapshot_t *snapshot)
{
    int i = 0;

    while (old && i < old->map->shard_count
           && is_known(snapshot, &old->masters[i])) {
        ++i;
    }
    return old && i < old->map->shard_count;
}

/* Returns 0 if nothing is new. It is no failover if the former master now
 * serves other slots. */
static int publish(shs_host_state_t *host_state, const shs_snapshot_t *snapshot,
                   const master_t *master)
{
    shs_masters_t *masters = &host_state->masters;
    apr_uint32_t key = key_of(master);
    apr_uint32_t subject = shs_node_subject(master->node);
    apr_uint32_t former = shs_masters_get(masters, key);
    int is_failover = former != 0 && !has_subject(snapshot, former);

    if (former == subject
        || !shs_masters_set(masters, key, former, subject,
                            shs_node_describe(master->node), is_failover,
                            shs_clock_now())) {
        return 0;
    }
    if (is_failover) {
        shs_counters_add(&host_state->counters, SHS_COUNTER_FAILOVERS);
    }
    return 1;
}

void shs_snapshot_publish_masters(shs_host_state_t *host_state,
                                  const shs_snapshot_t *old,
                                  const shs_snapshot_t *snapshot)
{
    apr_uint32_t keys[SHS_MASTERS_MAX];
    int is_new = 0;
    int count = 0;
    int i;

    for (i = 0; !snapshot->is_doubtful && i < snapshot->map->shard_count; ++i) {
        const master_t *master = &snapshot->masters[i];

        if (!master->node) {
            continue;
        }
        if (!is_known(old, master)) {
            is_new |= publish(host_state, snapshot, master);
        }
        if (count < SHS_MASTERS_MAX) {
            keys[count++] = key_of(master);
        }
    }
    if (!snapshot->is_doubtful && (is_new || is_any_gone(old, snapshot))) {
        shs_masters_keep(&host_state->masters, keys, count);
    }
}

int shs_snapshot_sample(shs_node_t **out, int max,
                        const shs_snapshot_t *snapshot, shs_node_table_t *nodes)
{
    int count = 0;
    int i;

    for (i = 0; i < snapshot->count && count < max; ++i) {
        if (snapshot->masters[i].node) {
            shs_node_table_hold_again(nodes, snapshot->masters[i].node);
            out[count++] = snapshot->masters[i].node;
        }
    }
    return count;
}
