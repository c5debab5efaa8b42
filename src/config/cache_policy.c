/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cache_policy.h"

#include <string.h>

#include <apr_strings.h>

#include "config/defaults.h"
#include "base/option.h"
#include "base/option_table.h"

#define KIB ((apr_size_t)1024)
#define MIB (1024 * KIB)

void shs_cache_policy_default(shs_near_policy_t *policy)
{
    memset(policy, 0, sizeof(*policy));
    policy->is_on = SHS_DEFAULT_CACHE_IS_ON;
    policy->size = SHS_DEFAULT_CACHE_SIZE;
    policy->max_entry = SHS_DEFAULT_CACHE_MAX_ENTRY;
    policy->ttl = SHS_DEFAULT_CACHE_TTL;
    policy->lease = SHS_DEFAULT_CACHE_LEASE;
    policy->negative = SHS_DEFAULT_CACHE_NEGATIVE;
}

static const char *parse_size(apr_size_t *out, const char *text,
                              apr_size_t least, apr_size_t most, apr_pool_t *p)
{
    const char *error = shs_option_parse_size(out, text, p);

    if (!error && (*out < least || *out > most)) {
        error = apr_psprintf(p, "'%s' is out of range: %dK to %dM", text,
                             (int)(least / KIB), (int)(most / MIB));
    }
    return error;
}

static const char *set_size(void *policy, const char *text, apr_pool_t *p)
{
    return parse_size(&((shs_near_policy_t *)policy)->size, text,
                      SHS_NEAR_LEAST_SIZE, 512 * MIB, p);
}

static const char *set_max_entry(void *policy, const char *text, apr_pool_t *p)
{
    return parse_size(&((shs_near_policy_t *)policy)->max_entry, text, KIB, MIB,
                      p);
}

static const char *set_ttl(void *policy, const char *text, apr_pool_t *p)
{
    return shs_option_parse_duration(&((shs_near_policy_t *)policy)->ttl, text,
                                     p);
}

static const char *set_lease(void *policy, const char *text, apr_pool_t *p)
{
    apr_interval_time_t *lease = &((shs_near_policy_t *)policy)->lease;
    const char *error = shs_option_parse_duration(lease, text, p);

    if (!error
        && (*lease < apr_time_from_sec(1) || *lease > apr_time_from_sec(60))) {
        error = apr_psprintf(p, "'%s' is out of range: 1s to 60s", text);
    }
    return error;
}

static const char *set_negative(void *policy, const char *text, apr_pool_t *p)
{
    return shs_option_parse_duration(&((shs_near_policy_t *)policy)->negative,
                                     text, p);
}

static const shs_option_t options[] = {
    { "size=", set_size, 0 },         { "max-entry=", set_max_entry, 0 },
    { "ttl=", set_ttl, 0 },           { "lease=", set_lease, 0 },
    { "negative=", set_negative, 0 }, { NULL, NULL, 0 },
};

static const shs_option_table_t table = { options, 0, NULL, NULL };

const char *shs_cache_policy_parse(shs_near_policy_t *out, int count,
                                   char *const words[], apr_pool_t *p)
{
    const char *error;
    unsigned given;

    shs_cache_policy_default(out);
    if (count < 1
        || (strcasecmp(words[0], "On") && strcasecmp(words[0], "Off"))) {
        return "On or Off is needed, and then options, as in On size=16M";
    }
    out->is_on = !strcasecmp(words[0], "On");
    error = shs_option_table_parse(&given, &table, out, count - 1,
                                   (const char *const *)words + 1, p);
    if (!error && out->size < SHS_NEAR_LEAST_ENTRIES * out->max_entry) {
        error = "size= must be at least 64 times max-entry=";
    }
    return error;
}
