/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <unistd.h>

#include "base/clock.h"
#include "redis/endpoint/endpoint_url.h"

/* A topology keeps its view for ever, in a pool whose memory comes from mmap()
 * (Debian's APR), where a leak checker does not look for pointers. Its own name
 * for the hook (sanitizer/lsan_interface.h). */
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

/* All there ever were: what is reachable is no leak. */
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

shs_node_table_t *rig_nodes(const shs_endpoint_t *endpoint, int pool_size)
{
    shs_node_config_t kind = { endpoint, NULL, pool_size };

    return keep(shs_node_table_create(&kind));
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
        rig_nodes(rig->endpoint, shs_endpoint_pool_size(rig->endpoint, 4));
    rig->host_state = sibling ? sibling->host_state
                              : keep(calloc(1, sizeof(*rig->host_state)));
    rig->client.endpoint = rig->endpoint;
    rig->client.host_state = rig->host_state;
    rig->client.topology =
        shs_topology_create(rig->endpoint, rig->nodes, rig->host_state, pchild);
    ck_assert_ptr_nonnull(rig->client.topology);
    return rig;
}

apr_time_t rig_in_ms(int ms)
{
    return shs_clock_now() + ms * (apr_time_t)1000;
}

void rig_sleep_until(apr_time_t time)
{
    while (shs_clock_now() <= time) {
        usleep(1000);
    }
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
                                       rig_in_ms(5000), &reason, p),
                     SHS_CONN_OK);
    for (i = 0; i < count; i++) {
        ck_assert_int_eq(shs_pool_borrow(&conns[i], &is_new,
                                         shs_node_pool(route.node),
                                         rig_in_ms(5000), &reason, p),
                         SHS_CONN_OK);
    }
    for (i = 0; i < count; i++) {
        /* So the server has accepted it. */
        ck_assert_int_eq(shs_conn_execute(&reply, 1, conns[i], pipeline, limits,
                                          rig_in_ms(5000), &reason, p),
                         SHS_CONN_OK);
        shs_pool_give_back(shs_node_pool(route.node), conns[i]);
    }
    shs_topology_release(rig->client.topology, &route);
}
