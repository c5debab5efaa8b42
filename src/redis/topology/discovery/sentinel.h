/* SPDX-License-Identifier: Apache-2.0
 *
 * sentinel: asks one Sentinel for the master ("Guidelines for Redis clients
 * with support for Redis Sentinel",
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/). The
 * topology decides which Sentinel is asked, and what the reply is used for.
 */
#ifndef SHS_REDIS_TOPOLOGY_DISCOVERY_SENTINEL_H
#define SHS_REDIS_TOPOLOGY_DISCOVERY_SENTINEL_H

#include "redis/topology/discovery/source.h"

/* The map has the one master and, if the endpoint reads them, its replicas. The
 * epoch is the Sentinel's configuration epoch of that master: if two Sentinels
 * disagree the higher epoch is right. */
extern const shs_source_t shs_sentinel_source;

#endif
