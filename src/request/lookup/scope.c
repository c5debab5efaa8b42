/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/scope.h"

#include <string.h>

#include "request/lookup/store_log.h"

shs_query_t shs_scope_make_query(const shs_scope_t *scope, shs_octets_t key,
                                 apr_time_t deadline)
{
    const shs_settings_t *settings = scope->settings;
    shs_query_t query;

    memset(&query, 0, sizeof(query));
    query.key = key;
    query.shape = shs_codec_shape(settings->codec.value);
    query.max_octets = settings->max_size.value;
    query.deadline = deadline;
    query.trace = shs_store_log_trace(scope->r, scope->store);
    return query;
}
