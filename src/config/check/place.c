/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/place.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "config/check/place_warning.h"

/* The places that share a store. */
typedef struct group_t {
    const char *store;        /* as its first place describes it */
    apr_array_header_t *uses; /* of shs_place_use_t, unique by key and format */
    apr_array_header_t *keys; /* of const shs_key_t *: of all templates */
    apr_hash_t *known;        /* by description: what uses and keys hold */
    const shs_key_t *const *all; /* `keys` if some overlap */
} group_t;

const char *shs_place_describe_line(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                        cmd->directive->line_num);
}

shs_place_t *shs_place_of(cmd_parms *cmd, const shs_settings_t *settings)
{
    apr_array_header_t *places =
        ((shs_server_settings_t *)ap_get_module_config(
             cmd->server->module_config, &shared_session_module))
            ->places;
    const ap_directive_t *section = cmd->directive->parent;
    shs_place_t *place;
    int i;

    for (i = 0; i < places->nelts; ++i) {
        place = &APR_ARRAY_IDX(places, i, shs_place_t);
        if (place->settings == settings) {
            return place;
        }
    }
    place = apr_array_push(places);
    place->settings = settings;
    place->path = cmd->path;
    place->section = cmd->path && section ? section->directive : NULL;
    return place;
}

/* Whether `inner` is inside `outer`, as far as section and path show. */
static int is_inside(const shs_place_t *inner, const shs_place_t *outer)
{
    apr_size_t len;

    if (!outer->section) {
        return inner->section != NULL;
    }
    if (!inner->section || strcasecmp(inner->section, outer->section)) {
        return 0;
    }
    len = strlen(outer->path);
    return strlen(inner->path) > len && !strncmp(inner->path, outer->path, len)
           && (inner->path[len] == '/' || (len && outer->path[len - 1] == '/'));
}

/* Overrides `use` with what the place configures. */
static void apply_place(shs_place_use_t *use, const shs_place_t *place)
{
    const shs_settings_t *settings = place->settings;

    if (settings->key.set) {
        use->key = settings->key.value;
        use->key_line = place->key_line;
    }
    if (settings->codec.set) {
        use->codec = settings->codec.value;
        use->format_line = place->format_line;
    }
    if (settings->expiry.set) {
        use->expiry = settings->expiry.value;
    }
    if (settings->cookie_options.set
        && (settings->profile.set || !use->has_profile
            || (settings->cookie_options.value.given & SHS_COOKIE_GAVE_SIGN))) {
        use->is_signed =
            settings->cookie_options.value.steps.sign != SHS_SIGN_NONE;
    }
    if (settings->profile.set) {
        use->has_profile = settings->profile.value;
    }
    if (settings->wanted.set) {
        use->is_partial = settings->wanted.value.names != NULL;
    }
    if (settings->enabled.set) {
        use->is_off = !settings->enabled.value;
        use->is_on = settings->enabled.value;
        use->enabled_line = place->enabled_line;
    }
}

/* What applies in a place: its own settings override those of the sections
 * around it, and the longest path overrides the others. Sections of other kinds
 * are not known to contain it. */
static shs_place_use_t find_use(const shs_place_t *place,
                                const apr_array_header_t *places,
                                const shs_settings_t *base)
{
    const shs_place_t *around[16];
    int count = 0;
    shs_place_use_t use;
    int i, k;

    memset(&use, 0, sizeof(use));
    use.key = base->key.value;
    use.codec = base->codec.value;
    use.expiry = base->expiry.value;
    use.is_partial = base->wanted.value.names != NULL;
    use.is_signed = base->cookie_options.value.steps.sign != SHS_SIGN_NONE;
    use.has_profile = base->profile.value;
    use.is_off = base->enabled.set && !base->enabled.value;
    use.is_on = base->enabled.value;
    for (i = 0; i < places->nelts && count < 16; ++i) {
        const shs_place_t *other = &APR_ARRAY_IDX(places, i, shs_place_t);

        if (is_inside(place, other)) {
            for (k = count++; k > 0 && is_inside(around[k - 1], other); --k) {
                around[k] = around[k - 1];
            }
            around[k] = other;
        }
    }
    for (i = 0; i < count; ++i) {
        apply_place(&use, around[i]);
    }
    apply_place(&use, place);
    return use;
}

