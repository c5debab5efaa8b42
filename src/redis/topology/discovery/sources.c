/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/discovery/sources.h"

/* A server that failed is skipped in haste for this long. */
#define SKIP_FOR (30 * APR_USEC_PER_SEC)

static int index_of(const shs_sources_group_t *group, const shs_node_t *node)
{
    int i = 0;

    while (i < group->count && group->nodes[i] != node) {
        ++i;
    }
    return i < group->count ? i : -1;
}

void shs_sources_add_seed(shs_sources_t *sources, const shs_address_t *server,
                          shs_node_role_t role)
{
    shs_sources_group_t *seeds = &sources->seeds;
    shs_node_t *node = seeds->count < SHS_SOURCES_MAX
                           ? shs_node_table_hold(sources->nodes, server, role)
                           : NULL;

    if (node) {
        seeds->nodes[seeds->count++] = node;
    }
}

void shs_sources_set_members(shs_sources_t *sources,
                             const shs_snapshot_t *snapshot)
{
    shs_sources_group_t before = sources->members;
    shs_sources_group_t *members = &sources->members;
    int i;

    members->stale = 0;
    members->count = shs_snapshot_sample(members->nodes, SHS_SOURCES_MAX,
                                         snapshot, sources->nodes);
    sources->former = 0;
    for (i = 0; i < before.count; ++i) {
        if (shs_snapshot_is_doubtful(snapshot)
            && members->count < SHS_SOURCES_MAX
            && index_of(members, before.nodes[i]) < 0) {
            members->nodes[members->count++] = before.nodes[i];
            ++sources->former;
        }
        else {
            shs_node_table_release(sources->nodes, before.nodes[i]);
        }
    }
}

void shs_sources_begin(shs_sources_t *sources)
{
    sources->seeds.stale = 0;
    sources->members.stale = 0;
}

static void note_stale(shs_sources_group_t *group, const shs_node_t *node)
{
    int i = index_of(group, node);

    if (i >= 0) {
        group->stale |= (apr_uint32_t)1 << i;
    }
}

void shs_sources_note_stale(shs_sources_t *sources, const shs_node_t *node)
{
    note_stale(&sources->seeds, node);
    note_stale(&sources->members, node);
}

static int is_stale(const shs_sources_group_t *group, const shs_node_t *node)
{
    int i = index_of(group, node);

    return i >= 0 && (group->stale >> i & 1) != 0;
}

int shs_sources_is_stale(const shs_sources_t *sources, const shs_node_t *node)
{
    return is_stale(&sources->seeds, node) || is_stale(&sources->members, node);
}

int shs_sources_is_member(const shs_sources_t *sources, const shs_node_t *node)
{
    return index_of(&sources->members, node) >= 0;
}

static shs_epoch_group_t count(const shs_sources_group_t *group, int from,
                               int to)
{
    shs_epoch_group_t counted = { to - from, 0 };
    int i;

    for (i = from; i < to; ++i) {
        counted.lower += (int)(group->stale >> i & 1);
    }
    return counted;
}

void shs_sources_count(shs_epoch_round_t *round, const shs_sources_t *sources)
{
    const shs_sources_group_t *members = &sources->members;
    int named = members->count - sources->former;

    round->seeds = count(&sources->seeds, 0, sources->seeds.count);
    round->members = count(members, 0, named);
    round->former = count(members, named, members->count);
}

void shs_sources_note_failed(shs_sources_t *sources, const shs_node_t *node,
                             apr_time_t now)
{
    struct shs_sources_failed_t *failed =
        &sources->failed[sources->failures++ % SHS_SOURCES_MAX];

    failed->subject = shs_node_subject(node);
    failed->at = now;
}

int shs_sources_has_failed_lately(const shs_sources_t *sources,
                                  const shs_node_t *node, apr_time_t now)
{
    int i;

    for (i = 0; i < SHS_SOURCES_MAX; ++i) {
        const struct shs_sources_failed_t *failed = &sources->failed[i];

        if (failed->subject == shs_node_subject(node)
            && now - failed->at < SKIP_FOR) {
            return 1;
        }
    }
    return 0;
}
