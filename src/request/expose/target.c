/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/target.h"

#include <string.h>

#include "config/log.h"

APLOG_USE_MODULE(shared_session);

/* The octets around a name and a value: ": " and CR LF of a header; "=" and
 * NUL, or the four octets of two lengths, of a variable. */
#define AROUND 4

static int has_names(const shs_target_t *target)
{
    int i = 0;

    while (i < shs_target_rule_count(target)
           && shs_target_rule(target, i)->is_prefix) {
        ++i;
    }
    return i < shs_target_rule_count(target);
}

/* Notes stay in the server, so they have no limit. */
void shs_target_open_all(shs_target_t targets[SHS_TARGET_COUNT], request_rec *r,
                         const shs_settings_t *settings,
                         const shs_lookup_t *lookup)
{
    shs_target_t *notes = &targets[SHS_TARGET_NOTES];
    shs_target_t *env = &targets[SHS_TARGET_ENV];
    shs_target_t *headers = &targets[SHS_TARGET_HEADERS];
    int i;

    memset(targets, 0, SHS_TARGET_COUNT * sizeof(*targets));
    notes->type = &shs_target_type_notes;
    notes->table = r->notes;
    notes->rules = shs_settings_notes(settings);
    env->type = &shs_target_type_env;
    env->table = r->subprocess_env;
    env->rules = settings->env.list;
    env->is_limited = 1;
    env->room = settings->expose_limit.value.env;
    headers->type = &shs_target_type_headers;
    headers->table = r->headers_in;
    headers->rules = settings->headers.list;
    headers->is_limited = 1;
    headers->room = settings->expose_limit.value.headers;
    for (i = 0; i < SHS_TARGET_COUNT; ++i) {
        targets[i].r = r;
        targets[i].is_fresh = apr_is_empty_table(targets[i].table);
        targets[i].lookup = lookup;
        targets[i].has_names = has_names(&targets[i]);
    }
}

const shs_rule_t *shs_target_rule(const shs_target_t *target, int i)
{
    return &APR_ARRAY_IDX(target->rules, i, shs_rule_t);
}

int shs_target_rule_count(const shs_target_t *target)
{
    return target->rules ? target->rules->nelts : 0;
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

int shs_target_may_be_reserved(const shs_target_t *target,
                               const shs_rule_t *rule)
{
    const shs_target_type_t *type = target->type;

    return type->is_reserved(rule->name, 1);
}

const char *shs_target_make_name(const shs_target_t *target,
                                 const shs_rule_t *rule,
                                 const shs_value_t *value, int can_clash)
{
    const shs_target_type_t *type = target->type;
    const char *name =
        type->make_name(rule->name, value->name, target->r->pool);

    return name && can_clash && type->is_reserved(name, 0) ? NULL : name;
}

void shs_target_log_left_out(const shs_target_t *target, const char *name,
                             const char *why)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, target->r,
                  SHS_TAG_LEFT_OUT "%s %s is left out: %s", target->type->noun,
                  name, why);
}

int shs_target_reserve(shs_target_t *target, const char *name,
                       const char *value)
{
    apr_size_t needed;

    if (!target->is_limited) {
        return 1;
    }
    needed = strlen(name) + strlen(value) + AROUND;
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
