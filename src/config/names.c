/* SPDX-License-Identifier: Apache-2.0 */
#include "config/names.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "config/control_headers.h"

/* A trailing * matches any suffix. */
/* clang-format off */
static const char *const reserved_headers[] = {
    "Accept*", "Authorization", "Connection", "Content-*", "Cookie", "Expect",
    "Forwarded", "Host", "If-*", "Keep-Alive", "Origin", "Proxy*", "Range",
    "Referer", "Sec-*", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    "User-Agent", "Via", "X-Forwarded-*", NULL
};

/* Variables that httpd's modules, gateways (CGI, FastCGI, SCGI, uWSGI, AJP,
 * mod_perl, mod_wsgi, Passenger, php-fpm) and runtimes act on: which user is
 * logged in, which file to run, which options to use. */
static const char *const reserved_env[] = {
    "AJP_AJP_*", "AJP_JK_*", "ALL_PROXY", "APP_DEBUG", "APP_ENV", "APP_KEY",
    "APP_RUNTIME*", "APP_SECRET", "ASAN_*", "ASPNETCORE_*", "AUTHENTICATE_*",
    "AUTHORIZE_*", "AUTH_*", "AWKLIBPATH", "AWKPATH", "AWS_*", "BALANCER_*",
    "BASHOPTS", "BASH_*", "BROWSER", "BUNDLE_*", "CAS_*", "CATALYST_*",
    "CDPATH", "CLASSPATH", "COMPLUS_*", "COMPOSER_*", "CONTENT_*", "CONTEXT_*",
    "CORECLR_*", "COR_*", "CURL_*", "DANCER_*", "DATABASE_URL", "DBI_*",
    "DBUS_*", "DENO_*", "DJANGO_*", "DOCKER_*", "DOCUMENT_*", "DOTNET_*",
    "DYLD_*", "EDITOR", "ENV", "ERL_*", "FCGI*", "FLASK_*", "FONTCONFIG_*",
    "FPATH", "FTP_PROXY", "GATEWAY_INTERFACE", "GCONV_PATH", "GDK_*", "GEM_*",
    "GETCONF_DIR", "GHCRTS", "GIO_*", "GIT_*", "GLIBC_*", "GLOBIGNORE",
    "GNUPGHOME", "GNUTLS_*", "GODEBUG", "GOTRACEBACK", "GSS_*", "GST_*",
    "GS_*", "GTK_*", "GUILE_*", "GUNICORN_*", "H2PUSH", "H2_*", "HGRCPATH",
    "HOME", "HOSTALIASES", "HTTP2", "HTTPS", "HTTPS_PROXY", "HTTP_*", "IFS",
    "JAVA_*", "JDK_*", "JK_*", "JULIA_*", "KRB5*", "KUBECONFIG", "LANG",
    "LANGUAGE", "LARAVEL_*", "LC_*", "LDAP*", "LD_*", "LESS", "LESSCLOSE",
    "LESSOPEN", "LOCALDOMAIN", "LOCPATH", "LSAN_*", "LUA_*", "MAGICK_*",
    "MAKEFLAGS", "MALLOC_*", "MELLON_*", "METEOR_*", "MODSEC*", "MOD_*",
    "MOJO_*", "MONO_*", "MYSQL_*", "NETRC", "NIS_PATH", "NLSPATH", "NODE_*",
    "NO_PROXY", "NPM_*", "OCAMLRUNPARAM", "ODBC*", "OIDC_*", "OLDPWD",
    "OPENSSL_*", "ORACLE_*", "ORIG_*", "PAGER", "PASSENGER_*", "PATH",
    "PATH_*", "PERL*", "PGHOST", "PGPASSFILE", "PGSERVICE*", "PGSYSCONFDIR",
    "PHP*", "PIP_*", "PLACK_*", "POSIXLY_CORRECT", "PROMPT_COMMAND", "PROXY_*",
    "PS1", "PS2", "PS4", "PSGI*", "PWD", "PYTHON*", "QS_*", "QT_*",
    "QUERY_STRING", "RACK_*", "RAILS_*", "REDIRECT_*", "REMOTE_*",
    "REQUESTS_CA_BUNDLE", "REQUEST_*", "RESOLV_*", "RES_OPTIONS", "RUBY*",
    "R_ENVIRON*", "R_HOME", "R_LIBS*", "R_PROFILE*", "SASL_*", "SCGI*",
    "SCRIPT_*", "SECRET_KEY*", "SERVER_*", "SHARED_SESSION", "SHELL",
    "SHELLOPTS", "SHIB_*", "SSH_*", "SSL_*", "SYMFONY_*", "TCLLIBPATH",
    "TCL_LIBRARY", "TEMP", "TERM", "TERMINFO", "TMP", "TMPDIR", "TNS_ADMIN",
    "TSAN_*", "TZ", "TZDIR", "UBSAN_*", "UNIQUE_ID", "UVICORN_*", "UWSGI_*",
    "VIRTUAL_ENV", "VISUAL", "WERKZEUG_*", "WSGI*", "XDG_*", "ZDOTDIR",
    "_JAVA_OPTIONS", "nokeepalive", NULL
};

