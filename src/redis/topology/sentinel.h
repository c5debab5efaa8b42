/* SPDX-License-Identifier: Apache-2.0
 *
 * sentinel: asks one Sentinel for the master ("Guidelines for Redis clients
 * with support for Redis Sentinel",
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/). The
 * topology decides which Sentinel is asked, and what the reply is used for.
 */
#ifndef SHS_REDIS_TOPOLOGY_SENTINEL_H
#define SHS_REDIS_TOPOLOGY_SENTINEL_H

#include "redis/protocol/slot_map.h"
#include "redis/connection/node.h"

/* OK: *map, in p, of the master and, if wanted, its replicas; and *epoch, the
 * Sentinel's configuration epoch of that master: if two Sentinels disagree the
 * higher epoch is right. Otherwise *reason. */
shs_conn_status_t shs_sentinel_load(shs_slot_map_t **map, apr_int64_t *epoch,
                                    shs_node_t *sentinel,
                                    const char *master_name, int wants_replicas,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p);

#endif
