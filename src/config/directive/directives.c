/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/directives.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>
#include <http_core.h>

#include "base/option.h"
#include "config/cache_policy.h"
#include "config/check/place.h"
#include "config/directive/access_options.h"
#include "config/directive/cookie_options.h"
#include "config/directive/directive_error.h"
#include "config/directive/failure_options.h"
#include "config/directive/framework_options.h"
#include "config/directive/lifetimes.h"
#include "config/names.h"
#include "config/provider.h"
#include "config/settings.h"

static shs_server_settings_t *server_settings(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config,
                                &shared_session_module);
}

/* A file name in an option may be relative to ServerRoot. */
static const char *resolve_path(const cmd_parms *cmd, const char *option)
{
    static const char *const names[] = {
        "password-file=", "sentinel-password-file=", "ca=", "cert=", "key=",
        "secret-file="
    };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        apr_size_t len = strlen(names[i]);

        if (!strncasecmp(option, names[i], len) && option[len]) {
            return apr_pstrcat(cmd->pool, names[i],
                               ap_server_root_relative(cmd->pool, option + len),
                               NULL);
        }
    }
    return option;
}

static const char *set_store(cmd_parms *cmd, void *dir, int argc,
                             char *const argv[])
{
    const shs_provider_t *provider;
    apr_array_header_t *options;
    const char *error;
    int i;

    (void)dir;
    if (argc < 1) {
        return shs_directive_error_describe(
            cmd, "a URL is needed, as in redis://127.0.0.1:6379/0"
                 " or unix:///run/redis/redis.sock");
    }
    if (server_settings(cmd)->store) {
        return shs_directive_error_describe(
            cmd, apr_psprintf(cmd->pool,
                              "is configured twice in this server, which has"
                              " one store: keep this one or the other, %s",
                              shs_store_describe(server_settings(cmd)->store)));
    }
    options = apr_array_make(cmd->pool, argc, sizeof(const char *));
    for (i = 1; i < argc; ++i) {
        APR_ARRAY_PUSH(options, const char *) = resolve_path(cmd, argv[i]);
    }
    error = shs_provider_find(&provider, argv[0], cmd->pool);
    if (!error) {
        error = shs_store_create(&server_settings(cmd)->store, provider,
                                 argv[0], options, cmd->pool);
    }
    if (error) {
        return shs_directive_error_describe(cmd, error);
    }
    /* mod_info shows the tree of directives: the password must not be in it. */
    ((ap_directive_t *)cmd->directive)->args =
        shs_store_describe(server_settings(cmd)->store);
    return NULL;
}

static int is_in_htaccess(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL;
}

static const char *set_enabled(cmd_parms *cmd, void *dir, int value)
{
    shs_settings_t *settings = dir;

    settings->enabled.set = 1;
    settings->enabled.value = value;
    if (is_in_htaccess(cmd)) {
        return NULL;
    }
    settings->granted.set = 1;
    settings->granted.value = value;
    if (value) {
        shs_place_of(cmd, settings)->enabled_line =
            shs_place_describe_line(cmd);
    }
    return NULL;
}

/* SetHandler is core's directive; httpd passes it to every module that has it
 * in its table. Only the administrator may expose the resource, and r->handler
 * does not tell whether it was set in .htaccess. */
static const char *set_resource(cmd_parms *cmd, void *dir, const char *name)
{
    shs_settings_t *settings = dir;

    if (!is_in_htaccess(cmd)) {
        settings->resource.set = 1;
        settings->resource.value = !strcasecmp(name, SHS_SETTINGS_HANDLER);
    }
    return NULL;
}

static const char *set_cookie(cmd_parms *cmd, void *dir, int argc,
                              char *const argv[])
{
    shs_settings_t *settings = dir;
    const char **words = apr_palloc(cmd->pool, sizeof(char *) * (argc + 1));
    const char *error;
    int i;

    for (i = 0; i < argc; ++i) {
        words[i] = resolve_path(cmd, argv[i]);
    }
    error = shs_cookie_options_parse(
        &settings->cookie_options.value,
        settings->profile.value ? settings->profile.cookie_options : NULL, argc,
        words, cmd->pool);
    settings->cookie_options.set = 1;
    shs_place_of(cmd, settings);
    return shs_directive_error_describe(cmd, error);
}

static const char *set_cache(cmd_parms *cmd, void *dir, int argc,
                             char *const argv[])
{
    const char *error;

    (void)dir;
    if (server_settings(cmd)->has_cache) {
        return shs_directive_error_describe(
            cmd, "is configured twice in this server: keep one, with all its"
                 " options");
    }
    error = shs_cache_policy_parse(&server_settings(cmd)->cache, argc, argv,
                                   cmd->pool);
    server_settings(cmd)->has_cache = 1;
    return shs_directive_error_describe(cmd, error);
}

static const char *set_key(cmd_parms *cmd, void *dir, const char *text)
{
    shs_settings_t *settings = dir;
    const char *error = shs_key_parse(&settings->key.value, text, cmd->pool);

    settings->key.set = 1;
    if (error) {
        return shs_directive_error_describe(cmd, error);
    }
    APR_ARRAY_PUSH(server_settings(cmd)->keys, const shs_key_t *) =
        settings->key.value;
    shs_place_of(cmd, settings)->key_line = shs_place_describe_line(cmd);
    return NULL;
}

