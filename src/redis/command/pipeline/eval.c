/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/eval.h"

#include <apr_strings.h>

#include "redis/protocol/resp.h"

void shs_eval_begin(shs_eval_t *eval, apr_pool_t *p)
{
    eval->keys = apr_array_make(p, 2, sizeof(shs_octets_t));
    eval->arguments = apr_array_make(p, 16, sizeof(shs_octets_t));
    eval->p = p;
}

void shs_eval_add_key(shs_eval_t *eval, shs_octets_t key)
{
    APR_ARRAY_PUSH(eval->keys, shs_octets_t) = key;
}

void shs_eval_add(shs_eval_t *eval, shs_octets_t octets)
{
    APR_ARRAY_PUSH(eval->arguments, shs_octets_t) = octets;
}

void shs_eval_add_number(shs_eval_t *eval, apr_int64_t number)
{
    shs_eval_add(eval, shs_octets_of(
                           apr_psprintf(eval->p, "%" APR_INT64_T_FMT, number)));
}

void shs_eval_add_ms(shs_eval_t *eval, apr_interval_time_t duration)
{
    shs_eval_add_number(eval, (duration + 999) / 1000);
}

void shs_eval_add_fields(shs_eval_t *eval, const shs_record_field_t *fields,
                         apr_size_t count)
{
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        shs_eval_add(eval, fields[i].name);
        shs_eval_add(eval, fields[i].value);
    }
}

shs_octets_t shs_eval_build(const shs_eval_t *eval, const char *script)
{
    apr_array_header_t *words =
        apr_array_make(eval->p, 3 + eval->keys->nelts + eval->arguments->nelts,
                       sizeof(shs_octets_t));
    shs_octets_t command = { "", 0 };

    APR_ARRAY_PUSH(words, shs_octets_t) = shs_octets_of("EVAL");
    APR_ARRAY_PUSH(words, shs_octets_t) = shs_octets_of(script);
    APR_ARRAY_PUSH(words, shs_octets_t) =
        shs_octets_of(apr_psprintf(eval->p, "%d", eval->keys->nelts));
    apr_array_cat(words, eval->keys);
    apr_array_cat(words, eval->arguments);
    shs_resp_append(&command, (const shs_octets_t *)words->elts, words->nelts,
                    eval->p);
    return command;
}
