/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/framework_options.h"

#include <string.h>

#include <apr_strings.h>

#include "config/check/place.h"
#include "config/directive/directive_error.h"
#include "config/directive/profile.h"
#include "config/settings.h"

const char *shs_framework_options_set_expiry(cmd_parms *cmd, void *dir,
                                             const char *name)
{
    shs_settings_t *settings = dir;

    settings->expiry.value = shs_expiry_rule_find(name);
    settings->expiry.set = 1;
    if (!settings->expiry.value) {
        return shs_directive_error_describe(
            cmd, apr_psprintf(cmd->pool, "unknown rule '%s'; there are %s",
                              name, shs_expiry_rule_describe_names(cmd->pool)));
    }
    shs_place_of(cmd, settings);
    return NULL;
}

const char *shs_framework_options_set_attributes(cmd_parms *cmd, void *dir,
                                                 int argc, char *const argv[])
{
    shs_settings_t *settings = dir;
    int i;

    if (argc < 1) {
        return shs_directive_error_describe(
            cmd, "names of attributes are needed, or all");
    }
    for (i = 0; i < argc; ++i) {
        if (!*argv[i] || strchr(argv[i], '*') || strchr(argv[i], '[')) {
            return shs_directive_error_describe(
                cmd, apr_psprintf(cmd->pool,
                                  "'%s' is no name: name each attribute as a"
                                  " whole, without a path and without *, as in"
                                  " userInfo",
                                  argv[i]));
        }
    }
    settings->wanted.set = 1;
    settings->wanted.value =
        argc == 1 && !strcasecmp(argv[0], "all")
            ? shs_wanted_everything
            : shs_wanted_create((const char *const *)argv, (apr_size_t)argc,
                                cmd->pool);
    shs_place_of(cmd, settings);
    return NULL;
}

/* A file name in an option may be relative to ServerRoot. */
static char *resolve_path(const cmd_parms *cmd, char *word)
{
    static const char name[] = "secret-file=";
    apr_size_t len = sizeof(name) - 1;

    return !strncasecmp(word, name, len) && word[len]
               ? apr_pstrcat(cmd->pool, name,
                             ap_server_root_relative(cmd->pool, word + len),
                             NULL)
               : word;
}

/* Sets what no other directive of this place has set. What stands behind it
 * replaces it. */
static void apply(shs_settings_t *settings, const shs_profile_t *profile)
{
    if (settings->cookie_options.set) {
        shs_cookie_options_inherit(&settings->cookie_options.value,
                                   &profile->cookie_options);
    }
    else {
        settings->cookie_options.value = profile->cookie_options;
    }
    if (!settings->key.set) {
        settings->key.value = profile->key;
    }
    if (!settings->codec.set) {
        settings->codec.value = profile->codec;
    }
    if (!settings->expiry.set) {
        settings->expiry.value = profile->expiry;
    }
    if (!settings->idle.set) {
        settings->idle.value = profile->idle;
        settings->adopts.value = 0;
    }
    if (!settings->absolute.set) {
        settings->absolute.value = profile->absolute;
    }
    settings->cookie_options.set = settings->key.set = settings->codec.set = 1;
    settings->expiry.set = settings->idle.set = settings->adopts.set = 1;
    settings->absolute.set = 1;
}

const char *shs_framework_options_set_profile(cmd_parms *cmd, void *dir,
                                              int argc, char *const argv[])
{
    shs_settings_t *settings = dir;
    char **words =
        apr_palloc(cmd->pool, (apr_size_t)(argc + 1) * sizeof(char *));
    shs_server_settings_t *server;
    shs_profile_t profile;
    shs_place_t *place;
    const char *error;
    int i;

    for (i = 0; i < argc; ++i) {
        words[i] = resolve_path(cmd, argv[i]);
    }
    error = shs_profile_parse(&profile, argc, words, cmd->pool);
    if (!error && settings->profile.set) {
        error = "is configured twice in this place: keep one";
    }
    if (!error && profile.is_unsigned
        && !(settings->cookie_options.set
             && settings->cookie_options.value.steps.secrets)) {
        error = "needs secret-file=PATH: the file with the secrets of the"
                " application, one in each line";
    }
    if (error) {
        return shs_directive_error_describe(cmd, error);
    }
    apply(settings, &profile);
    settings->profile.set = 1;
    settings->profile.value = profile.codec != &shs_codec_hash;
    settings->profile.cookie_options = apr_pmemdup(
        cmd->pool, &profile.cookie_options, sizeof(profile.cookie_options));
    server = ap_get_module_config(cmd->server->module_config,
                                  &shared_session_module);
    APR_ARRAY_PUSH(server->keys, const shs_key_t *) = settings->key.value;
    place = shs_place_of(cmd, settings);
    place->key_line = place->format_line = shs_place_describe_line(cmd);
    return NULL;
}
