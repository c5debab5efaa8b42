/* SPDX-License-Identifier: Apache-2.0
 *
 * store_redis: the store provider for Redis: one server, what Sentinels watch,
 * or a Cluster; over TCP, TLS or a Unix socket.
 * One lookup is one round trip: the value and its time to live are asked for
 * in one write.
 */
#ifndef SHS_REDIS_STORE_REDIS_H
#define SHS_REDIS_STORE_REDIS_H

#include "store/provider.h"

/* For shs_store_register(). */
extern const shs_store_provider_t shs_store_redis;

#endif
