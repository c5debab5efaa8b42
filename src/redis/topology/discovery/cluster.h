/* SPDX-License-Identifier: Apache-2.0
 *
 * cluster: asks one member of a Redis Cluster which members serve which slots
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
 */
#ifndef SHS_REDIS_TOPOLOGY_DISCOVERY_CLUSTER_H
#define SHS_REDIS_TOPOLOGY_DISCOVERY_CLUSTER_H

#include "redis/topology/discovery/source.h"

/* The epoch is cluster_current_epoch, which each election raises. */
extern const shs_source_t shs_cluster_source;

#endif
