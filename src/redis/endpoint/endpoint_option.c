/* SPDX-License-Identifier: Apache-2.0
 *
 * A message may repeat an option's value, but no word that is not spelt like an
 * option: a password with a space in it ends up here.
 */
#include "redis/endpoint/endpoint_option.h"

#include <string.h>

#include <apr_strings.h>

#include "base/option.h"
#include "base/option_table.h"

/* The state of parsing. */
typedef struct draft_t {
    shs_endpoint_t *endpoint;
    const char *sentinel_user;
    const char *sentinel_file;
    unsigned given; /* the options */
} draft_t;

static shs_endpoint_t *endpoint_of(void *draft)
{
    return ((draft_t *)draft)->endpoint;
}

static const char *set_connect_timeout(void *draft, const char *value,
                                       apr_pool_t *p)
{
    return shs_option_parse_duration(&endpoint_of(draft)->connect_timeout,
                                     value, p);
}

static const char *set_timeout(void *draft, const char *value, apr_pool_t *p)
{
    return shs_option_parse_duration(&endpoint_of(draft)->timeout, value, p);
}

static const char *set_idle(void *draft, const char *value, apr_pool_t *p)
{
    return shs_option_parse_duration(&endpoint_of(draft)->idle, value, p);
}

static const char *set_pool(void *draft, const char *value, apr_pool_t *p)
{
    return shs_option_parse_number(&endpoint_of(draft)->pool_size, value, 1,
                                   1024, p);
}

static const char *set_retry(void *draft, const char *value, apr_pool_t *p)
{
    return shs_option_parse_number(&endpoint_of(draft)->retries, value, 0, 1,
                                   p);
}

/* "5/1s" or "off". */
static const char *set_breaker(void *draft, const char *value, apr_pool_t *p)
{
    shs_breaker_policy_t *breaker = &endpoint_of(draft)->breaker;
    const char *slash = strchr(value, '/');
    const char *error;

    breaker->is_off = !strcmp(value, "off");
    if (breaker->is_off) {
        return NULL;
    }
    if (!slash) {
        return apr_psprintf(p,
                            "'%s' is neither off nor the failures that open it"
                            " and the time until the first probe, as in 5/1s",
                            value);
    }
    error = shs_option_parse_number(
        &breaker->failures,
        apr_pstrmemdup(p, value, (apr_size_t)(slash - value)), 1, 1000, p);
    return error ? error
                 : shs_option_parse_duration(&breaker->first_probe_after,
                                             slash + 1, p);
}

static const char *set_read_from(void *draft, const char *value, apr_pool_t *p)
{
    int *reads_replicas = &endpoint_of(draft)->reads_replicas;

    *reads_replicas = !strcmp(value, "replica-on-failure");
    if (*reads_replicas || !strcmp(value, "master")) {
        return NULL;
    }
    return apr_psprintf(p, "'%s' is neither master nor replica-on-failure",
                        value);
}

static const char *set_password_file(void *draft, const char *value,
                                     apr_pool_t *p)
{
    if (shs_credentials_password(endpoint_of(draft)->credentials, p)) {
        return "the URL has a password too, and only one is sent: leave it in"
               " one of the two";
    }
    return shs_credentials_read_file(endpoint_of(draft)->credentials, value, p);
}

static const char *set_sentinel_user(void *draft, const char *value,
                                     apr_pool_t *p)
{
    (void)p;
    ((draft_t *)draft)->sentinel_user = value;
    return NULL;
}

static const char *set_sentinel_file(void *draft, const char *value,
                                     apr_pool_t *p)
{
    (void)p;
    ((draft_t *)draft)->sentinel_file = value;
    return NULL;
}

/* Redis allows no spaces or controls in a client's name. */
static const char *set_client_name(void *draft, const char *value,
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
    endpoint_of(draft)->client_name = value;
    return NULL;
}

static const char *set_ca(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    endpoint_of(draft)->tls.ca = value;
    return NULL;
}

static const char *set_cert(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    endpoint_of(draft)->tls.cert = value;
    return NULL;
}

static const char *set_key(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    endpoint_of(draft)->tls.key = value;
    return NULL;
}

static const char *set_servername(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    endpoint_of(draft)->tls.name = value;
    return NULL;
}

static const char *read_flag(int *is_on, const char *value, apr_pool_t *p)
{
    *is_on = !strcmp(value, "on");
    return *is_on || !strcmp(value, "off")
               ? NULL
               : apr_psprintf(p, "'%s' is neither on nor off", value);
}

static const char *set_share(void *draft, const char *value, apr_pool_t *p)
{
    return read_flag(&endpoint_of(draft)->may_share, value, p);
}

static const char *set_verify(void *draft, const char *value, apr_pool_t *p)
{
    int is_verified = 1;
    const char *error = read_flag(&is_verified, value, p);

    endpoint_of(draft)->tls.is_unverified = !is_verified;
    return error;
}

/* The URLs that an option applies to. */
typedef enum scope_t { ANY, TLS, SENTINEL, REPLICATED } scope_t;

