/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/scope.h"

#include <string.h>

#include "request/lookup/store_log.h"

shs_lifetime_t shs_scope_lifetime(const shs_scope_t *scope)
{
    const shs_settings_t *settings = scope->settings;
    shs_lifetime_t lifetime = { settings->idle.value, settings->adopts.value,
                                settings->absolute.value,
                                settings->touch.value };

    return lifetime;
}

static int has_ttl(const shs_rules_t *rules)
{
    int i;

    for (i = 0; rules->list && i < rules->list->nelts; ++i) {
        const shs_rule_t *rule = &APR_ARRAY_IDX(rules->list, i, shs_rule_t);

        if (shs_path_kind(rule->path) == SHS_PATH_TTL) {
            return 1;
        }
    }
    return 0;
}

int shs_scope_needs_ttl(const shs_scope_t *scope)
{
    const shs_settings_t *settings = scope->settings;

    return shs_store_cache(scope->store) || settings->touch.value != 0
           || has_ttl(&settings->notes) || has_ttl(&settings->env)
           || has_ttl(&settings->headers);
}

shs_query_t shs_scope_make_query(const shs_scope_t *scope, shs_octets_t key,
                                 apr_time_t deadline)
{
    const shs_settings_t *settings = scope->settings;
    shs_query_t query;

    memset(&query, 0, sizeof(query));
    query.key = key;
    query.shape = shs_codec_shape(settings->codec.value);
    query.max_octets = settings->max_size.value;
    query.names = shs_codec_fields(&query.name_count, settings->codec.value,
                                   &settings->wanted.value, scope->r->pool);
    query.deadline = deadline;
    query.trace = shs_store_log_trace(scope->r, scope->store);
    return query;
}
