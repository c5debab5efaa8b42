/* SPDX-License-Identifier: Apache-2.0
 *
 * roster: routes to all that serve keys, for a listener: it has to hear of
 * what changes anywhere.
 */
#ifndef SHS_REDIS_ROSTER_H
#define SHS_REDIS_ROSTER_H

#include "redis/topology.h"

#define SHS_ROSTER_MAX SHS_CONN_WAIT_MAX

/* Fills routes[0..SHS_ROSTER_MAX) in, each to be left, and returns how many; 0
 * when none is known by the deadline. Of a cluster's masters one that serves
 * fewer than 32 slots in a row may be overlooked, and those beyond so many are;
 * then nothing of them is kept. */
int shs_roster_find(shs_route_t *routes, shs_topology_t *topology,
                    apr_time_t deadline, apr_pool_t *p);

/* Whether one of them leads to the node; no two lead to the same. */
int shs_roster_has(const shs_route_t *routes, int count,
                   const shs_node_t *node);

#endif
