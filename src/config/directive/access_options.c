/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/access_options.h"

#include <string.h>
#include <stdlib.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

#include "config/directive/directive_error.h"
#include "config/settings.h"

#define DEFAULT_PARAMETER "return"

const char *shs_access_options_set_user(cmd_parms *cmd, void *dir,
                                        const char *attribute)
{
    shs_settings_t *settings = dir;
    const char *error;

    settings->user.set = 1;
    if (!strcasecmp(attribute, "none")) {
        return NULL;
    }
    error = shs_path_parse(&settings->user.value, attribute, cmd->pool);
    if (!error && shs_path_kind(settings->user.value) != SHS_PATH_ATTRIBUTE) {
        error = apr_psprintf(cmd->pool,
                             "'%s' names no user: an attribute of the session"
                             " is needed, as in userId or user.name",
                             attribute);
    }
    return shs_directive_error_describe(cmd, error);
}

/* Whether the text has only characters that a URL may have (RFC 3986), so that
 * it can stand in a Location header as it is. */
static int is_url_text(const char *text)
{
    for (; *text; ++text) {
        if (*text <= ' ' || *text >= 0x7f || strchr("\"<>\\^`{|}", *text)) {
            return 0;
        }
    }
    return 1;
}

/* Whether it is an absolute path; "//host" is none (RFC 3986 section 4.2). */
static int is_path(const char *text)
{
    return text[0] == '/' && text[1] != '/' && is_url_text(text);
}

/* Whether a path has dot segments (RFC 3986 section 3.3). */
static int has_dot_segments(const char *path, apr_pool_t *p)
{
    char *without = apr_pstrdup(p, path);

    ap_getparents(without);
    return strcmp(without, path) != 0;
}

static const char *parse_url(shs_login_t *login, const char *url, apr_pool_t *p)
{
    apr_uri_t uri;
    char *path;

    if (!is_url_text(url) || apr_uri_parse(p, url, &uri) != APR_SUCCESS
        || !(is_path(url)
             || (uri.scheme && uri.hostname && *uri.hostname
                 && (!strcasecmp(uri.scheme, "https")
                     || !strcasecmp(uri.scheme, "http"))))) {
        return apr_psprintf(p,
                            "'%s' is neither a path of this server, as in"
                            " /login, nor a URL that begins with https:// or"
                            " http://",
                            url);
    }
    path = apr_pstrdup(p, uri.path ? uri.path : "/");
    if (ap_unescape_url(path) != OK) {
        return apr_psprintf(p, "'%s' has a wrong percent encoding", url);
    }
    if (has_dot_segments(path, p)) {
        /* The login page would not be known as such: it would redirect to
         * itself. */
        return apr_psprintf(
            p, "'%s' has a segment . or .., which browsers leave out", url);
    }
    login->url = url;
    login->path = path;
    login->host = uri.hostname;
    return NULL;
}

/* Whether the name can stand in a query as it is (RFC 3986 section 2.3). */
static int is_parameter(const char *name)
{
    const char *c = name;

    while (apr_isalnum(*c) || (*c && strchr("-._~", *c))) {
        ++c;
    }
    return *name && !*c;
}

static const char *parse_option(shs_login_t *login, const char *option,
                                apr_pool_t *p)
{
    if (!strncmp(option, "param=", 6)) {
        login->parameter = strcasecmp(option + 6, "none") ? option + 6 : NULL;
        return !login->parameter || is_parameter(login->parameter)
                   ? NULL
                   : "param= takes a name of letters, digits and - . _ ~, or"
                     " none";
    }
    if (!strcmp(option, "status=302") || !strcmp(option, "status=303")) {
        login->status = atoi(option + 7);
        return NULL;
    }
    return apr_psprintf(p,
                        "'%s': after the URL there are only param=NAME,"
                        " param=none, status=302 and status=303",
                        option);
}

/* Whether both have the same name. */
static int is_same_option(const char *first, const char *second)
{
    return !strncmp(first, second, strcspn(first, "=") + 1);
}

const char *shs_access_options_set_login(cmd_parms *cmd, void *dir,
                                         const char *url, const char *first,
                                         const char *second)
{
    shs_settings_t *settings = dir;
    shs_login_t *login = apr_pcalloc(cmd->pool, sizeof(*login));
    const char *error;

    settings->login.set = 1;
    settings->login.value = NULL;
    if (!strcasecmp(url, "none") && !first) {
        return NULL;
    }
    login->parameter = DEFAULT_PARAMETER;
    login->status = HTTP_MOVED_TEMPORARILY;
    error = parse_url(login, url, cmd->pool);
    if (!error && first) {
        error = parse_option(login, first, cmd->pool);
    }
    if (!error && first && second) {
        error = is_same_option(first, second)
                    ? "an option is given twice"
                    : parse_option(login, second, cmd->pool);
    }
    settings->login.value = login;
    return shs_directive_error_describe(cmd, error);
}

const char *shs_access_options_set_forbidden(cmd_parms *cmd, void *dir,
                                             const char *path)
{
    shs_settings_t *settings = dir;

    settings->forbidden.set = 1;
    settings->forbidden.value = NULL;
    if (!strcasecmp(path, "none")) {
        return NULL;
    }
    settings->forbidden.value = path;
    return shs_directive_error_describe(
        cmd, is_path(path)
                 ? NULL
                 : apr_psprintf(cmd->pool,
                                "'%s' is no path of this server, as in"
                                " /forbidden.html",
                                path));
}
