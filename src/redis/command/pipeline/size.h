/* SPDX-License-Identifier: Apache-2.0
 *
 * size: the commands that load the size of a value without the value, and
 * whether their replies say that it is too large:
 *
 *   a string                  STRLEN
 *   a hash                    HLEN and MEMORY USAGE
 *   some fields of a hash     HSTRLEN for each: how large the other fields are
 *                             does not matter
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_SIZE_H
#define SHS_REDIS_COMMAND_PIPELINE_SIZE_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "../mod_shared_session_provider.h"

/* How many commands there are. */
apr_size_t shs_size_count(const shs_query_t *query);

/* Appends one of them. */
void shs_size_append(shs_octets_t *commands, apr_size_t i,
                     const shs_query_t *query, apr_pool_t *p);

/* Whether the replies are of the kinds that the commands can have. */
int shs_size_is_expected(shs_reply_t *const *replies, const shs_query_t *query);

/* Whether the replies say that the value is larger than the query allows. An
 * error says nothing. */
int shs_size_is_too_large(shs_reply_t *const *replies,
                          const shs_query_t *query);

/* The first error that the value's own command would have too, or NULL. So not
 * one that only says that a size cannot be loaded, and none of MEMORY USAGE. */
shs_reply_t *shs_size_error(shs_reply_t *const *replies,
                            const shs_query_t *query);

#endif
