/* SPDX-License-Identifier: Apache-2.0
 *
 * cluster: asks one member of a Redis Cluster which of them serves which slots
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
 */
#ifndef SHS_REDIS_CLUSTER_H
#define SHS_REDIS_CLUSTER_H

#include "redis/map.h"
#include "redis/node.h"

/* OK and *map, in p, which serves one slot at least; otherwise *reason. */
shs_conn_status_t shs_cluster_ask(shs_map_t **map, shs_node_t *member,
                                  apr_time_t deadline, const char **reason,
                                  apr_pool_t *p);

#endif
