/* SPDX-License-Identifier: Apache-2.0
 *
 * store_redis: the store provider for Redis: one server, the master that
 * Sentinels name, or a Cluster; over TCP, TLS or a Unix socket. It runs each
 * load and each write as one command (redis/command/retry_loop.h), and maps the
 * outcome of the command to the store's result: counters, and the transition
 * that the caller logs.
 * A load is one round trip: the value and its time to live are in one pipeline.
 */
#ifndef SHS_REDIS_STORE_REDIS_H
#define SHS_REDIS_STORE_REDIS_H

#include "../mod_shared_session_provider.h"

/* The provider, and the schemes to register it under; NULL-terminated. */
extern const shs_provider_t shs_store_redis;
extern const char *const shs_store_redis_schemes[];

/* The provider's load and write for a client
 * (redis/command/attempt/operation.h) that the caller has put together: as
 * shs_store_load() and shs_store_write(). */
struct shs_client_t;
shs_outcome_t shs_store_redis_load(shs_result_t *result,
                                   const struct shs_client_t *client,
                                   const shs_query_t *query, apr_pool_t *p);
shs_wrote_t shs_store_redis_write(shs_result_t *result,
                                  const struct shs_client_t *client,
                                  const shs_write_t *write, apr_pool_t *p);

#endif
