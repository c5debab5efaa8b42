/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include "redis/store_redis.h"
#include "redis/endpoint/endpoint_url.h"

/* A topology keeps its snapshot forever, in a pool whose memory comes from
 * mmap() (Debian's APR), where a leak checker does not look for pointers. The
 * name of the hook is the sanitizer's (sanitizer/lsan_interface.h). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:apr_pool_create_unmanaged_ex\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

/* All that was ever created: reachable memory is no leak. */
struct kept_t {
    struct kept_t *next;
    void *memory;
};

static struct kept_t *kept;

static void *keep(void *memory)
{
    struct kept_t *entry = calloc(1, sizeof(*entry));

    ck_assert(memory && entry);
    entry->memory = memory;
    entry->next = kept;
    kept = entry;
    return memory;
}

shs_endpoint_t *rig_endpoint(const char *url, const char *options)
{
    shs_endpoint_t *endpoint = NULL;
    const char *wrong = shs_endpoint_url_parse_with_options(
        &endpoint, url, unit_words(options), p);

    ck_assert_msg(!wrong, "%s: %s", url, wrong);
    return endpoint;
}

static shs_node_table_t *create_nodes(const shs_endpoint_t *endpoint,
                                      int pool_size, int may_share)
{
    shs_node_config_t kind = { endpoint, NULL, pool_size, may_share };

    return keep(shs_node_table_create(&kind));
}

shs_node_table_t *rig_nodes(const shs_endpoint_t *endpoint, int pool_size)
{
    return create_nodes(endpoint, pool_size, 0);
}

rig_t *rig_create(const char *url, const char *options, const rig_t *sibling)
{
    return rig_create_in(url, options, sibling, p);
}

rig_t *rig_create_in(const char *url, const char *options, const rig_t *sibling,
                     apr_pool_t *pchild)
{
    rig_t *rig = keep(calloc(1, sizeof(*rig)));

    rig->endpoint = rig_endpoint(url, options);
    rig->nodes =
        create_nodes(rig->endpoint, shs_endpoint_pool_size(rig->endpoint, 4),
                     options && strstr(options, "share=on"));
    rig->host_state = sibling ? sibling->host_state
                              : keep(calloc(1, sizeof(*rig->host_state)));
    rig->client.endpoint = rig->endpoint;
    rig->client.host_state = rig->host_state;
    rig->client.topology =
        shs_topology_create(rig->endpoint, rig->nodes, rig->host_state, pchild);
    ck_assert_ptr_nonnull(rig->client.topology);
    return rig;
}

static rig_t *create_on(const char *scheme, const actor_t *actor,
                        const char *path, const char *options,
                        const rig_t *sibling)
{
    return rig_create(
        apr_psprintf(p, "%s://127.0.0.1:%d%s", scheme, actor_port(actor), path),
        options, sibling);
}

rig_t *rig_on_server(const actor_t *server, const char *options,
                     const rig_t *sibling)
{
    return create_on("redis", server, "", options, sibling);
}

rig_t *rig_on_cluster(const actor_t *member, const char *options,
                      const rig_t *sibling)
{
    return create_on("redis+cluster", member, "", options, sibling);
}

rig_t *rig_on_sentinel(const actor_t *sentinel, const char *options,
                       const rig_t *sibling)
{
    return create_on("redis+sentinel", sentinel, "/m", options, sibling);
}

shs_result_t rig_result;
apr_time_t rig_took;

static apr_time_t begin(void)
{
    memset(&rig_result, 0, sizeof(rig_result));
    return shs_clock_now();
}

static void end(apr_time_t begun, int ms)
{
    rig_took = shs_clock_now() - begun;
    ck_assert_msg(rig_took <= (ms + unit_slack_ms()) * (apr_time_t)1000,
                  "%d of %d ms", (int)(rig_took / 1000), ms);
}

shs_outcome_t rig_load_sized(const rig_t *rig, const char *key, int ms,
                             apr_size_t max_octets)
{
    shs_query_t query = { unit_text(key), SHS_SHAPE_STRING, max_octets, 0 };
    apr_time_t begun = begin();
    shs_outcome_t outcome;

    query.deadline = begun + ms * (apr_time_t)1000;
    outcome = shs_store_redis_load(&rig_result, &rig->client, &query, p);
    end(begun, ms);
    ck_assert_msg(outcome == SHS_OUTCOME_FOUND || rig_result.reason,
                  "no reason");
    return outcome;
}

shs_outcome_t rig_load(const rig_t *rig, const char *key, int ms)
{
    return rig_load_sized(rig, key, ms, 65536);
}

shs_wrote_t rig_write_untimed(const rig_t *rig, const shs_write_t *write,
                              int ms)
{
    shs_write_t timed = *write;
    apr_time_t begun = begin();
    shs_wrote_t wrote;

    timed.at.deadline = begun + ms * (apr_time_t)1000;
    wrote = shs_store_redis_write(&rig_result, &rig->client, &timed, p);
    ck_assert_msg((wrote == SHS_WROTE_DONE) == !rig_result.reason,
                  "a reason, or none");
    return wrote;
}

shs_wrote_t rig_write(const rig_t *rig, const shs_write_t *write, int ms)
{
    apr_time_t begun = shs_clock_now();
    shs_wrote_t wrote = rig_write_untimed(rig, write, ms);

    end(begun, ms);
    return wrote;
}

apr_uint64_t rig_counter(const rig_t *rig, shs_counter_t counter)
{
    return shs_counters_get(&rig->host_state->counters, counter);
}

void rig_fill_pool(const rig_t *rig, int slot, int count)
{
    static const shs_octets_t pipeline = { "*2\r\n$4\r\nPTTL\r\n$1\r\nk\r\n",
                                           21 };
    static const shs_resp_limits_t limits = { 0, 0 };
    shs_reply_t *reply;
    shs_conn_t *conns[4];
    const char *reason;
    shs_route_t route;
    int is_new, i;

    ck_assert_int_eq(shs_topology_find(&route, rig->client.topology, slot,
                                       unit_in_ms(5000), &reason, p),
                     SHS_CONN_OK);
    for (i = 0; i < count; i++) {
        ck_assert_int_eq(shs_pool_borrow(&conns[i], &is_new,
                                         shs_node_pool(route.node),
                                         unit_in_ms(5000), &reason, p),
                         SHS_CONN_OK);
    }
    for (i = 0; i < count; i++) {
        /* So the server has accepted it. */
        ck_assert_int_eq(shs_conn_execute(&reply, 1, conns[i], pipeline, limits,
                                          unit_in_ms(5000), &reason, p),
                         SHS_CONN_OK);
        shs_pool_give_back(shs_node_pool(route.node), conns[i]);
    }
    shs_topology_release(rig->client.topology, &route);
}
