/* SPDX-License-Identifier: Apache-2.0
 *
 * A message may repeat an option's value. It repeats the name only if it is
 * spelt like one: a password with a space in it ends up here, but is not spelt
 * like a name.
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
    unsigned seen; /* one bit for each entry of known_options that was set */
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

static const char *set_verify(void *draft, const char *value, apr_pool_t *p)
{
    int *is_unverified = &endpoint_of(draft)->tls.is_unverified;

    *is_unverified = !strcmp(value, "off");
    return *is_unverified || !strcmp(value, "on")
               ? NULL
               : apr_psprintf(p, "'%s' is neither on nor off", value);
}

/* The URLs that an option applies to. */
typedef enum scope_t { ANY, TLS, SENTINEL, REPLICATED } scope_t;

static const shs_option_t known_options[] = {
    { "connect-timeout=", set_connect_timeout, ANY },
    { "timeout=", set_timeout, ANY },
    { "pool=", set_pool, ANY },
    { "idle=", set_idle, ANY },
    { "retry=", set_retry, ANY },
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

static const shs_option_t *find_option(const char *name, apr_pool_t *p)
{
    const char *value;

    return shs_option_table_find(&value, known_options,
                                 apr_pstrcat(p, name, "=", NULL), 0);
}

static unsigned bit_of(const shs_option_t *option)
{
    return 1u << (option - known_options);
}

/* Returns NULL if the option applies to this URL. */
static const char *check_scope(scope_t scope, const shs_endpoint_t *endpoint)
{
    switch (scope) {
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

static const char *parse_option(draft_t *draft, const char *word, apr_pool_t *p)
{
    apr_size_t len = strcspn(word, "=");
    const char *name = apr_pstrmemdup(p, word, len);
    const char *value = word + len + (word[len] == '=');
    const shs_option_t *option = find_option(name, p);
    const char *error;

    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")]
        || (!option && !word[len])) {
        return "what follows the URL is no key=value option; a space in user"
               " or password is written as %20";
    }
    if (!option) {
        return apr_psprintf(p, "unknown option '%s'; there are %s", name,
                            shs_option_table_describe(known_options, p));
    }
    if (!*value) {
        return apr_psprintf(p, "option '%s' needs a value: %s=...", name, name);
    }
    if (draft->seen & bit_of(option)) {
        return apr_pstrcat(p, name, "= is given twice: keep one", NULL);
    }
    draft->seen |= bit_of(option);
    error = check_scope(option->tag, draft->endpoint);
    if (error) {
        return apr_pstrcat(p, name, "= ", error, NULL);
    }
    error = option->parse(draft, value, p);
    return error ? apr_pstrcat(p, name, "=: ", error, NULL) : NULL;
}

static int is_set(const draft_t *draft, const char *name, apr_pool_t *p)
{
    return (draft->seen & bit_of(find_option(name, p))) != 0;
}

/* Checks the options together. Returns NULL, or what is wrong. */
static const char *check_together(draft_t *draft, apr_pool_t *p)
{
    shs_endpoint_t *endpoint = draft->endpoint;

    if (endpoint->connect_timeout > endpoint->timeout) {
        if (is_set(draft, "connect-timeout", p)) {
            return apr_psprintf(
                p,
                "connect-timeout=%s is longer than timeout=%s%s, which ends"
                " the dial with the whole lookup: raise timeout=, or lower"
                " connect-timeout=",
                shs_option_describe_duration(endpoint->connect_timeout, p),
                shs_option_describe_duration(endpoint->timeout, p),
                is_set(draft, "timeout", p) ? "" : " (the default)");
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
    int i;

    set_defaults(endpoint);
    for (i = 0; !error && options && i < options->nelts; ++i) {
        error =
            parse_option(&draft, APR_ARRAY_IDX(options, i, const char *), p);
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