/* A place that only names cookies uses sessions only if it is On. */
static int is_in_use(const shs_place_use_t *use, const shs_place_t *place)
{
    return use->is_on || place->settings->key.set || place->settings->codec.set
           || place->settings->expiry.set || place->settings->wanted.set;
}

static int is_known(group_t *group, const char *words)
{
    if (apr_hash_get(group->known, words, APR_HASH_KEY_STRING)) {
        return 1;
    }
    apr_hash_set(group->known, words, APR_HASH_KEY_STRING, words);
    return 0;
}

static void add_key(group_t *group, const shs_key_t *key, apr_pool_t *p)
{
    if (!is_known(group, apr_pstrcat(p, "key ", shs_key_describe(key), NULL))) {
        APR_ARRAY_PUSH(group->keys, const shs_key_t *) = key;
    }
}

static void add_use(group_t *group, const shs_place_use_t *use, apr_pool_t *p)
{
    if (!use->is_off
        && !is_known(group, apr_pstrcat(p, "use ", use->codec->name, " ",
                                        use->expiry->name, " ",
                                        use->is_partial ? "some " : "all ",
                                        use->is_signed ? "signed " : "",
                                        shs_key_describe(use->key), NULL))) {
        APR_ARRAY_PUSH(group->uses, shs_place_use_t) = *use;
    }
}

/* The main server's sections apply in each virtual host too. The server itself
 * is a place if it is On. */
static void add_places(group_t *group, const server_rec *s,
                       const server_rec *main_server, apr_pool_t *p)
{
    static const shs_settings_t nothing;
    static const shs_place_t server_itself = { &nothing, "",   "",
                                               NULL,     NULL, NULL };
    const shs_settings_t *base =
        ap_get_module_config(s->lookup_defaults, &shared_session_module);
    const apr_array_header_t *places =
        shs_settings_of_server(main_server)->places;
    shs_place_use_t use;
    int i;

    if (s != main_server) {
        places = apr_array_append(p, places, shs_settings_of_server(s)->places);
    }
    if (base->enabled.value) {
        use = find_use(&server_itself, places, base);
        add_use(group, &use, p);
    }
    for (i = 0; i < places->nelts; ++i) {
        const shs_place_t *place = &APR_ARRAY_IDX(places, i, shs_place_t);

        if (place->section) {
            use = find_use(place, places, base);
            if (is_in_use(&use, place)) {
                add_use(group, &use, p);
            }
        }
    }
}

static group_t *group_of(apr_hash_t *groups, const shs_store_t *store,
                         apr_pool_t *p)
{
    const char *location = shs_store_location(store);
    group_t *group = apr_hash_get(groups, location, APR_HASH_KEY_STRING);

    if (!group) {
        group = apr_pcalloc(p, sizeof(*group));
        group->store = shs_store_describe(store);
        group->uses = apr_array_make(p, 4, sizeof(shs_place_use_t));
        group->keys = apr_array_make(p, 4, sizeof(const shs_key_t *));
        group->known = apr_hash_make(p);
        add_key(group, shs_key_default(), p);
        apr_hash_set(groups, location, APR_HASH_KEY_STRING, group);
    }
    return group;
}

/* Sets group->all to the NULL-terminated keys if some of them overlap. */
static void find_overlap(group_t *group)
{
    apr_array_header_t *keys = group->keys;
    int i, k;

    for (i = 0; i < keys->nelts; ++i) {
        for (k = 0; k < i; ++k) {
            if (shs_key_overlaps(APR_ARRAY_IDX(keys, i, const shs_key_t *),
                                 APR_ARRAY_IDX(keys, k, const shs_key_t *))) {
                APR_ARRAY_PUSH(keys, const shs_key_t *) = NULL;
                group->all = (const shs_key_t *const *)keys->elts;
                return;
            }
        }
    }
}