static const char *set_format(cmd_parms *cmd, void *dir, const char *name)
{
    shs_settings_t *settings = dir;

    settings->codec.value = shs_codec_find(name);
    settings->codec.set = 1;
    if (!settings->codec.value) {
        return shs_directive_error_describe(
            cmd, apr_psprintf(cmd->pool, "unknown format '%s'; there are %s",
                              name, shs_codec_describe_names(cmd->pool)));
    }
    shs_place_of(cmd, settings)->format_line = shs_place_describe_line(cmd);
    return NULL;
}

static const char *set_max_size(cmd_parms *cmd, void *dir, const char *text)
{
    shs_settings_t *settings = dir;
    const char *error =
        shs_option_parse_size(&settings->max_size.value, text, cmd->pool);

    settings->max_size.set = 1;
    return shs_directive_error_describe(cmd, error);
}

/* The SIZE of headers, then env=SIZE. */
static const char *set_expose_limit(cmd_parms *cmd, void *dir,
                                    const char *headers, const char *env)
{
    shs_settings_t *settings = dir;
    shs_expose_limit_t *limit = &settings->expose_limit.value;
    const char *error = NULL;

    settings->expose_limit.set = 1;
    if (env && strncmp(env, "env=", 4)) {
        return shs_directive_error_describe(
            cmd, apr_psprintf(cmd->pool,
                              "after the size of headers there is only"
                              " env=SIZE, that of variables, not '%s'",
                              env));
    }
    error = shs_option_parse_size(&limit->headers, headers, cmd->pool);
    if (!error && env) {
        error = shs_option_parse_size(&limit->env, env + 4, cmd->pool);
    }
    return shs_directive_error_describe(cmd, error);
}

static const char *set_control(cmd_parms *cmd, void *dir, int value)
{
    shs_settings_t *settings = dir;

    (void)cmd;
    settings->control.set = 1;
    settings->control.value = value;
    return NULL;
}

/* The keys of a table are case-insensitive. */
static int is_same_note(const char *a, const char *b)
{
    return !strcasecmp(a, b);
}

static const shs_rule_kind_t note_rules = { shs_names_check_note, is_same_note,
                                            shs_names_is_reserved_note };
static const shs_rule_kind_t env_rules = { shs_names_check_env,
                                           shs_names_is_same,
                                           shs_names_is_reserved_env };
static const shs_rule_kind_t header_rules = { shs_names_check_header,
                                              shs_names_is_same,
                                              shs_names_is_control_header };

static const char *add_note(cmd_parms *cmd, void *dir, const char *name,
                            const char *attribute)
{
    shs_settings_t *settings = dir;
    shs_rule_t *rule;
    const char *error = shs_rule_add(&rule, &settings->notes, name, attribute,
                                     &note_rules, cmd->pool);

    return shs_directive_error_describe(cmd, error);
}

static const char *add_env(cmd_parms *cmd, void *dir, const char *name,
                           const char *attribute)
{
    shs_settings_t *settings = dir;
    shs_rule_t *rule;
    const char *error = shs_rule_add(&rule, &settings->env, name, attribute,
                                     &env_rules, cmd->pool);

    return shs_directive_error_describe(cmd, error);
}

/* The name belongs to the whole server, wherever the directive stands: a client
 * must not send it where the module is Off either. */
static const char *add_header(cmd_parms *cmd, void *dir, const char *name,
                              const char *attribute, const char *option)
{
    shs_settings_t *settings = dir;
    shs_rule_t *rule;
    const char *error = shs_rule_add(&rule, &settings->headers, name, attribute,
                                     &header_rules, cmd->pool);

    if (!error && rule) {
        error = shs_rule_parse_encoding(&rule->encoding, option, cmd->pool);
    }
    if (error) {
        return shs_directive_error_describe(cmd, error);
    }
    if (rule) {
        shs_own_headers_add(&server_settings(cmd)->own_headers, rule->name,
                            rule->is_prefix);
    }
    return NULL;
}

/* Where a directive is allowed. Keys, cookies, stores and headers are the
 * administrator's, so not in .htaccess. */
#define SERVER    RSRC_CONF
#define DIRECTORY (RSRC_CONF | ACCESS_CONF)
#define HTACCESS  (RSRC_CONF | ACCESS_CONF | OR_AUTHCFG)

