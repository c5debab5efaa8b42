/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/tracking/targets.h"

#include "redis/protocol/slot.h"

/* In a cluster, the step between the slots whose masters are looked up. */
#define SLOT_STEP 32

int shs_targets_find(shs_route_t *routes, shs_topology_t *topology,
                     apr_time_t deadline, apr_pool_t *p)
{
    const char *reason;
    int count = 0;
    int slot, i;

    for (slot = 0; slot < SHS_SLOT_COUNT; slot += SLOT_STEP) {
        shs_route_t route;

        if (shs_topology_find(&route, topology, slot, deadline, &reason, p)
            != SHS_CONN_OK) {
            continue;
        }
        for (i = 0; i < count && routes[i].node != route.node; ++i) {
            continue;
        }
        if (i < count || count == SHS_TARGETS_MAX) {
            shs_topology_release(topology, &route);
        }
        else {
            routes[count++] = route;
        }
    }
    return count;
}
