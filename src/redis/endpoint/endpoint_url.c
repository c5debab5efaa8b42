/* SPDX-License-Identifier: Apache-2.0
 *
 * apr_uri_parse() is not used: it supports no list of servers and ignores text
 * after a closing bracket.
 */
#include "redis/endpoint/endpoint_url.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <arpa/inet.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/octets.h"
#include "base/option.h"
#include "redis/endpoint/endpoint_option.h"

#define ESCAPES \
    "; characters like @ / ? # % in user or password are written as %XX"

typedef struct scheme_t {
    const char *name;
    shs_endpoint_mode_t mode;
    int is_tls;
    int port;
    const char *no_server; /* the message if no server is given */
} scheme_t;

#define FORM(head, tail)                                     \
    "a server is missing: it is not a URL of the form " head \
    "[user[:password]@]" tail ESCAPES

static const scheme_t schemes[] = {
    { "redis://", SHS_ENDPOINT_SINGLE, 0, 6379,
      FORM("redis://", "host[:port][/db]") },
    { "rediss://", SHS_ENDPOINT_SINGLE, 1, 6379,
      FORM("rediss://", "host[:port][/db]") },
    { "redis+sentinel://", SHS_ENDPOINT_SENTINEL, 0, 26379,
      FORM("redis+sentinel://", "host[:port],host[:port]/MASTER[/db]") },
    { "rediss+sentinel://", SHS_ENDPOINT_SENTINEL, 1, 26379,
      FORM("rediss+sentinel://", "host[:port],host[:port]/MASTER[/db]") },
    { "redis+cluster://", SHS_ENDPOINT_CLUSTER, 0, 6379,
      FORM("redis+cluster://", "host[:port],host[:port]") },
    { "rediss+cluster://", SHS_ENDPOINT_CLUSTER, 1, 6379,
      FORM("rediss+cluster://", "host[:port],host[:port]") },
};

static const scheme_t *find_scheme(const char *url)
{
    apr_size_t i;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); ++i) {
        if (!strncmp(url, schemes[i].name, strlen(schemes[i].name))) {
            return &schemes[i];
        }
    }
    return NULL;
}

static const char *parse_db(int *db, const char *text, apr_pool_t *p)
{
    return shs_option_parse_number(db, text, 0, 999999999, p)
               ? "the database is not a whole number" ESCAPES
               : NULL;
}

