/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/endpoint/endpoint.h"

#include <string.h>
#include <strings.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/option.h"

#define LOCAL "localhost"

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

static int is_loopback(const char *host)
{
    struct in6_addr address;

    return !strcasecmp(host, LOCAL) || !strcmp(host, "127.0.0.1")
           || (inet_pton(AF_INET6, host, &address) == 1
               && IN6_IS_ADDR_LOOPBACK(&address));
}

/* One spelling for all that are known to be the same host. */
static const char *fold_host(const char *host, apr_pool_t *p)
{
    char *folded = apr_pstrdup(p, is_loopback(host) ? LOCAL : host);
    char *c;

    for (c = folded; *c; ++c) {
        *c = (char)apr_tolower(*c);
    }
    return folded;
}

static const char *describe_servers(const shs_endpoint_t *endpoint,
                                    int is_folded, apr_pool_t *p)
{
    const char *words = "";
    int i;

    for (i = 0; i < endpoint->server_count; ++i) {
        const shs_address_t *server = &endpoint->servers[i];
        const char *host =
            is_folded ? fold_host(server->host, p) : server->host;
        int is_v6 = strchr(host, ':') != NULL;

        words = apr_psprintf(p, "%s%s%s%s%s:%d", words, i > 0 ? "," : "",
                             is_v6 ? "[" : "", host, is_v6 ? "]" : "",
                             server->port);
    }
    return words;
}

static const char *describe_url(const shs_endpoint_t *endpoint, int is_folded,
                                apr_pool_t *p)
{
    const char *scheme = endpoint->is_tls ? "rediss" : "redis";
    const char *servers = describe_servers(endpoint, is_folded, p);

    switch (endpoint->mode) {
    case SHS_ENDPOINT_SINGLE:
        break;
    case SHS_ENDPOINT_SENTINEL:
        return apr_psprintf(p, "%s+sentinel://%s/%s/%d", scheme, servers,
                            endpoint->master_name, endpoint->db);
    case SHS_ENDPOINT_CLUSTER:
        return apr_psprintf(p, "%s+cluster://%s", scheme, servers);
    }
    if (endpoint->path) {
        return apr_psprintf(p, "unix://%s?db=%d", endpoint->path, endpoint->db);
    }
    return apr_psprintf(p, "%s://%s/%d", scheme, servers, endpoint->db);
}

const char *shs_endpoint_describe(const shs_endpoint_t *endpoint, apr_pool_t *p)
{
    return describe_url(endpoint, 0, p);
}

const char *shs_endpoint_location(const shs_endpoint_t *endpoint, apr_pool_t *p)
{
    return describe_url(endpoint, 1, p);
}

static const char *describe_breaker(const shs_breaker_policy_t *breaker,
                                    apr_pool_t *p)
{
    return breaker->is_off ? "off"
                           : apr_psprintf(p, "%d/%s", breaker->failures,
                                          shs_option_describe_duration(
                                              breaker->first_probe_after, p));
}

const char *shs_endpoint_describe_options(const shs_endpoint_t *endpoint,
                                          apr_pool_t *p)
{
    const char *read_from = "";

    if (endpoint->mode != SHS_ENDPOINT_SINGLE) {
        read_from = endpoint->reads_replicas ? " read-from=replica-on-failure"
                                             : " read-from=master";
    }
    return apr_psprintf(
        p,
        "timeout=%s connect-timeout=%s pool=%s idle=%s retry=%d share=%s"
        " breaker=%s%s",
        shs_option_describe_duration(endpoint->timeout, p),
        shs_option_describe_duration(endpoint->connect_timeout, p),
        endpoint->pool_size ? apr_itoa(p, endpoint->pool_size) : "threads",
        shs_option_describe_duration(endpoint->idle, p), endpoint->retries,
        endpoint->may_share ? "on" : "off",
        describe_breaker(&endpoint->breaker, p), read_from);
}

/* The value after its length, so that different lists of values never give the
 * same text, whatever characters they contain. */
static const char *delimit(const char *value, apr_pool_t *p)
{
    return value ? apr_psprintf(p, " %d:%s", (int)strlen(value), value) : " -";
}

static const char *identify_credentials(shs_credentials_t *credentials,
                                        apr_pool_t *p)
{
    if (!credentials) {
        return "";
    }
    return apr_pstrcat(p, delimit(shs_credentials_user(credentials), p),
                       delimit(shs_credentials_password(credentials, p), p),
                       delimit(shs_credentials_file(credentials), p), NULL);
}

static const char *identify_tls(const shs_tls_options_t *tls, apr_pool_t *p)
{
    return apr_pstrcat(p, tls->is_unverified ? " 1" : " 0", delimit(tls->ca, p),
                       delimit(tls->cert, p), delimit(tls->key, p),
                       delimit(tls->name, p), NULL);
}

/* Durations in microseconds, which the description rounds. */
static const char *identify_numbers(const shs_endpoint_t *endpoint,
                                    apr_pool_t *p)
{
    const shs_breaker_policy_t *breaker = &endpoint->breaker;
    const apr_int64_t numbers[] = {
        endpoint->connect_timeout,
        endpoint->timeout,
        endpoint->idle,
        endpoint->pool_size,
        endpoint->reads_replicas,
        endpoint->retries,
        endpoint->may_share,
        breaker->failures,
        breaker->first_probe_after,
        breaker->probe_for,
        breaker->is_off,
    };
    const char *words = "";
    apr_size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        words = apr_psprintf(p, "%s %" APR_INT64_T_FMT, words, numbers[i]);
    }
    return words;
}

const char *shs_endpoint_identity(const shs_endpoint_t *endpoint, apr_pool_t *p)
{
    return apr_pstrcat(
        p, delimit(shs_endpoint_describe(endpoint, p), p),
        identify_numbers(endpoint, p), delimit(endpoint->client_name, p),
        identify_tls(&endpoint->tls, p),
        identify_credentials(endpoint->credentials, p),
        identify_credentials(endpoint->sentinel_credentials, p), NULL);
}
