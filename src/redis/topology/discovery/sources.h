/* SPDX-License-Identifier: Apache-2.0
 *
 * sources: the servers that the discovery of one child may ask: those of the
 * URL, and in a cluster the masters that its members named. It knows which of
 * them reported a stale epoch in the present run, and which failed lately. It
 * does no I/O, and is used by one thread at a time.
 *
 * While only doubtful members reply, the masters of the last snapshot that was
 * not doubtful are asked too: one of them may know better.
 */
#ifndef SHS_REDIS_TOPOLOGY_DISCOVERY_SOURCES_H
#define SHS_REDIS_TOPOLOGY_DISCOVERY_SOURCES_H

#include "redis/health/epoch.h"
#include "redis/topology/discovery/snapshot.h"

/* Servers of the URL, and as many that they named: bits of a word. */
#define SHS_SOURCES_MAX 32

typedef struct shs_sources_group_t {
    shs_node_t *nodes[SHS_SOURCES_MAX]; /* held */
    int count;
    apr_uint32_t stale; /* bits of those that reported a stale epoch */
} shs_sources_group_t;

/* Zeroed memory is valid once `nodes` is set; fields are private to it and to
 * discovery. */
typedef struct shs_sources_t {
    shs_node_table_t *nodes;
    shs_sources_group_t seeds;
    shs_sources_group_t members;
    int former; /* the last so many of the members were named before, and are
                 * not now */
    struct shs_sources_failed_t {
        apr_uint32_t subject; /* shs_node_subject() */
        apr_time_t at;
    } failed[SHS_SOURCES_MAX]; /* servers that failed, a ring ... */
    unsigned failures;         /* ... and the number of failures so far */
} shs_sources_t;

/* Adds the URL's server in that role, if there is room. */
void shs_sources_add_seed(shs_sources_t *sources, const shs_address_t *server,
                          shs_node_role_t role);

/* The masters of that snapshot are the cluster's members from now on. */
void shs_sources_set_members(shs_sources_t *sources,
                             const shs_snapshot_t *snapshot);

/* Begins a run: no server has reported a stale epoch yet. */
void shs_sources_begin(shs_sources_t *sources);

/* Notes that the server reported a stale epoch; and whether it did. */
void shs_sources_note_stale(shs_sources_t *sources, const shs_node_t *node);
int shs_sources_is_stale(const shs_sources_t *sources, const shs_node_t *node);

/* Whether a member of the cluster named the server by this address. */
int shs_sources_is_member(const shs_sources_t *sources, const shs_node_t *node);

/* Sets the groups of the round. */
void shs_sources_count(shs_epoch_round_t *round, const shs_sources_t *sources);

/* Notes that the server failed; and whether it did lately. */
void shs_sources_note_failed(shs_sources_t *sources, const shs_node_t *node,
                             apr_time_t now);
int shs_sources_has_failed_lately(const shs_sources_t *sources,
                                  const shs_node_t *node, apr_time_t now);

#endif
