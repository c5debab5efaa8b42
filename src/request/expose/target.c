/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/target.h"

#include <string.h>

#include "config/log.h"

APLOG_USE_MODULE(shared_session);

/* The octets around a name and a value: ": " and CR LF of a header; "=" and
 * NUL, or the four octets of two lengths, of a variable. */
#define AROUND 4

static void open_target(shs_target_t *target, const shs_target_type_t *type,
                        request_rec *r, apr_table_t *table,
                        const apr_array_header_t *rules,
                        const shs_lookup_t *lookup)
{
    target->type = type;
    target->r = r;
    target->table = table;
    target->is_fresh = apr_table_elts(table)->nelts == 0;
    target->rules = rules;
    target->lookup = lookup;
    target->inside = NULL;
    target->is_limited = 0;
    target->room = 0;
    target->left_out = 0;
    target->left_out_name = NULL;
}

static void limit(shs_target_t *target, apr_size_t room)
{
    target->is_limited = 1;
    target->room = room;
}

/* Notes stay in the server, so they have no limit. */
void shs_target_open_all(shs_target_t targets[SHS_TARGET_COUNT], request_rec *r,
                         const shs_settings_t *settings,
                         const shs_lookup_t *lookup)
{
    open_target(&targets[SHS_TARGET_NOTES], &shs_target_type_notes, r, r->notes,
                shs_settings_notes(settings), lookup);
    open_target(&targets[SHS_TARGET_ENV], &shs_target_type_env, r,
                r->subprocess_env, settings->env.list, lookup);
    open_target(&targets[SHS_TARGET_HEADERS], &shs_target_type_headers, r,
                r->headers_in, settings->headers.list, lookup);
    limit(&targets[SHS_TARGET_ENV], settings->expose_limit.value.env);
    limit(&targets[SHS_TARGET_HEADERS], settings->expose_limit.value.headers);
}

int shs_target_has_rule(const shs_target_t *target, const char *name,
                        int is_prefix, int from)
{
    int i;

    for (i = from; i < shs_target_rule_count(target); ++i) {
        const shs_rule_t *rule = shs_target_rule(target, i);

        if (rule->is_prefix == is_prefix
            && shs_target_type_is_same(target->type, rule->name, name)) {
            return 1;
        }
    }
    return 0;
}

/* Whether the table has an entry whose name begins with the rule's PREFIX. */
static int has_entry(const shs_target_t *target, const shs_rule_t *rule)
{
    const apr_array_header_t *entries = apr_table_elts(target->table);
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        if (!strncasecmp(APR_ARRAY_IDX(entries, i, apr_table_entry_t).key,
                         rule->name, rule->len)) {
            return 1;
        }
    }
    return 0;
}

/* Only a note's name contains the attribute's unchanged. */
int shs_target_has_distinct_names(const shs_target_t *target,
                                  const shs_rule_t *rule)
{
    return target->type->keeps_entries && target->rules->nelts == 1
           && shs_session_is_distinct(target->lookup->session)
           && !has_entry(target, rule);
}

int shs_target_is_lead(const shs_target_t *target, const shs_rule_t *rule)
{
    shs_octets_t lead = shs_session_lead(target->lookup->session);

    return target->type->keeps_entries && !rule->may_be_reserved
           && lead.len == rule->len && !memcmp(lead.data, rule->name, lead.len);
}

const char *shs_target_make_name(const shs_target_t *target,
                                 const shs_rule_t *rule,
                                 const shs_value_t *value)
{
    shs_octets_t prefix = { rule->name, rule->len };
    const shs_target_type_t *type = target->type;
    const char *name = type->make_name(prefix, value, target->r->pool);

    return name && rule->may_be_reserved && type->is_reserved(name, 0) ? NULL
                                                                       : name;
}

void shs_target_log_left_out(const shs_target_t *target, const char *name,
                             const char *why)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, target->r,
                  SHS_TAG_LEFT_OUT "%s %s is left out: %s", target->type->noun,
                  name, why);
}

int shs_target_reserve_limited(shs_target_t *target, const char *name,
                               const char *value)
{
    apr_size_t needed = strlen(name) + strlen(value) + AROUND;

    if (needed > target->room) {
        shs_target_log_left_out(target, name,
                                "it exceeds SharedSessionExposeLimit");
        if (target->left_out++ == 0) {
            target->left_out_name = name;
        }
        return 0;
    }
    target->room -= needed;
    return 1;
}
