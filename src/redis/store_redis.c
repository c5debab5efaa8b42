/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/answer.h"
#include "redis/conn.h"
#include "redis/endpoint.h"
#include "redis/greeting.h"
#include "redis/pool.h"
#include "redis/resolver.h"
#include "redis/resp.h"
#include "store/clock.h"
#include "store/option.h"

typedef struct redis_t {
    const shs_endpoint_t *endpoint;
    shs_tls_context_t *tls; /* NULL: none */
    shs_resolver_t *resolver;
    shs_pool_t *pool;
} redis_t;

static shs_conn_status_t dial(shs_conn_t **out, void *baton,
                              apr_time_t deadline, const char **reason,
                              apr_pool_t *p)
{
    redis_t *redis = baton;
    shs_address_t addresses[SHS_RESOLVER_MAX];
    apr_time_t connect_by = shs_clock_now() + redis->endpoint->connect_timeout;
    shs_conn_status_t status;
    int count;

    if (connect_by > deadline) {
        connect_by = deadline;
    }
    count = shs_resolver_get(addresses, redis->resolver, connect_by, reason);
    if (count == 0) {
        return SHS_CONN_FAILED;
    }
    status =
        shs_conn_open(out, addresses, count, redis->tls, connect_by, reason);
    if (status == SHS_CONN_OK) {
        status = shs_greeting_send(*out, redis->endpoint, deadline, reason, p);
        if (status != SHS_CONN_OK) {
            shs_conn_close(*out);
        }
    }
    return status;
}

static const char *create(void **self, const char **identity,
                          const char **description, const char *url,
                          const apr_array_header_t *options, apr_pool_t *p)
{
    redis_t *redis = apr_pcalloc(p, sizeof(*redis));
    shs_endpoint_t *endpoint;
    const char *error = shs_endpoint_parse(&endpoint, url, options, p);

    if (error) {
        return error;
    }
    if (endpoint->is_tls) {
        error = shs_tls_context_create(&redis->tls, &endpoint->tls, p);
        if (error) {
            return error;
        }
    }
    redis->endpoint = endpoint;
    *self = redis;
    *identity = shs_endpoint_identity(endpoint, p);
    *description = apr_psprintf(
        p, "%s (timeout=%s connect-timeout=%s pool=%s idle=%s)",
        shs_endpoint_describe(endpoint, p),
        shs_option_describe_duration(endpoint->timeout, p),
        shs_option_describe_duration(endpoint->connect_timeout, p),
        endpoint->pool_size ? apr_itoa(p, endpoint->pool_size) : "threads",
        shs_option_describe_duration(endpoint->idle, p));
    return NULL;
}

static void start_child(void *self, int threads, apr_pool_t *pchild)
{
    redis_t *redis = self;
    int size = shs_endpoint_pool_size(redis->endpoint, threads);

    redis->resolver = shs_resolver_create(redis->endpoint);
    redis->pool =
        shs_pool_create(size, redis->endpoint->idle, dial, redis, pchild);
}

static shs_octets_t build_question(const shs_query_t *query, apr_pool_t *p)
{
    static const shs_octets_t get = { "GET", 3 };
    static const shs_octets_t hgetall = { "HGETALL", 7 };
    static const shs_octets_t pttl = { "PTTL", 4 };
    shs_octets_t commands = { "", 0 };
    shs_octets_t arguments[2];

    arguments[0] = query->shape == SHS_SHAPE_STRING ? get : hgetall;
    arguments[1] = query->key;
    shs_resp_append(&commands, arguments, 2, p);
    arguments[0] = pttl;
    shs_resp_append(&commands, arguments, 2, p);
    return commands;
}

/* Asks on one borrowed connection, which goes back to the pool only if the
 * answer is one that this question can have. */
static shs_conn_status_t ask_once(shs_reply_t **replies, redis_t *redis,
                                  shs_conn_t *conn, const shs_query_t *query,
                                  shs_octets_t question, const char **reason,
                                  apr_pool_t *p)
{
    const shs_resp_limits_t limits = { query->max_octets,
                                       query->shape == SHS_SHAPE_FIELDS
                                           ? 2 * SHS_STORE_REDIS_MAX_FIELDS
                                           : 0 };
    shs_conn_status_t status = shs_conn_ask(replies, 2, conn, question, limits,
                                            query->deadline, reason, p);

    if (status == SHS_CONN_OK
        && !shs_answer_is_expected(replies, query->shape)) {
        *reason = "its answer is of a kind that was not asked for";
        status = SHS_CONN_FAILED;
    }
    if (status == SHS_CONN_OK) {
        shs_pool_give_back(redis->pool, conn);
        return status;
    }
    shs_pool_discard(redis->pool, conn);
    /* A server that turns us away says why, once, and closes. */
    if (status != SHS_CONN_TOO_LARGE && replies[0]
        && replies[0]->kind == SHS_REPLY_ERROR) {
        *reason = shs_answer_describe_error(replies[0], p);
    }
    return status;
}

/* A pooled connection may have died unnoticed: then the question, which only
 * reads, is asked once more on a new one. */
static shs_conn_status_t ask(shs_reply_t **replies, redis_t *redis,
                             const shs_query_t *query, const char **reason,
                             apr_pool_t *p)
{
    shs_octets_t question = build_question(query, p);
    shs_conn_status_t status;
    shs_conn_t *conn;
    int is_new;

    do {
        status = shs_pool_borrow(&conn, &is_new, redis->pool, query->deadline,
                                 reason, p);
        if (status != SHS_CONN_OK) {
            return status == SHS_CONN_REFUSED ? status : SHS_CONN_FAILED;
        }
        status = ask_once(replies, redis, conn, query, question, reason, p);
        if (status == SHS_CONN_DEAD) {
            shs_pool_flush(redis->pool);
        }
    } while (status == SHS_CONN_DEAD && !is_new);
    return status;
}

static shs_outcome_t load(shs_answer_t *answer, void *self,
                          const shs_query_t *query, apr_pool_t *p)
{
    redis_t *redis = self;
    shs_reply_t *replies[2];
    const char *reason = NULL;

    switch (ask(replies, redis, query, &reason, p)) {
    case SHS_CONN_OK:
        return shs_answer_read(answer, replies, query->shape, p);
    case SHS_CONN_TOO_LARGE:
        answer->reason = "it is larger than SharedSessionMaxSize, or has more"
                         " than 4096 fields";
        return SHS_OUTCOME_MALFORMED;
    case SHS_CONN_REFUSED:
        answer->is_refusal = 1;
        break;
    case SHS_CONN_DEAD:
    case SHS_CONN_FAILED:
        break;
    }
    answer->reason = reason;
    return SHS_OUTCOME_UNAVAILABLE;
}

static apr_interval_time_t timeout(const void *self)
{
    return ((const redis_t *)self)->endpoint->timeout;
}

static const char *const schemes[] = { "redis", "rediss", "unix", NULL };

const shs_store_provider_t shs_store_redis = { schemes, create, start_child,
                                               load, timeout };
