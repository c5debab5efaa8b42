/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/endpoint.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

#include "session/octets.h"
#include "store/option.h"

#define DEFAULT_PORT 6379
#define MAX_PASSWORD 4096

/* A password with an unescaped "/" in it makes the rest of it look like a
 * port or a database, so these messages do not repeat what they read. */
static const char *parse_db(int *db, const char *text, apr_pool_t *p)
{
    return shs_option_parse_number(db, text, 0, 999999999, p)
               ? "the database is no whole number; characters like @ / ? # %"
                 " in user or password are written as %XX"
               : NULL;
}

static const char *parse_unix(shs_endpoint_t *endpoint, const char *url,
                              apr_pool_t *p)
{
    const char *path = url + strlen("unix://");
    const char *query = strchr(path, '?');

    if (*path != '/') {
        return "unix:// takes an absolute path, with three slashes in all, as"
               " in unix:///run/redis/redis.sock";
    }
    endpoint->path =
        query ? apr_pstrmemdup(p, path, (apr_size_t)(query - path)) : path;
    if (strlen(endpoint->path)
        >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        return "the path of the Unix socket is too long for the system";
    }
    if (!query) {
        return NULL;
    }
    if (strncmp(query, "?db=", 4)) {
        return "after '?' only db=N is known, as in unix:///path?db=1";
    }
    return parse_db(&endpoint->db, query + 4, p);
}

/* Undoes percent-encoding. NULL stays NULL. */
static const char *decode(const char **out, const char *text, apr_pool_t *p)
{
    apr_size_t len;
    char *decoded;

    if (!text) {
        return NULL;
    }
    decoded = apr_palloc(p, strlen(text) + 1);
    if (shs_octets_unescape(decoded, &len, text, strlen(text), 0)) {
        return "user or password: a '%' is not followed by two hexadecimal"
               " digits; write %25 for a percent sign";
    }
    decoded[len] = '\0';
    if (strlen(decoded) != len) {
        return "user or password: %00 is not possible";
    }
    *out = decoded;
    return NULL;
}

static const char *parse_credentials(shs_endpoint_t *endpoint,
                                     const apr_uri_t *uri, apr_pool_t *p)
{
    const char *user = uri->user && *uri->user ? uri->user : NULL;
    const char *error = decode(&endpoint->user, user, p);

    return error ? error : decode(&endpoint->password, uri->password, p);
}

/* Whether the host stands alone between "//" or "@" and ":" or "/": the URL
 * parser overlooks what follows a bracket. */
static int is_host(const apr_uri_t *uri, apr_pool_t *p)
{
    const char *at = strchr(uri->hostinfo, '@');
    const char *given = at ? at + 1 : uri->hostinfo;
    const char *brackets = *given == '[' ? "[" : "";
    const char *c;
    const char *text = apr_psprintf(
        p, "%.1s%s%s%s%s", brackets, uri->hostname, *brackets ? "]" : "",
        uri->port_str ? ":" : "", uri->port_str ? uri->port_str : "");

    for (c = uri->hostname; *c; ++c) {
        if (!apr_isalnum(*c) && !strchr(*brackets ? ".:%" : ".-_", *c)) {
            return 0;
        }
    }
    return !strcmp(text, given);
}

static const char *parse_tcp(shs_endpoint_t *endpoint, const char *url,
                             apr_pool_t *p)
{
    apr_uri_t uri;
    const char *error;

    if (apr_uri_parse(p, url, &uri) != APR_SUCCESS || !uri.hostname
        || !*uri.hostname || !is_host(&uri, p)) {
        return "it is no URL of the form"
               " redis://[user[:password]@]host[:port][/db] (or rediss://);"
               " characters like"
               " @ / ? # % in user or password are written as %XX";
    }
    endpoint->host = uri.hostname;
    endpoint->is_tls = !strcmp(uri.scheme, "rediss");
    endpoint->tls.name = uri.hostname;
    endpoint->port = DEFAULT_PORT;
    if (uri.port_str && *uri.port_str) {
        if (shs_option_parse_number(&endpoint->port, uri.port_str, 1, 65535,
                                    p)) {
            return "the port is no whole number from 1 to 65535";
        }
    }
    if (uri.query || uri.fragment) {
        return "the URL takes nothing after '?' or '#'; options follow the"
               " URL as key=value";
    }
    if (uri.path && strlen(uri.path) > 1) {
        error = parse_db(&endpoint->db, uri.path + 1, p);
        if (error) {
            return error;
        }
    }
    return parse_credentials(endpoint, &uri, p);
}