static void add_warning(apr_array_header_t *warnings, const char *warning)
{
    if (warning) {
        APR_ARRAY_PUSH(warnings, const char *) = warning;
    }
}

/* A template without a prefix, as a profile may have, overlaps with all others.
 * It gives way to them, and the ids of its profile have a pattern. */
static int may_be_separated(const shs_place_use_t *a, const shs_place_use_t *b)
{
    return shs_key_prefix_len(a->key) > 0 && shs_key_prefix_len(b->key) > 0;
}

/* One warning for a place and the first other place that conflicts with it. */
static void compare(apr_array_header_t *keys, apr_array_header_t *formats,
                    const group_t *group, apr_pool_t *p)
{
    const apr_array_header_t *uses = group->uses;
    int i, k;

    for (i = 0; i < uses->nelts; ++i) {
        const shs_place_use_t *a = &APR_ARRAY_IDX(uses, i, shs_place_use_t);

        add_warning(formats, shs_place_warning_check_expiry(a, p));
        add_warning(formats, shs_place_warning_check_partial(a, p));
        for (k = 0; k < i; ++k) {
            const shs_place_use_t *b = &APR_ARRAY_IDX(uses, k, shs_place_use_t);

            if (shs_key_overlaps(a->key, b->key) && may_be_separated(a, b)) {
                APR_ARRAY_PUSH(keys, const char *) = apr_psprintf(
                    p,
                    "SharedSessionKey %s overlaps with %s in the store %s: an"
                    " id could name a session of the other place; give each a"
                    " prefix that the other does not begin with, as in"
                    " session:a:%%{id} and session:b:%%{id}",
                    shs_place_warning_describe_key(a, p),
                    shs_place_warning_describe_key(b, p), group->store);
                break;
            }
            if (shs_key_is_equal(a->key, b->key)
                && a->is_signed != b->is_signed) {
                add_warning(formats, shs_place_warning_describe_unsigned(
                                         a, b, group->store, p));
                break;
            }
            if (shs_key_is_equal(a->key, b->key) && a->codec != b->codec) {
                APR_ARRAY_PUSH(formats, const char *) = apr_psprintf(
                    p,
                    "SharedSessionKey %s in the store %s is read as %s and as"
                    " %s: what one place stores is malformed to the other; use"
                    " one SharedSessionFormat, or give each place a"
                    " SharedSessionKey of its own",
                    shs_key_describe(a->key), group->store,
                    shs_place_warning_describe_format(a, p),
                    shs_place_warning_describe_format(b, p));
                break;
            }
        }
    }
}

static void add_server(apr_hash_t *groups, const server_rec *s,
                       const server_rec *main_server, apr_pool_t *p)
{
    const shs_server_settings_t *settings = shs_settings_of_server(s);
    group_t *group = group_of(groups, settings->store, p);
    int i;

    for (i = 0; i < settings->keys->nelts; ++i) {
        add_key(group, APR_ARRAY_IDX(settings->keys, i, const shs_key_t *), p);
    }
    add_places(group, s, main_server, p);
}

void shs_place_check(apr_array_header_t **keys, apr_array_header_t **formats,
                     server_rec *main_server, apr_pool_t *p)
{
    apr_hash_t *groups = apr_hash_make(p);
    apr_hash_index_t *i;
    server_rec *s;

    *keys = apr_array_make(p, 2, sizeof(const char *));
    *formats = apr_array_make(p, 2, sizeof(const char *));
    for (s = main_server; s; s = s->next) {
        if (shs_settings_of_server(s)->store) {
            add_server(groups, s, main_server, p);
        }
    }
    for (i = apr_hash_first(p, groups); i; i = apr_hash_next(i)) {
        group_t *group = apr_hash_this_val(i);

        find_overlap(group);
        compare(*keys, *formats, group, p);
    }
    for (s = main_server; s; s = s->next) {
        shs_server_settings_t *settings =
            ap_get_module_config(s->module_config, &shared_session_module);

        if (settings->store) {
            settings->keys_that_overlap =
                group_of(groups, settings->store, p)->all;
        }
    }
}
