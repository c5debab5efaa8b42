/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/value.h"

#include <string.h>

static void append_hmget(shs_octets_t *commands, const shs_query_t *query,
                         apr_pool_t *p)
{
    shs_octets_t *words =
        apr_palloc(p, (query->name_count + 2) * sizeof(*words));

    words[0] = shs_octets_of("HMGET");
    words[1] = query->key;
    memcpy(words + 2, query->names, query->name_count * sizeof(*words));
    shs_resp_append(commands, words, (int)query->name_count + 2, p);
}

void shs_value_append(shs_octets_t *commands, const shs_query_t *query,
                      apr_pool_t *p)
{
    shs_octets_t words[2];

    if (query->names) {
        append_hmget(commands, query, p);
        return;
    }
    words[0] =
        shs_octets_of(query->shape == SHS_SHAPE_STRING ? "GET" : "HGETALL");
    words[1] = query->key;
    shs_resp_append(commands, words, 2, p);
}

const char *shs_value_types(const shs_query_t *query)
{
    if (query->shape == SHS_SHAPE_STRING) {
        return query->without_ttl ? "$" : "$:";
    }
    if (query->names) {
        return query->without_ttl ? "v" : "v:";
    }
    return query->without_ttl ? "*" : "*:";
}

shs_resp_limits_t shs_value_limits(const shs_query_t *query)
{
    shs_resp_limits_t limits = { query->max_octets, 0 };

    if (query->shape == SHS_SHAPE_FIELDS) {
        limits.elements =
            query->names ? query->name_count : 2 * SHS_STORE_MAX_FIELDS;
    }
    return limits;
}

apr_size_t shs_value_octets(const shs_reply_t *value, const shs_query_t *query)
{
    apr_size_t octets = value->kind == SHS_REPLY_ERROR ? 0 : value->text.len;
    apr_size_t i;

    for (i = 0; value->kind == SHS_REPLY_ARRAY && i < value->count; ++i) {
        octets += value->elements[i]->text.len;
        if (query->names && value->elements[i]->kind == SHS_REPLY_STRING) {
            octets += query->names[i].len;
        }
    }
    return octets;
}
