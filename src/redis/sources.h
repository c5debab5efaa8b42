/* SPDX-License-Identifier: Apache-2.0
 *
 * sources: the servers that one child's discovery may ask: those of the URL,
 * and in a cluster the masters that its members named; which of them told a
 * lower epoch in the present run, and which told nothing lately. It does no
 * I/O, and is used by one thread at a time.
 *
 * While only doubted members tell, the masters of the last view that was not
 * doubted are asked too: one of them may know better.
 */
#ifndef SHS_REDIS_SOURCES_H
#define SHS_REDIS_SOURCES_H

#include "redis/epoch.h"
#include "redis/view.h"

/* Servers of the URL, and as many masters of a cluster: each has a bit in a
 * word. */
#define SHS_SOURCES_MAX 32

typedef struct shs_sources_group_t {
    shs_node_t *nodes[SHS_SOURCES_MAX]; /* held */
    int count;
    apr_uint32_t lower; /* bits of those that told a lower epoch */
} shs_sources_group_t;

/* Zeroed, but for `nodes`, is valid; fields are private to it and discovery. */
typedef struct shs_sources_t {
    shs_nodes_t *nodes;
    shs_sources_group_t seeds;
    shs_sources_group_t members;
    int former; /* the last so many of the members: named before, and not now */
    struct shs_sources_failed_t {
        apr_uint32_t subject; /* shs_node_subject() */
        apr_time_t at;
    } failed[SHS_SOURCES_MAX]; /* those that told nothing, a ring ... */
    unsigned failures;         /* ... and how many there have been */
} shs_sources_t;

/* Holds the URL's server in that role. A server that cannot be held is left
 * out. */
void shs_sources_add_seed(shs_sources_t *sources, const shs_server_t *server,
                          shs_node_role_t role);

/* The cluster's masters are those of that view from now on. Those of before
 * stay if the view is doubted. */
void shs_sources_remember(shs_sources_t *sources, const shs_view_t *view);

/* No server has told a lower epoch yet. */
void shs_sources_begin(shs_sources_t *sources);

/* The server told a lower epoch in this run; and whether it did. */
void shs_sources_note_lower(shs_sources_t *sources, const shs_node_t *node);
int shs_sources_is_lower(const shs_sources_t *sources, const shs_node_t *node);

/* Whether a member of the cluster named it by this address. */
int shs_sources_is_member(const shs_sources_t *sources, const shs_node_t *node);

/* Fills in the round's three groups. */
void shs_sources_count(shs_epoch_round_t *round, const shs_sources_t *sources);

/* The server told nothing; and whether that was so lately. */
void shs_sources_avoid(shs_sources_t *sources, const shs_node_t *node,
                       apr_time_t now);
int shs_sources_is_avoided(const shs_sources_t *sources, const shs_node_t *node,
                           apr_time_t now);

#endif
