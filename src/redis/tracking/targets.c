/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/tracking/targets.h"

#include "redis/protocol/slot.h"

/* In a cluster, the step between the slots whose masters are looked up. */
#define SLOT_STEP 32

int shs_targets_has(const shs_route_t *routes, int count,
                    const shs_node_t *node)
{
    int i = 0;

    while (i < count && routes[i].node != node) {
        ++i;
    }
    return i < count;
}

int shs_targets_find(shs_route_t *routes, shs_topology_t *topology,
                     apr_time_t deadline, apr_pool_t *p)
{
    const char *reason;
    int count = 0;
    int slot;

    for (slot = 0; slot < SHS_SLOT_COUNT; slot += SLOT_STEP) {
        shs_route_t route;

        if (shs_topology_find(&route, topology, slot, deadline, &reason, p)
            != SHS_CONN_OK) {
            continue;
        }
        if (count == SHS_TARGETS_MAX
            || shs_targets_has(routes, count, route.node)) {
            shs_topology_release(topology, &route);
        }
        else {
            routes[count++] = route;
        }
    }
    return count;
}
