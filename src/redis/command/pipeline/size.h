/* SPDX-License-Identifier: Apache-2.0
 *
 * size: the commands that load the size of a value without the value (STRLEN,
 * or HLEN and MEMORY USAGE), and whether their replies say that it is too
 * large.
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_SIZE_H
#define SHS_REDIS_COMMAND_PIPELINE_SIZE_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "../mod_shared_session_provider.h"

/* Appends the command that says how long the value is, or how many fields it
 * has. */
void shs_size_append(shs_octets_t *commands, const shs_query_t *query,
                     apr_pool_t *p);

/* Appends the command that says how much memory the fields take. */
void shs_size_append_memory(shs_octets_t *commands, const shs_query_t *query,
                            apr_pool_t *p);

/* Whether the replies are of the kinds that the commands can have. `memory` is
 * NULL for a string, here and below. */
int shs_size_is_expected(const shs_reply_t *size, const shs_reply_t *memory);

/* Whether the replies say that the value is larger than the query allows. */
int shs_size_is_too_large(const shs_reply_t *size, const shs_reply_t *memory,
                          const shs_query_t *query);

#endif