const command_rec shs_directives[] = {
    AP_INIT_TAKE_ARGV("SharedSessionStore", set_store, NULL, SERVER,
                      "URL [key=value ...]: where the sessions are"),
    AP_INIT_TAKE_ARGV("SharedSessionCache", set_cache, NULL, SERVER,
                      "On|Off [size=] [max-entry=] [ttl=] [lease=] [negative=]:"
                      " the near-cache of sessions"),
    AP_INIT_FLAG("SharedSession", set_enabled, NULL, HTACCESS,
                 "On|Off: whether requests here get their session"),
    AP_INIT_TAKE_ARGV("SharedSessionCookie", set_cookie, NULL, DIRECTORY,
                      "NAME [NAME ...] [route=C|none] [url=PARAM]"
                      " [id-chars=] [decode=] [sign= secret-file=] [path=]"
                      " [domain=] [secure|insecure] [httponly=] [samesite=]"
                      " [max-age=] [partitioned]: where the id is found, and"
                      " how its cookie is set"),
    AP_INIT_TAKE1("SharedSessionKey", set_key, NULL, DIRECTORY,
                  "TEMPLATE: the key of an id, as in session:%{id}"),
    AP_INIT_TAKE1("SharedSessionFormat", set_format, NULL, DIRECTORY,
                  "FORMAT: how a session is stored: hash, json, form, or that"
                  " of a framework"),
    AP_INIT_TAKE_ARGV("SharedSessionProfile", shs_framework_options_set_profile,
                      NULL, DIRECTORY,
                      "NAME [key=value ...], or none: the framework that has"
                      " written the sessions"),
    AP_INIT_TAKE1("SharedSessionExpiry", shs_framework_options_set_expiry, NULL,
                  DIRECTORY,
                  "ttl|expire|fixed|spring|spring-indexed|redisson: how a touch"
                  " and a logout are stored"),
    AP_INIT_TAKE_ARGV("SharedSessionAttributes",
                      shs_framework_options_set_attributes, NULL, DIRECTORY,
                      "all, or NAME ...: the attributes of a framework's"
                      " session that are read"),
    AP_INIT_TAKE12("SharedSessionNote", add_note, NULL, HTACCESS,
                   "NAME ATTRIBUTE, or PREFIX* *, or none: request notes"),
    AP_INIT_TAKE12("SharedSessionEnv", add_env, NULL, HTACCESS,
                   "NAME ATTRIBUTE, or PREFIX* *, or none: environment"
                   " variables"),
    AP_INIT_TAKE123("SharedSessionHeader", add_header, NULL, DIRECTORY,
                    "NAME ATTRIBUTE [encoding=percent|raw|base64], or"
                    " PREFIX* *, or none: request headers"),
    AP_INIT_TAKE12("SharedSessionExposeLimit", set_expose_limit, NULL,
                   DIRECTORY,
                   "SIZE [env=SIZE]: how much a session may add to a request"
                   " in headers, and in variables"),
    AP_INIT_TAKE_ARGV("SharedSessionFailure", shs_failure_options_set, NULL,
                      DIRECTORY,
                      "allow|deny [stale=TIME] [decide=none]: when the store"
                      " gives no answer"),
    AP_INIT_TAKE1("SharedSessionMaxSize", set_max_size, NULL, DIRECTORY,
                  "SIZE: a larger session is refused"),
    AP_INIT_TAKE12("SharedSessionIdleTimeout", shs_lifetimes_set_idle, NULL,
                   DIRECTORY,
                   "TIME [adopt]: how long a session lives unused; adopt: those"
                   " of other programs too"),
    AP_INIT_TAKE1("SharedSessionAbsoluteTimeout", shs_lifetimes_set_absolute,
                  NULL, DIRECTORY, "TIME: how long a session lives at all"),
    AP_INIT_TAKE1("SharedSessionTouch", shs_lifetimes_set_touch, NULL,
                  DIRECTORY,
                  "INTERVAL|On|Off: how often requests touch a session"),
    AP_INIT_TAKE1("SharedSessionRotateGrace", shs_lifetimes_set_grace, NULL,
                  DIRECTORY,
                  "TIME: how long a rotated id still leads to the session"),
    AP_INIT_FLAG("SharedSessionControl", set_control, NULL, DIRECTORY,
                 "On|Off: whether responses from downstream may change the"
                 " session"),
    AP_INIT_TAKE1("SharedSessionUser", shs_access_options_set_user, NULL,
                  HTACCESS,
                  "ATTRIBUTE, or none: the attribute that names the user"),
    AP_INIT_TAKE123("SharedSessionLogin", shs_access_options_set_login, NULL,
                    HTACCESS,
                    "URL [param=NAME|none] [status=302|303], or none: where a"
                    " person without a session logs in"),
    AP_INIT_TAKE1("SharedSessionForbidden", shs_access_options_set_forbidden,
                  NULL, HTACCESS,
                  "PATH, or none: the page for a person whose session is not"
                  " allowed here"),
    SHS_DIRECTIVE_ERROR_OVERRIDE("SharedSession"),
    SHS_DIRECTIVE_ERROR_OVERRIDE("SharedSessionNote"),
    SHS_DIRECTIVE_ERROR_OVERRIDE("SharedSessionEnv"),
    SHS_DIRECTIVE_ERROR_OVERRIDE("SharedSessionUser"),
    SHS_DIRECTIVE_ERROR_OVERRIDE("SharedSessionLogin"),
    SHS_DIRECTIVE_ERROR_OVERRIDE("SharedSessionForbidden"),
    AP_INIT_TAKE1("SetHandler", set_resource, NULL, OR_FILEINFO,
                  "a handler's name: " SHS_SETTINGS_HANDLER " is the JSON"
                  " resource"),
    { NULL }
};
