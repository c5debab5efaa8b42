/* SPDX-License-Identifier: Apache-2.0
 *
 * cluster: asks one member of a Redis Cluster which members serve which slots
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
 */
#ifndef SHS_REDIS_TOPOLOGY_CLUSTER_H
#define SHS_REDIS_TOPOLOGY_CLUSTER_H

#include "redis/protocol/slot_map.h"
#include "redis/connection/node.h"

/* How much the member knows (CLUSTER INFO). { 0, -1 } if it does not report
 * this, or not to our user. */
typedef struct shs_cluster_state_t {
    int is_down;       /* cluster_state: it does not reach a majority of the
                        * masters, or slots are not served that must be */
    apr_int64_t epoch; /* cluster_current_epoch: each election raises it */
} shs_cluster_state_t;

/* OK, *state and *map, in p, with at least one slot served; otherwise
 * *reason. */
shs_conn_status_t shs_cluster_load(shs_slot_map_t **map,
                                   shs_cluster_state_t *state,
                                   shs_node_t *member, apr_time_t deadline,
                                   const char **reason, apr_pool_t *p);

#endif
