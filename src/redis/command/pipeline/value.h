/* SPDX-License-Identifier: Apache-2.0
 *
 * value: the command that loads the value of a query, and what its reply may be
 * like:
 *
 *   a string                  GET
 *   a hash                    HGETALL
 *   some fields of a hash     HMGET: an array with a text or nil for each name
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_VALUE_H
#define SHS_REDIS_COMMAND_PIPELINE_VALUE_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "../mod_shared_session_provider.h"

void shs_value_append(shs_octets_t *commands, const shs_query_t *query,
                      apr_pool_t *p);

/* The types of the replies to it and to PTTL, if that is sent
 * (redis/connection/batch.h). Static. */
const char *shs_value_types(const shs_query_t *query);

/* How large its reply may be. */
shs_resp_limits_t shs_value_limits(const shs_query_t *query);

/* The octets of the value in its reply, of names and values. */
apr_size_t shs_value_octets(const shs_reply_t *value, const shs_query_t *query);

#endif