/* Reads the first line of the file. */
static const char *read_password(const char **out, const char *path,
                                 apr_pool_t *p)
{
    char *line = apr_palloc(p, MAX_PASSWORD);
    apr_file_t *file;
    apr_status_t rv;
    char message[120];

    rv = apr_file_open(&file, path, APR_READ | APR_BUFFERED, 0, p);
    if (rv == APR_SUCCESS) {
        rv = apr_file_gets(line, MAX_PASSWORD, file);
        apr_file_close(file);
    }
    if (APR_STATUS_IS_EOF(rv)) {
        return apr_psprintf(p, "password-file %s is empty", path);
    }
    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "password-file %s cannot be read: %s", path,
                            apr_strerror(rv, message, sizeof(message)));
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (!*line) {
        return apr_psprintf(p, "the first line of password-file %s is empty",
                            path);
    }
    *out = line;
    return NULL;
}

static const char *set_connect_timeout(shs_endpoint_t *endpoint,
                                       const char *value, apr_pool_t *p)
{
    return shs_option_parse_duration(&endpoint->connect_timeout, value, p);
}

static const char *set_timeout(shs_endpoint_t *endpoint, const char *value,
                               apr_pool_t *p)
{
    return shs_option_parse_duration(&endpoint->timeout, value, p);
}

static const char *set_idle(shs_endpoint_t *endpoint, const char *value,
                            apr_pool_t *p)
{
    return shs_option_parse_duration(&endpoint->idle, value, p);
}

static const char *set_pool(shs_endpoint_t *endpoint, const char *value,
                            apr_pool_t *p)
{
    return shs_option_parse_number(&endpoint->pool_size, value, 1, 1024, p);
}

static const char *set_password_file(shs_endpoint_t *endpoint,
                                     const char *value, apr_pool_t *p)
{
    return read_password(&endpoint->password, value, p);
}

/* Redis takes no spaces or controls in it. */
static const char *set_client_name(shs_endpoint_t *endpoint, const char *value,
                                   apr_pool_t *p)
{
    const char *c;

    for (c = value; *c; ++c) {
        if (*c <= ' ' || *c > '~') {
            return apr_psprintf(p,
                                "'%s' has a character that a client's name"
                                " cannot have",
                                value);
        }
    }
    endpoint->client_name = value;
    return NULL;
}

static const char *set_ca(shs_endpoint_t *endpoint, const char *value,
                          apr_pool_t *p)
{
    (void)p;
    endpoint->tls.ca = value;
    return NULL;
}

static const char *set_cert(shs_endpoint_t *endpoint, const char *value,
                            apr_pool_t *p)
{
    (void)p;
    endpoint->tls.cert = value;
    return NULL;
}

static const char *set_key(shs_endpoint_t *endpoint, const char *value,
                           apr_pool_t *p)
{
    (void)p;
    endpoint->tls.key = value;
    return NULL;
}

static const char *set_servername(shs_endpoint_t *endpoint, const char *value,
                                  apr_pool_t *p)
{
    (void)p;
    endpoint->tls.name = value;
    return NULL;
}

static const char *set_verify(shs_endpoint_t *endpoint, const char *value,
                              apr_pool_t *p)
{
    endpoint->tls.is_unverified = !strcmp(value, "off");
    return endpoint->tls.is_unverified || !strcmp(value, "on")
               ? NULL
               : apr_psprintf(p, "'%s' is neither on nor off", value);
}

static const struct {
    const char *name;
    const char *(*set)(shs_endpoint_t *endpoint, const char *value,
                       apr_pool_t *p);
    int is_for_tls;
} known_options[] = {
    { "connect-timeout", set_connect_timeout, 0 },
    { "timeout", set_timeout, 0 },
    { "pool", set_pool, 0 },
    { "idle", set_idle, 0 },
    { "password-file", set_password_file, 0 },
    { "name", set_client_name, 0 },
    { "ca", set_ca, 1 },
    { "cert", set_cert, 1 },
    { "key", set_key, 1 },
    { "servername", set_servername, 1 },
    { "verify", set_verify, 1 },
};

#define KNOWN_OPTIONS (sizeof(known_options) / sizeof(known_options[0]))

