/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange: a session asked for, or written to: what a command came to as
 * an outcome, counted, and what of it is to be told.
 */
#ifndef SHS_REDIS_EXCHANGE_H
#define SHS_REDIS_EXCHANGE_H

#include "redis/command/command.h"

/* As shs_store_load(). */
shs_outcome_t shs_exchange_run(shs_result_t *result, const shs_client_t *client,
                               const shs_query_t *query, apr_pool_t *p);

/* As shs_store_write(). */
shs_wrote_t shs_exchange_write(shs_result_t *result, const shs_client_t *client,
                               const shs_write_t *write, apr_pool_t *p);

#endif