static const shs_option_t known_options[] = {
    { "connect-timeout=", set_connect_timeout, ANY },
    { "timeout=", set_timeout, ANY },
    { "pool=", set_pool, ANY },
    { "idle=", set_idle, ANY },
    { "retry=", set_retry, ANY },
    { "share=", set_share, ANY },
    { "breaker=", set_breaker, ANY },
    { "read-from=", set_read_from, REPLICATED },
    { "password-file=", set_password_file, ANY },
    { "sentinel-user=", set_sentinel_user, SENTINEL },
    { "sentinel-password-file=", set_sentinel_file, SENTINEL },
    { "name=", set_client_name, ANY },
    { "ca=", set_ca, TLS },
    { "cert=", set_cert, TLS },
    { "key=", set_key, TLS },
    { "servername=", set_servername, TLS },
    { "verify=", set_verify, TLS },
    { NULL, NULL, ANY },
};

/* Returns NULL if the option applies to this URL. */
static const char *check_scope(const void *draft, const shs_option_t *option)
{
    const shs_endpoint_t *endpoint = ((const draft_t *)draft)->endpoint;

    switch ((scope_t)option->tag) {
    case ANY:
        break;
    case TLS:
        return endpoint->is_tls ? NULL
                                : "is for TLS: write rediss:// (or"
                                  " rediss+sentinel://, rediss+cluster://) in"
                                  " the URL";
    case SENTINEL:
        return endpoint->mode == SHS_ENDPOINT_SENTINEL
                   ? NULL
                   : "is for redis+sentinel:// and rediss+sentinel://; no"
                     " Sentinel is asked for this URL";
    case REPLICATED:
        return endpoint->mode != SHS_ENDPOINT_SINGLE
                   ? NULL
                   : "is for redis+sentinel:// and redis+cluster://; a single"
                     " server has no replicas that we know of";
    }
    return NULL;
}

static const char *refuse_word(void *draft, const char *word, apr_pool_t *p)
{
    (void)draft;
    (void)word;
    (void)p;
    return "what follows the URL is not a key=value option; a space in user or"
           " password is written as %20";
}

static const shs_option_table_t table = { known_options, 0, refuse_word,
                                          check_scope };

static int is_given(const draft_t *draft, const char *name)
{
    return shs_option_table_is_given(&table, draft->given, name);
}

/* Checks the options together. Returns NULL, or what is wrong. */
static const char *check_together(draft_t *draft, apr_pool_t *p)
{
    shs_endpoint_t *endpoint = draft->endpoint;

    if (endpoint->connect_timeout > endpoint->timeout) {
        if (is_given(draft, "connect-timeout")) {
            return apr_psprintf(
                p,
                "connect-timeout=%s is longer than timeout=%s%s, which ends"
                " the dial with the whole lookup: raise timeout=, or lower"
                " connect-timeout=",
                shs_option_describe_duration(endpoint->connect_timeout, p),
                shs_option_describe_duration(endpoint->timeout, p),
                is_given(draft, "timeout") ? "" : " (the default)");
        }
        endpoint->connect_timeout = endpoint->timeout;
    }
    if (endpoint->tls.is_unverified && endpoint->tls.ca) {
        return "ca= beside verify=off, which takes any certificate: remove one"
               " of the two";
    }
    if (shs_credentials_user(endpoint->credentials)
        && !shs_credentials_password(endpoint->credentials, p)) {
        return "a user without a password: write user:password@, or add"
               " password-file=";
    }
    return NULL;
}

static void set_defaults(shs_endpoint_t *endpoint)
{
    endpoint->connect_timeout = 200 * 1000;
    endpoint->timeout = 200 * 1000;
    endpoint->idle = 60 * APR_USEC_PER_SEC;
    endpoint->retries = 1;
    endpoint->may_share = 1;
    endpoint->breaker.failures = 5;
    endpoint->breaker.first_probe_after = APR_USEC_PER_SEC;
}

/* The Sentinels never get the password of the sessions' servers: to name the
 * master they do not need it. */
static const char *set_sentinel_credentials(const draft_t *draft, apr_pool_t *p)
{
    shs_endpoint_t *endpoint = draft->endpoint;
    const char *error;

    if (endpoint->mode != SHS_ENDPOINT_SENTINEL) {
        return NULL;
    }
    endpoint->sentinel_credentials =
        shs_credentials_create(draft->sentinel_user, NULL, p);
    if (draft->sentinel_file) {
        error = shs_credentials_read_file(endpoint->sentinel_credentials,
                                          draft->sentinel_file, p);
        return error ? apr_pstrcat(p, "sentinel-password-file=: ", error, NULL)
                     : NULL;
    }
    return draft->sentinel_user ? "sentinel-user= without a password: add"
                                  " sentinel-password-file="
                                : NULL;
}

const char *shs_endpoint_option_parse(shs_endpoint_t *endpoint,
                                      const apr_array_header_t *options,
                                      apr_pool_t *p)
{
    draft_t draft = { endpoint, NULL, NULL, 0 };
    const char *error = NULL;

    set_defaults(endpoint);
    if (options) {
        error =
            shs_option_table_parse(&draft.given, &table, &draft, options->nelts,
                                   (const char *const *)options->elts, p);
    }
    if (!error) {
        error = check_together(&draft, p);
    }
    if (error) {
        return error;
    }
    endpoint->breaker.probe_for =
        endpoint->timeout + SHS_ENDPOINT_OPTION_PROBE_SLACK;
    return set_sentinel_credentials(&draft, p);
}
