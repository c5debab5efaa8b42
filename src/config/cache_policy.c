/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cache_policy.h"

#include <string.h>

#include <apr_strings.h>

#include "base/option.h"

#define KIB ((apr_size_t)1024)
#define MIB (1024 * KIB)

void shs_cache_policy_default(shs_near_policy_t *policy)
{
    memset(policy, 0, sizeof(*policy));
    policy->is_on = 1;
    policy->size = 16 * MIB;
    policy->max_entry = 4 * KIB;
    policy->ttl = apr_time_from_sec(5 * 60);
    policy->lease = apr_time_from_sec(2);
    policy->negative = apr_time_from_sec(1);
}

static const char *set_size(apr_size_t *out, const char *text, apr_size_t least,
                            apr_size_t most, apr_pool_t *p)
{
    const char *error = shs_option_parse_size(out, text, p);

    if (!error && (*out < least || *out > most)) {
        error = apr_psprintf(p, "'%s' is out of range: %dK to %dM", text,
                             (int)(least / KIB), (int)(most / MIB));
    }
    return error;
}

static const char *set_lease(apr_interval_time_t *out, const char *text,
                             apr_pool_t *p)
{
    const char *error = shs_option_parse_duration(out, text, p);

    if (!error
        && (*out < apr_time_from_sec(1) || *out > apr_time_from_sec(60))) {
        error = apr_psprintf(p, "'%s' is out of range: 1s to 60s", text);
    }
    return error;
}

static const char *set_option(shs_near_policy_t *policy, const char *word,
                              apr_pool_t *p)
{
    if (!strncmp(word, "size=", 5)) {
        return set_size(&policy->size, word + 5, SHS_NEAR_LEAST_SIZE, 512 * MIB,
                        p);
    }
    if (!strncmp(word, "max-entry=", 10)) {
        return set_size(&policy->max_entry, word + 10, KIB, MIB, p);
    }
    if (!strncmp(word, "ttl=", 4)) {
        return shs_option_parse_duration(&policy->ttl, word + 4, p);
    }
    if (!strncmp(word, "lease=", 6)) {
        return set_lease(&policy->lease, word + 6, p);
    }
    if (!strncmp(word, "negative=", 9)) {
        return shs_option_parse_duration(&policy->negative, word + 9, p);
    }
    return apr_psprintf(p,
                        "unknown option '%s'; there are size=, max-entry=,"
                        " ttl=, lease= and negative=",
                        word);
}

const char *shs_cache_policy_parse(shs_near_policy_t *out, int count,
                                   char *const words[], apr_pool_t *p)
{
    const char *error = NULL;
    int i;

    shs_cache_policy_default(out);
    if (count < 1
        || (strcasecmp(words[0], "On") && strcasecmp(words[0], "Off"))) {
        return "On or Off is needed, and then options, as in On size=16M";
    }
    out->is_on = !strcasecmp(words[0], "On");
    for (i = 1; i < count && !error; ++i) {
        error = set_option(out, words[i], p);
        if (!error && shs_option_is_repeated(words, i)) {
            error = apr_psprintf(p, "%.*s is given twice: keep one",
                                 (int)strcspn(words[i], "=") + 1, words[i]);
        }
    }
    if (!error && out->size < SHS_NEAR_LEAST_ENTRIES * out->max_entry) {
        error = "size= must be at least 64 times max-entry=";
    }
    return error;
}
