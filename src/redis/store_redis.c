/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"

#include <apr_general.h>
#include <apr_strings.h>

#include "redis/endpoint.h"
#include "redis/exchange.h"
#include "redis/listener.h"
#include "redis/nodes.h"
#include "redis/shared.h"
#include "redis/topology.h"
#include "store/clock.h"

typedef struct redis_t {
    const shs_endpoint_t *endpoint;
    shs_tls_context_t *tls; /* NULL: none */
    shs_client_t client;    /* of this child */
} redis_t;

static const char *create(void **self, shs_store_words_t *words,
                          const char *url, const apr_array_header_t *options,
                          apr_pool_t *p)
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
    if (apr_generate_random_bytes(redis->client.secret,
                                  sizeof(redis->client.secret))
        != APR_SUCCESS) {
        return "the system gives no random octets";
    }
    redis->endpoint = endpoint;
    *self = redis;
    words->identity = shs_endpoint_identity(endpoint, p);
    words->url = shs_endpoint_describe(endpoint, p);
    words->location = shs_endpoint_location(endpoint, p);
    words->options = shs_endpoint_describe_options(endpoint, p);
    return NULL;
}

static apr_size_t shared_size(const void *self)
{
    (void)self;
    return sizeof(shs_shared_t);
}

static apr_status_t close_nodes(void *data)
{
    shs_nodes_close(data);
    return APR_SUCCESS;
}

static int start_child(void *self, void *shared, int threads,
                       apr_pool_t *pchild)
{
    redis_t *redis = self;
    shs_node_kind_t kind = { redis->endpoint, redis->tls,
                             shs_endpoint_pool_size(redis->endpoint, threads) };
    shs_nodes_t *nodes = shs_nodes_create(&kind);

    redis->client.endpoint = redis->endpoint;
    redis->client.shared = shared;
    if (!nodes) {
        return 0;
    }
    apr_pool_cleanup_register(pchild, nodes, close_nodes,
                              apr_pool_cleanup_null);
    redis->client.topology =
        shs_topology_create(redis->endpoint, nodes, shared, pchild);
    return redis->client.topology != NULL;
}

static shs_outcome_t load(shs_answer_t *answer, void *self,
                          const shs_query_t *query, apr_pool_t *p)
{
    return shs_exchange_run(answer, &((redis_t *)self)->client, query, p);
}

static shs_wrote_t write_to(shs_answer_t *answer, void *self,
                            const shs_write_t *write, apr_pool_t *p)
{
    return shs_exchange_write(answer, &((redis_t *)self)->client, write, p);
}

static apr_interval_time_t timeout(const void *self)
{
    return ((const redis_t *)self)->endpoint->timeout;
}

static int listen_to(void *self, const shs_watch_t *watch, apr_pool_t *pchild)
{
    const redis_t *redis = self;

    return shs_listener_start(redis->client.topology, redis->client.shared,
                              watch, redis->endpoint->timeout, pchild);
}

static void report(shs_store_report_fn tell, void *baton, const void *self,
                   const void *shared, apr_pool_t *p)
{
    const shs_shared_t *memory = shared;
    apr_time_t now = shs_clock_now();
    apr_time_t since;
    const char *masters = shs_masters_list(&since, &memory->masters, p);
    int i;

    (void)self;
    tell(baton, "Breaker",
         shs_breaker_describe(shs_shared_worst_breaker(memory, now), now));
    if (masters) {
        tell(baton, "Master", masters);
        tell(baton, "MasterSeconds",
             apr_psprintf(p, "%d", (int)apr_time_sec(now - since)));
    }
    for (i = 0; i < SHS_COUNTER_COUNT; ++i) {
        tell(baton, shs_counters_name(i),
             apr_psprintf(p, "%" APR_UINT64_T_FMT,
                          shs_counters_get(&memory->counters, i)));
    }
}

static const char *const schemes[] = {
    "redis",           "rediss",        "unix",           "redis+sentinel",
    "rediss+sentinel", "redis+cluster", "rediss+cluster", NULL
};

const shs_store_provider_t shs_store_redis = {
    schemes,  create,  shared_size, start_child, load,
    write_to, timeout, listen_to,   report
};
