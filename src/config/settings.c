/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include <apr_strings.h>

#include "config/cache_policy.h"
#include "config/defaults.h"
#include "session/id/session_id.h"

static const char *const default_names[] = { SHS_DEFAULT_COOKIE_NAME, NULL };

void *shs_settings_create(apr_pool_t *p, char *directory)
{
    shs_settings_t *settings = apr_pcalloc(p, sizeof(*settings));

    (void)directory;
    settings->cookie_options.value.names = default_names;
    settings->cookie_options.value.steps.route = SHS_DEFAULT_COOKIE_ROUTE;
    settings->key.value = shs_key_default();
    settings->codec.value = &shs_codec_hash;
    settings->expiry.value = shs_expiry_rule_default();
    settings->max_size.value = SHS_DEFAULT_MAX_SIZE;
    settings->expose_limit.value.headers = SHS_DEFAULT_EXPOSED_HEADERS;
    settings->expose_limit.value.env = SHS_DEFAULT_EXPOSED_ENV;
    settings->idle.value = SHS_DEFAULT_IDLE_TIMEOUT;
    settings->absolute.value = SHS_DEFAULT_ABSOLUTE_TIMEOUT;
    settings->touch.value = SHS_DEFAULT_TOUCH;
    settings->grace.value = SHS_DEFAULT_ROTATE_GRACE;
    return settings;
}

static shs_rules_t merge_rules(apr_pool_t *p, const shs_rules_t *outer,
                               const shs_rules_t *inner)
{
    shs_rules_t merged = *inner;

    if (inner->is_cleared || !outer->list) {
        merged.is_cleared = inner->is_cleared || outer->is_cleared;
        return merged;
    }
    merged.is_cleared = outer->is_cleared;
    merged.list = inner->list ? apr_array_append(p, outer->list, inner->list)
                              : outer->list;
    return merged;
}

static int are_rules(const shs_rules_t *rules)
{
    return rules->is_cleared || rules->list;
}

/* Whether the inner place says no more than the outer one. That is frequent: a
 * SetHandler for another handler gives a place settings too. */
static int says_no_more(const shs_settings_t *inner,
                        const shs_settings_t *outer)
{
    int is_said = inner->enabled.set | inner->granted.set
                  | inner->cookie_options.set | inner->key.set
                  | inner->codec.set | inner->denies.set | inner->stale.set
                  | inner->max_size.set | inner->idle.set | inner->adopts.set
                  | inner->absolute.set | inner->touch.set | inner->grace.set
                  | inner->control.set | inner->expose_limit.set
                  | inner->decides_without.set | inner->user.set
                  | inner->login.set | inner->forbidden.set | inner->expiry.set
                  | inner->wanted.set | inner->profile.set;

    return !is_said
           && (!inner->resource.set
               || inner->resource.value == outer->resource.value)
           && !are_rules(&inner->notes) && !are_rules(&inner->env)
           && !are_rules(&inner->headers);
}

/* `merged` is a copy of the outer settings. */
#define MERGE(option)                       \
    do {                                    \
        if (inner->option.set) {            \
            merged->option = inner->option; \
        }                                   \
    } while (0)

void *shs_settings_merge(apr_pool_t *p, void *outer_, void *inner_)
{
    const shs_settings_t *outer = outer_;
    const shs_settings_t *inner = inner_;
    shs_settings_t *merged;

    if (says_no_more(inner, outer)) {
        return outer_;
    }
    merged = apr_pmemdup(p, outer, sizeof(*merged));
    MERGE(enabled);
    MERGE(granted);
    MERGE(resource);
    MERGE(profile);
    MERGE(cookie_options);
    if (inner->cookie_options.set && !inner->profile.set
        && outer->profile.value) {
        shs_cookie_options_inherit(&merged->cookie_options.value,
                                   outer->profile.cookie_options);
    }
    MERGE(key);
    MERGE(codec);
    MERGE(expiry);
    MERGE(wanted);
    MERGE(denies);
    MERGE(stale);
    MERGE(decides_without);
    MERGE(max_size);
    MERGE(idle);
    MERGE(adopts);
    MERGE(absolute);
    MERGE(touch);
    MERGE(grace);
    MERGE(control);
    MERGE(expose_limit);
    MERGE(user);
    MERGE(login);
    MERGE(forbidden);
    merged->notes = merge_rules(p, &outer->notes, &inner->notes);
    merged->env = merge_rules(p, &outer->env, &inner->env);
    merged->headers = merge_rules(p, &outer->headers, &inner->headers);
    return merged;
}

void *shs_settings_create_server(apr_pool_t *p, server_rec *s)
{
    shs_server_settings_t *settings = apr_pcalloc(p, sizeof(*settings));

    (void)s;
    shs_cache_policy_default(&settings->cache);
    settings->keys = apr_array_make(p, 4, sizeof(const shs_key_t *));
    shs_own_headers_init(&settings->own_headers, p);
    settings->places = apr_array_make(p, 4, sizeof(shs_place_t));
    return settings;
}

/* Places are not inherited: their checks examine what each server configures
 * itself. place's check finds out later which keys overlap. */
void *shs_settings_merge_server(apr_pool_t *p, void *outer_, void *inner_)
{
    const shs_server_settings_t *outer = outer_;
    const shs_server_settings_t *inner = inner_;
    shs_server_settings_t *merged = apr_pcalloc(p, sizeof(*merged));

    merged->store = inner->store ? inner->store : outer->store;
    merged->has_cache = inner->has_cache || outer->has_cache;
    merged->cache = inner->has_cache ? inner->cache : outer->cache;
    merged->keys = apr_array_append(p, outer->keys, inner->keys);
    merged->own_headers =
        shs_own_headers_merge(&outer->own_headers, &inner->own_headers, p);
    merged->places = inner->places;
    merged->keys_that_overlap = NULL;
    return merged;
}

const shs_settings_t *shs_settings_of(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &shared_session_module);
}

const shs_server_settings_t *shs_settings_of_server(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &shared_session_module);
}

int shs_settings_is_foreign(const shs_settings_t *settings)
{
    return shs_codec_is_foreign(settings->codec.value)
           || shs_key_prefix_len(settings->key.value) == 0;
}

const char *shs_settings_find_enabled_line(
    const shs_server_settings_t *settings)
{
    int i;

    for (i = 0; i < settings->places->nelts; ++i) {
        const shs_place_t *place =
            &APR_ARRAY_IDX(settings->places, i, shs_place_t);

        if (place->settings->enabled.value) {
            return place->enabled_line;
        }
    }
    return NULL;
}

const apr_array_header_t *shs_settings_notes(const shs_settings_t *settings)
{
    static shs_rule_t rule = { SHS_DEFAULT_NOTE_PREFIX,
                               sizeof(SHS_DEFAULT_NOTE_PREFIX) - 1,
                               1,
                               0,
                               &shs_path_every,
                               SHS_ENCODING_RAW };
    static const apr_array_header_t list = { NULL, sizeof(rule), 1, 1,
                                             (char *)&rule };

    return settings->notes.list || settings->notes.is_cleared
               ? settings->notes.list
               : &list;
}
