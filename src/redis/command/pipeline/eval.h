/* SPDX-License-Identifier: Apache-2.0
 *
 * eval: a script with its keys and arguments, as the command EVAL.
 * https://redis.io/docs/latest/commands/eval/
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_EVAL_H
#define SHS_REDIS_COMMAND_PIPELINE_EVAL_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/octets.h"
#include "../mod_shared_session_provider.h"

/* What was added so far; the octets are borrowed. */
typedef struct shs_eval_t {
    apr_array_header_t *keys;      /* of shs_octets_t: KEYS */
    apr_array_header_t *arguments; /* likewise: ARGV */
    apr_pool_t *p;
} shs_eval_t;

void shs_eval_begin(shs_eval_t *eval, apr_pool_t *p);

void shs_eval_add_key(shs_eval_t *eval, shs_octets_t key);

/* Add to ARGV: octets; a number; a duration in milliseconds, rounded up,
 * because a time to live of 0 would delete a key; names and values. */
void shs_eval_add(shs_eval_t *eval, shs_octets_t octets);
void shs_eval_add_number(shs_eval_t *eval, apr_int64_t number);
void shs_eval_add_ms(shs_eval_t *eval, apr_interval_time_t duration);
void shs_eval_add_fields(shs_eval_t *eval, const shs_record_field_t *fields,
                         apr_size_t count);

/* The command, from p. */
shs_octets_t shs_eval_build(const shs_eval_t *eval, const char *script);

#endif