/* error-notes is printed in error pages unescaped. mod_session_cookie,
 * mod_session_dbd, mod_security2 and others read their own notes as pointers to
 * structures. httpd's modules control each other through the rest. */
static const char *const reserved_notes[] = {
    "SHARED_SESSION", "cache-status", "error-notes", "http2-*", "mod_*",
    "modsecurity-*", "proxy-*", "remoteip-*", "ssl-*", "verbose-error-to", NULL
};

/* clang-format on */

int shs_names_is_same(const char *a, const char *b)
{
    while (*a && *b && shs_names_fold(*a) == shs_names_fold(*b)) {
        ++a;
        ++b;
    }
    return !*a && !*b;
}

/* Whether a reserved name (or pattern) covers `name`; with is_prefix, whether
 * it covers some name that begins with `name`. In nearly all cases the first
 * characters differ. */
static int covers(const char *reserved, const char *name, int is_prefix)
{
    while (*reserved && *reserved != '*' && *name
           && shs_names_fold(*reserved) == shs_names_fold(*name)) {
        ++reserved;
        ++name;
    }
    return *reserved == '*' || (!*name && (!*reserved || is_prefix));
}

static const char *find_reserved(const char *const *reserved, const char *name,
                                 int is_prefix)
{
    while (*reserved && !covers(*reserved, name, is_prefix)) {
        ++reserved;
    }
    return *reserved;
}

/* Quick for nearly all headers: each of a request's passes through here. */
int shs_names_is_control_header(const char *name, int is_prefix)
{
    return (!*name || shs_names_fold(*name) == 'x')
           && find_reserved(shs_control_headers, name, is_prefix);
}

const char *shs_names_check_header(const char *name, int is_prefix,
                                   apr_pool_t *p)
{
    const char *reserved;
    const char *c;

    if (!*name) {
        return "a header needs a name; with *, a beginning such as"
               " X-Session-*";
    }
    for (c = name; *c; ++c) {
        if (!apr_isalnum(*c) && *c != '-' && *c != '_') {
            return apr_psprintf(p,
                                "'%s' is not a header name here: use letters,"
                                " digits, - and _",
                                name);
        }
    }
    /* A prefix may cover reserved names: an attribute that would complete it to
     * one is left out at run time. */
    if (!is_prefix && shs_names_is_control_header(name, 0)) {
        return apr_psprintf(p,
                            "the header '%s' is one with which a response"
                            " changes the session: choose another name, as in"
                            " X-Session-User",
                            name);
    }
    reserved = find_reserved(reserved_headers, name, is_prefix);
    if (reserved) {
        return apr_psprintf(p,
                            "'%s%s' covers the header %s, which is the"
                            " client's or the protocol's: choose a name of"
                            " your own, as in X-Session-User",
                            name, is_prefix ? "*" : "", reserved);
    }
    return NULL;
}

int shs_names_is_reserved_note(const char *name, int is_prefix)
{
    return find_reserved(reserved_notes, name, is_prefix) != NULL;
}

const char *shs_names_check_note(const char *name, int is_prefix, apr_pool_t *p)
{
    if (!*name) {
        return "a note needs a name; with *, a beginning such as session.*";
    }
    /* As above: an attribute that would complete the prefix to a reserved name
     * is left out at run time. */
    if (shs_names_is_reserved_note(name, 0)) {
        return apr_psprintf(p,
                            "the note '%s%s' belongs to httpd or one of its"
                            " modules: choose a name of your own",
                            name, is_prefix ? "*" : "");
    }
    return NULL;
}

int shs_names_is_reserved_env(const char *name, int is_prefix)
{
    return find_reserved(reserved_env, name, is_prefix) != NULL;
}

const char *shs_names_check_env(const char *name, int is_prefix, apr_pool_t *p)
{
    const char *c;

    if (!*name) {
        return "a variable needs a name; with *, a beginning such as"
               " SESSION_*";
    }
    for (c = name; *c; ++c) {
        if (!apr_isalpha(*c) && *c != '_' && (c == name || !apr_isdigit(*c))) {
            return apr_psprintf(p,
                                "'%s' is not a variable name: use letters,"
                                " digits and _",
                                name);
        }
    }
    /* A short prefix such as S* is allowed although SERVER_NAME begins so: an
     * attribute that would complete it to a reserved name is left out. */
    if (shs_names_is_reserved_env(name, 0)) {
        return apr_psprintf(p,
                            "'%s%s' belongs to httpd, CGI or a program's"
                            " start-up: choose a name of your own, as in"
                            " SESSION_USER",
                            name, is_prefix ? "*" : "");
    }
    return NULL;
}
