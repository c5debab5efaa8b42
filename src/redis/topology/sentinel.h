/* SPDX-License-Identifier: Apache-2.0
 *
 * sentinel: asks one Sentinel who the master is ("Guidelines for Redis clients
 * with support for Redis Sentinel",
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/). Which one
 * is asked, and what becomes of the answer, is for the topology to say.
 */
#ifndef SHS_REDIS_TOPOLOGY_SENTINEL_H
#define SHS_REDIS_TOPOLOGY_SENTINEL_H

#include "redis/protocol/slot_map.h"
#include "redis/connection/node.h"

/* OK: *map, in p, of the one master and, if wanted, its replicas; and *epoch,
 * the Sentinel's configuration epoch of that master: of two Sentinels that
 * disagree the higher one is right. Otherwise *reason. */
shs_conn_status_t shs_sentinel_load(shs_slot_map_t **map, apr_int64_t *epoch,
                                    shs_node_t *sentinel,
                                    const char *master_name, int wants_replicas,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p);

#endif