static const char *refuse_unknown(const char *name, apr_pool_t *p)
{
    const char *names = known_options[0].name;
    apr_size_t i;

    for (i = 1; i < KNOWN_OPTIONS; ++i) {
        names = apr_pstrcat(p, names, ", ", known_options[i].name, NULL);
    }
    return apr_psprintf(p, "unknown option '%s'; there are %s", name, names);
}

static const char *parse_option(shs_endpoint_t *endpoint, const char *option,
                                apr_pool_t *p)
{
    apr_size_t len = strcspn(option, "=");
    const char *name = apr_pstrmemdup(p, option, len);
    const char *value = option + len + (option[len] == '=');
    const char *error;
    apr_size_t i = 0;

    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")]) {
        return "what follows the URL is no key=value option; a space in user"
               " or password is written as %20";
    }
    while (i < KNOWN_OPTIONS && strcmp(name, known_options[i].name)) {
        ++i;
    }
    if (i == KNOWN_OPTIONS) {
        return refuse_unknown(name, p);
    }
    if (!*value) {
        return apr_psprintf(p, "option '%s' needs a value: %s=...", name, name);
    }
    if (known_options[i].is_for_tls && !endpoint->is_tls) {
        return apr_psprintf(p, "%s= is for TLS: write rediss:// in the URL",
                            name);
    }
    error = known_options[i].set(endpoint, value, p);
    return error ? apr_pstrcat(p, name, "=: ", error, NULL) : NULL;
}

const char *shs_endpoint_parse(shs_endpoint_t **out, const char *url,
                               const apr_array_header_t *options, apr_pool_t *p)
{
    shs_endpoint_t *endpoint = apr_pcalloc(p, sizeof(*endpoint));
    const char *error;
    int i;

    endpoint->connect_timeout = 200 * 1000;
    endpoint->timeout = 200 * 1000;
    endpoint->idle = 60 * APR_USEC_PER_SEC;
    error = !strncmp(url, "unix:", 5) ? parse_unix(endpoint, url, p)
                                      : parse_tcp(endpoint, url, p);
    for (i = 0; !error && options && i < options->nelts; ++i) {
        error =
            parse_option(endpoint, APR_ARRAY_IDX(options, i, const char *), p);
    }
    if (error) {
        return error;
    }
    if (endpoint->user && !endpoint->password) {
        return "a user without a password: write user:password@, or add"
               " password-file=";
    }
    *out = endpoint;
    return NULL;
}

int shs_endpoint_pool_size(const shs_endpoint_t *endpoint, int threads)
{
    if (endpoint->pool_size > 0) {
        return endpoint->pool_size;
    }
    if (threads < 1) {
        return 1;
    }
    return threads > SHS_ENDPOINT_POOL_CAP ? SHS_ENDPOINT_POOL_CAP : threads;
}

const char *shs_endpoint_describe(const shs_endpoint_t *endpoint, apr_pool_t *p)
{
    int is_v6 = endpoint->host && strchr(endpoint->host, ':') != NULL;

    if (endpoint->path) {
        return apr_psprintf(p, "unix://%s?db=%d", endpoint->path, endpoint->db);
    }
    return apr_psprintf(p, "%s://%s%s%s:%d/%d",
                        endpoint->is_tls ? "rediss" : "redis", is_v6 ? "[" : "",
                        endpoint->host, is_v6 ? "]" : "", endpoint->port,
                        endpoint->db);
}

/* The value with its length before it: no two lists of values make the same
 * text, whatever characters they hold. */
static const char *delimit(const char *value, apr_pool_t *p)
{
    return value ? apr_psprintf(p, " %d:%s", (int)strlen(value), value) : " -";
}

const char *shs_endpoint_identity(const shs_endpoint_t *endpoint, apr_pool_t *p)
{
    const shs_tls_options_t *tls = &endpoint->tls;

    return apr_pstrcat(p,
                       apr_psprintf(p,
                                    "%s %" APR_INT64_T_FMT " %" APR_INT64_T_FMT
                                    " %" APR_INT64_T_FMT " %d %d",
                                    shs_endpoint_describe(endpoint, p),
                                    (apr_int64_t)endpoint->connect_timeout,
                                    (apr_int64_t)endpoint->timeout,
                                    (apr_int64_t)endpoint->idle,
                                    endpoint->pool_size, tls->is_unverified),
                       delimit(endpoint->user, p),
                       delimit(endpoint->password, p),
                       delimit(endpoint->client_name, p), delimit(tls->ca, p),
                       delimit(tls->cert, p), delimit(tls->key, p),
                       delimit(tls->name, p), NULL);
}
