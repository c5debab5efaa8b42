/* SPDX-License-Identifier: Apache-2.0
 *
 * targets: routes to all masters, for a tracker, which needs the invalidations
 * of every key.
 */
#ifndef SHS_REDIS_TRACKING_TARGETS_H
#define SHS_REDIS_TRACKING_TARGETS_H

#include "redis/topology/topology.h"

#define SHS_TARGETS_MAX SHS_CONN_WAIT_MAX

/* Fills routes[0..SHS_TARGETS_MAX), each to be released, and returns their
 * number; 0 if none is known by the deadline. A cluster's master that serves
 * fewer than 32 slots in a row may be missed, and masters beyond
 * SHS_TARGETS_MAX are; then nothing of theirs is cached. */
int shs_targets_find(shs_route_t *routes, shs_topology_t *topology,
                     apr_time_t deadline, apr_pool_t *p);

/* Whether one of the routes leads to the node. No two routes lead to the same
 * node. */
int shs_targets_has(const shs_route_t *routes, int count,
                    const shs_node_t *node);

#endif
