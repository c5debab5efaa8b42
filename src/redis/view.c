/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/view.h"

#include "store/clock.h"

/* Masters that MOVED names before the map is read again. */
#define ROOM_TO_LEARN 16

struct shs_view_t {
    apr_pool_t *p;
    shs_map_t *map;
    int is_doubted;
    apr_uint64_t layout;
    int count;
    struct master_t {
        shs_node_t *node; /* held; NULL: the table of nodes was full */
        int lowest_slot;
    } masters[]; /* [0..map->shard_count) are the map's shards */
};

typedef struct master_t master_t;

shs_view_t *shs_view_create(shs_map_t *map, shs_nodes_t *nodes,
                            shs_node_role_t role, apr_pool_t *p)
{
    apr_size_t room = (apr_size_t)map->shard_count + ROOM_TO_LEARN;
    shs_view_t *view =
        apr_pcalloc(p, sizeof(*view) + room * sizeof(view->masters[0]));
    int held = 0;
    int i;

    view->p = p;
    view->map = map;
    view->count = map->shard_count;
    for (i = 0; i < view->count; ++i) {
        const shs_shard_t *shard = &map->shards[i];

        view->masters[i].node = shs_nodes_hold(nodes, &shard->master, role);
        view->masters[i].lowest_slot = shard->lowest_slot;
        held += view->masters[i].node != NULL;
    }
    return held > 0 ? view : NULL;
}

void shs_view_destroy(shs_view_t *view, shs_nodes_t *nodes)
{
    int i;

    for (i = 0; i < view->count; ++i) {
        if (view->masters[i].node) {
            shs_nodes_release(nodes, view->masters[i].node);
        }
    }
    apr_pool_destroy(view->p);
}

void shs_view_doubt(shs_view_t *view)
{
    view->is_doubted = 1;
}

int shs_view_is_doubted(const shs_view_t *view)
{
    return view->is_doubted;
}

void shs_view_set_layout(shs_view_t *view, apr_uint64_t layout)
{
    view->layout = layout;
}

int shs_view_proves(apr_uint64_t *layout, const shs_view_t *view)
{
    if (!view->is_doubted) {
        *layout = view->layout;
    }
    return !view->is_doubted;
}

int shs_view_find(shs_node_t **node, int *lowest_slot, const shs_view_t *view,
                  int slot)
{
    int shard = view->map->shard_of[slot];

    if (shard == SHS_MAP_NONE || !view->masters[shard].node) {
        return 0;
    }
    *node = view->masters[shard].node;
    *lowest_slot = view->masters[shard].lowest_slot;
    return 1;
}

int shs_view_find_replica(const shs_server_t **server, int *lowest_slot,
                          const shs_view_t *view, int slot, int nth)
{
    int shard = view->map->shard_of[slot];

    if (shard == SHS_MAP_NONE || shard >= view->map->shard_count
        || nth >= view->map->shards[shard].replica_count) {
        return 0;
    }
    *server = &view->map->shards[shard].replicas[nth];
    *lowest_slot = view->masters[shard].lowest_slot;
    return 1;
}

static int find_master(const shs_view_t *view, const shs_node_t *node)
{
    int i;

    for (i = 0; i < view->count; ++i) {
        if (view->masters[i].node == node) {
            return i;
        }
    }
    return -1;
}

int shs_view_place(shs_view_t *view, shs_nodes_t *nodes, shs_node_t *node,
                   int slot, int learn)
{
    int i = find_master(view, node);

    if (i < 0 && learn
        && view->count < view->map->shard_count + ROOM_TO_LEARN) {
        shs_nodes_hold_again(nodes, node);
        i = view->count++;
        view->masters[i].node = node;
        view->masters[i].lowest_slot = -1;
    }
    if (i < 0) {
        return -1;
    }
    if (learn) {
        view->map->shard_of[slot] = (apr_uint16_t)i;
    }
    return view->masters[i].lowest_slot;
}

void shs_view_drop(const shs_view_t *old, const shs_view_t *view)
{
    int i;

    for (i = 0; i < old->count; ++i) {
        shs_node_t *node = old->masters[i].node;

        if (node && find_master(view, node) < 0) {
            shs_pool_flush(shs_node_pool(node));
        }
    }
}

/* Of a shard in shared memory. */
static apr_uint32_t key_of(const master_t *master)
{
    return SHS_SHARED_MASTER(master->lowest_slot);
}

static int has_subject(const shs_view_t *view, apr_uint32_t subject)
{
    int i;

    for (i = 0; i < view->count; ++i) {
        if (view->masters[i].node
            && shs_node_subject(view->masters[i].node) == subject) {
            return 1;
        }
    }
    return 0;
}

/* Whether it is what the child knew already: what another child has found
 * since is not undone by who learns nothing new. */
static int is_known(const shs_view_t *old, const master_t *master)
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

/* Whether one of the old view's shards is no more. */
static int is_any_gone(const shs_view_t *old, const shs_view_t *view)
{
    int i = 0;

    while (old && i < old->map->shard_count
           && is_known(view, &old->masters[i])) {
        ++i;
    }
    return old && i < old->map->shard_count;
}

/* Returns 0 where there is nothing new. A master that serves other slots now
 * has not lost its place to another. */
static int enter(shs_shared_t *shared, const shs_view_t *view,
                 const master_t *master)
{
    shs_masters_t *masters = &shared->masters;
    apr_uint32_t key = key_of(master);
    apr_uint32_t subject = shs_node_subject(master->node);
    apr_uint32_t former = shs_masters_get(masters, key);
    int is_failover = former != 0 && !has_subject(view, former);

    if (former == subject
        || !shs_masters_set(masters, key, former, subject,
                            shs_node_describe(master->node), is_failover,
                            shs_clock_now())) {
        return 0;
    }
    if (is_failover) {
        shs_counters_add(&shared->counters, SHS_COUNTER_FAILOVERS);
    }
    return 1;
}

void shs_view_enter(shs_shared_t *shared, const shs_view_t *old,
                    const shs_view_t *view)
{
    apr_uint32_t keys[SHS_MASTERS_MAX];
    int is_new = 0;
    int count = 0;
    int i;

    for (i = 0; !view->is_doubted && i < view->map->shard_count; ++i) {
        const master_t *master = &view->masters[i];

        if (!master->node) {
            continue;
        }
        if (!is_known(old, master)) {
            is_new |= enter(shared, view, master);
        }
        if (count < SHS_MASTERS_MAX) {
            keys[count++] = key_of(master);
        }
    }
    if (!view->is_doubted && (is_new || is_any_gone(old, view))) {
        shs_masters_keep(&shared->masters, keys, count);
    }
}

int shs_view_sample(shs_node_t **out, int most, const shs_view_t *view,
                    shs_nodes_t *nodes)
{
    int count = 0;
    int i;

    for (i = 0; i < view->count && count < most; ++i) {
        if (view->masters[i].node) {
            shs_nodes_hold_again(nodes, view->masters[i].node);
            out[count++] = view->masters[i].node;
        }
    }
    return count;
}