static const char *parse_unix(shs_endpoint_t *endpoint, const char *path,
                              apr_pool_t *p)
{
    const char *query = strchr(path, '?');

    endpoint->credentials = shs_credentials_create(NULL, NULL, p);
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

/* Undoes percent-encoding. */
static const char *decode(const char **out, const char *text, apr_pool_t *p)
{
    apr_size_t len;
    char *decoded = apr_palloc(p, strlen(text) + 1);

    if (shs_octets_unescape(decoded, &len, text, strlen(text), 0)) {
        return "user or password: a '%' is not followed by two hexadecimal"
               " digits; write %25 for a percent sign";
    }
    decoded[len] = '\0';
    if (strlen(decoded) != len) {
        return "user or password: %00 is not possible";
    }
    if (len >= SHS_CREDENTIALS_ROOM) {
        return "user or password: it is longer than 8191 octets";
    }
    *out = decoded;
    return NULL;
}

/* An empty user counts as no user; an empty password is a password. */
static const char *parse_credentials(shs_endpoint_t *endpoint, const char *text,
                                     apr_pool_t *p)
{
    apr_size_t len = strcspn(text, ":");
    const char *user = NULL, *password = NULL;
    const char *error = NULL;

    if (len > 0) {
        error = decode(&user, apr_pstrmemdup(p, text, len), p);
    }
    if (!error && text[len]) {
        error = decode(&password, text + len + 1, p);
    }
    if (!error) {
        endpoint->credentials = shs_credentials_create(user, password, p);
    }
    return error;
}

static int is_name(const char *text, const char *marks)
{
    for (; *text; ++text) {
        if (!apr_isalnum(*text) && !strchr(marks, *text)) {
            return 0;
        }
    }
    return 1;
}

/* A zone is allowed: fe80::1%eth0. */
static int is_v6(const char *text, apr_pool_t *p)
{
    struct in6_addr address;
    apr_size_t len = strcspn(text, "%");

    return inet_pton(AF_INET6, apr_pstrmemdup(p, text, len), &address) == 1
           && (!text[len] || (text[len + 1] && is_name(text + len + 1, ".-_")));
}

/* Parses one member of the list. */
static const char *parse_server(shs_address_t *server, const char *text,
                                const scheme_t *scheme, apr_pool_t *p)
{
    int is_bracketed = *text == '[';
    const char *host = text + is_bracketed;
    apr_size_t len = strcspn(host, is_bracketed ? "]" : ":");
    const char *rest = host + len;

    server->host = apr_pstrmemdup(p, host, len);
    server->port = scheme->port;
    if (is_bracketed) {
        if (*rest != ']' || !is_v6(server->host, p)) {
            return "brackets stand around an IPv6 address, as in"
                   " [::1]:6379" ESCAPES;
        }
        ++rest;
    }
    else if (*rest && strchr(rest + 1, ':')) {
        return "a host has two ports; an IPv6 address stands in brackets, as in"
               " [::1]:6379" ESCAPES;
    }
    else if (len == 0) {
        return scheme->no_server;
    }
    else if (!is_name(server->host, ".-_")) {
        return "the host has a character that no name or address has" ESCAPES;
    }
    if (*rest && *rest != ':') {
        return "only a port can follow the brackets of an IPv6 address, as in"
               " [::1]:6379" ESCAPES;
    }
    if (*rest && rest[1]
        && shs_option_parse_number(&server->port, rest + 1, 1, 65535, p)) {
        return "the port is not a whole number from 1 to 65535" ESCAPES;
    }
    return NULL;
}

static int has_server(const shs_address_t *servers, int count,
                      const shs_address_t *wanted)
{
    int i;

    for (i = 0; i < count; ++i) {
        if (servers[i].port == wanted->port
            && !strcasecmp(servers[i].host, wanted->host)) {
            return 1;
        }
    }
    return 0;
}

/* Splits the list at its commas. */
static const char *parse_servers(shs_endpoint_t *endpoint, char *text,
                                 const scheme_t *scheme, apr_pool_t *p)
{
    shs_address_t *servers =
        apr_pcalloc(p, SHS_ENDPOINT_MAX_SERVERS * sizeof(*servers));
    const char *error;
    char *comma;
    int count = 0;

    if (strchr(text, ',') && scheme->mode == SHS_ENDPOINT_SINGLE) {
        return "redis:// and rediss:// name one server; for several there are"
               " redis+sentinel:// and redis+cluster://" ESCAPES;
    }
    for (; text; text = comma) {
        comma = strchr(text, ',');
        if (comma) {
            *comma++ = '\0';
        }
        if (!*text && (comma || count > 0)) {
            return "a server is missing beside a comma" ESCAPES;
        }
        if (count == SHS_ENDPOINT_MAX_SERVERS) {
            return "there are more than 16 servers; a few are enough to find"
                   " the others";
        }
        error = parse_server(&servers[count], text, scheme, p);
        if (error) {
            return error;
        }
        if (has_server(servers, count, &servers[count])) {
            return "a server is given twice; name each once" ESCAPES;
        }
        ++count;
    }
    endpoint->servers = servers;
    endpoint->server_count = count;
    return NULL;
}

/* "MASTER[/db]" */
static const char *parse_master(shs_endpoint_t *endpoint, const char *text,
                                apr_pool_t *p)
{
    apr_size_t len = strcspn(text, "/");

    if (len == 0) {
        return "the master's name is missing: it stands behind the Sentinels,"
               " as in redis+sentinel://host1,host2/mymaster, and is what"
               " \"sentinel monitor\" calls it in their configuration" ESCAPES;
    }
    endpoint->master_name = apr_pstrmemdup(p, text, len);
    if (!is_name(endpoint->master_name, ".-_")) {
        return "the master's name has a character that Sentinel does not take:"
               " letters, digits and . - _ are possible" ESCAPES;
    }
    return text[len] && text[len + 1]
               ? parse_db(&endpoint->db, text + len + 1, p)
               : NULL;
}

/* Parses what follows the slash behind the servers. */
static const char *parse_path(shs_endpoint_t *endpoint, const char *text,
                              apr_pool_t *p)
{
    switch (endpoint->mode) {
    case SHS_ENDPOINT_SINGLE:
        return *text ? parse_db(&endpoint->db, text, p) : NULL;
    case SHS_ENDPOINT_SENTINEL:
        return parse_master(endpoint, text, p);
    case SHS_ENDPOINT_CLUSTER:
        break;
    }
    return *text && strcmp(text, "0")
               ? "nothing follows the servers of a cluster: a Redis Cluster has"
                 " database 0 only" ESCAPES
               : NULL;
}

static const char *parse_tcp(shs_endpoint_t *endpoint, const char *text,
                             const scheme_t *scheme, apr_pool_t *p)
{
    apr_size_t len = strcspn(text, "/?#");
    const char *path = text + len + (text[len] == '/');
    char *servers = apr_pstrmemdup(p, text, len);
    char *at = strrchr(servers, '@');
    const char *error;

    endpoint->mode = scheme->mode;
    endpoint->is_tls = scheme->is_tls;
    if (at) {
        *at = '\0';
        if (strchr(servers, '@')) {
            return "there is more than one '@'; user and password stand once,"
                   " before the first server" ESCAPES;
        }
    }
    error = parse_servers(endpoint, at ? at + 1 : servers, scheme, p);
    if (error) {
        return error;
    }
    if (strpbrk(path, "?#")) {
        return "the URL takes nothing after '?' or '#'; options follow the"
               " URL as key=value" ESCAPES;
    }
    error = parse_path(endpoint, path, p);
    return error ? error : parse_credentials(endpoint, at ? servers : "", p);
}

const char *shs_endpoint_url_parse(shs_endpoint_t *endpoint, const char *url,
                                   apr_pool_t *p)
{
    const scheme_t *scheme = find_scheme(url);

    if (scheme) {
        return parse_tcp(endpoint, url + strlen(scheme->name), scheme, p);
    }
    if (!strncmp(url, "unix://", 7)) {
        return parse_unix(endpoint, url + 7, p);
    }
    return "the URL is of no scheme that Redis has here; as an example,"
           " redis://127.0.0.1:6379/0";
}

const char *shs_endpoint_url_parse_with_options(
    shs_endpoint_t **out, const char *url, const apr_array_header_t *options,
    apr_pool_t *p)
{
    shs_endpoint_t *endpoint = apr_pcalloc(p, sizeof(*endpoint));
    const char *error = shs_endpoint_url_parse(endpoint, url, p);

    if (!error) {
        error = shs_endpoint_option_parse(endpoint, options, p);
    }
    if (!error) {
        *out = endpoint;
    }
    return error;
}
