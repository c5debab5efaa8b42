/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/expiry/expiry_rule.h"

#include <string.h>

#include <apr_strings.h>

static const shs_foreign_t nothing_more;

/* The key's own time to live decides, and a touch is EXPIRE. */
static const char *plan_expire(shs_write_t *write,
                               const shs_expiry_subject_t *subject,
                               apr_interval_time_t idle,
                               apr_interval_time_t interval, apr_time_t now,
                               apr_pool_t *p)
{
    (void)subject;
    (void)now;
    (void)p;
    write->ttl = idle;
    write->due = idle - interval;
    write->foreign = &nothing_more;
    return NULL;
}

static const shs_expiry_rule_t ttl = { "ttl", NULL, NULL, NULL };
static const shs_expiry_rule_t expire = { "expire", NULL, plan_expire, NULL };

/* A framework that does not extend a session when it is read, or that stores
 * the end in the value, which is never rewritten here. */
static const shs_expiry_rule_t fixed = { "fixed", NULL, NULL, NULL };

static const shs_expiry_rule_t *const rules[] = {
    &ttl,
    &expire,
    &fixed,
    &shs_expiry_spring,
    &shs_expiry_spring_indexed,
    &shs_expiry_redisson,
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

const shs_expiry_rule_t *shs_expiry_rule_find(const char *name)
{
    apr_size_t i;

    for (i = 0; i < RULES; ++i) {
        if (!strcmp(name, rules[i]->name)) {
            return rules[i];
        }
    }
    return NULL;
}

const char *shs_expiry_rule_describe_names(apr_pool_t *p)
{
    const char *names = rules[0]->name;
    apr_size_t i;

    for (i = 1; i < RULES; ++i) {
        names = apr_pstrcat(p, names, ", ", rules[i]->name, NULL);
    }
    return names;
}

const shs_expiry_rule_t *shs_expiry_rule_default(void)
{
    return &ttl;
}

int shs_expiry_rule_is_native(const shs_expiry_rule_t *rule)
{
    return rule == &ttl;
}

int shs_expiry_rule_is_touchable(const shs_expiry_rule_t *rule)
{
    return rule->plan_touch != NULL;
}

const char *shs_expiry_rule_check(const shs_expiry_rule_t *rule,
                                  shs_shape_t shape, const char *prefix)
{
    return rule->check ? rule->check(shape, prefix) : NULL;
}

const char *shs_expiry_rule_plan_touch(shs_write_t *write,
                                       const shs_expiry_rule_t *rule,
                                       const shs_expiry_subject_t *subject,
                                       apr_interval_time_t idle,
                                       apr_interval_time_t interval,
                                       apr_time_t now, apr_pool_t *p)
{
    return rule->plan_touch
               ? rule->plan_touch(write, subject, idle, interval, now, p)
               : "its framework does not extend it";
}

int shs_expiry_rule_needs_session(const shs_expiry_rule_t *rule)
{
    return rule->plan_end != NULL;
}

shs_wanted_t shs_expiry_rule_end_wanted(const shs_expiry_rule_t *rule,
                                        apr_pool_t *p)
{
    apr_size_t count = 0;

    while (count < 2 && rule->end_names[count]) {
        ++count;
    }
    return shs_wanted_create(rule->end_names, count, p);
}

void shs_expiry_rule_plan_removal(shs_write_t *write)
{
    write->foreign = &nothing_more;
}

const char *shs_expiry_rule_plan_end(shs_write_t *write,
                                     const shs_expiry_rule_t *rule,
                                     const shs_expiry_subject_t *subject,
                                     apr_pool_t *p)
{
    shs_expiry_rule_plan_removal(write);
    return rule->plan_end ? rule->plan_end(write, subject, p) : NULL;
}
