/* SPDX-License-Identifier: Apache-2.0
 *
 * rig: the part of a store that one child of httpd has, put together for a
 * test: the endpoint from a URL and options, nodes, shared memory and topology.
 * It is never freed, as in a child; its refreshes end with p. And loads and
 * writes with their usual checks.
 */
#ifndef T_UNIT_RIG_H
#define T_UNIT_RIG_H

#include "actor.h"
#include "redis/command/attempt/operation.h"
#include "base/clock.h"
#include "store/store.h"
#include "unit.h"

typedef struct rig_t {
    shs_endpoint_t *endpoint;
    shs_node_table_t *nodes;
    shs_host_state_t *host_state;
    shs_client_t client;
} rig_t;

/* The endpoint alone. The options are separated by spaces. */
shs_endpoint_t *rig_endpoint(const char *url, const char *options);

/* With its own shared memory; or with that of `sibling` (not NULL), as another
 * child of the host. Pools have 4 connections, unless the options have pool=.
 * Loads are sent in batches only with share=on. */
rig_t *rig_create(const char *url, const char *options, const rig_t *sibling);

/* The same, but its threads end with `pchild`. */
rig_t *rig_create_in(const char *url, const char *options, const rig_t *sibling,
                     apr_pool_t *pchild);

/* The nodes alone; they are never freed. */
shs_node_table_t *rig_nodes(const shs_endpoint_t *endpoint, int pool_size);

/* Opens so many idle connections (1 to 4) to the server of a slot. */
void rig_fill_pool(const rig_t *rig, int slot, int count);

/* A child with the fake server as its single server, as a member of its
 * cluster, and as the Sentinel that names master "m". */
rig_t *rig_on_server(const actor_t *server, const char *options,
                     const rig_t *sibling);
rig_t *rig_on_cluster(const actor_t *member, const char *options,
                      const rig_t *sibling);
rig_t *rig_on_sentinel(const actor_t *sentinel, const char *options,
                       const rig_t *sibling);

/* ---- loads and writes */

/* What the last one came to, and how long it took. */
extern shs_result_t rig_result;
extern apr_time_t rig_took;

/* Loads a string, with a deadline in so many milliseconds. The test fails if
 * the deadline is missed, or if there is no reason unless FOUND. */
shs_outcome_t rig_load(const rig_t *rig, const char *key, int ms);
shs_outcome_t rig_load_sized(const rig_t *rig, const char *key, int ms,
                             apr_size_t max_octets);

/* The same of a write, whose deadline is set here; no reason if DONE. */
shs_wrote_t rig_write(const rig_t *rig, const shs_write_t *write, int ms);

/* The same, but it may end late. */
shs_wrote_t rig_write_untimed(const rig_t *rig, const shs_write_t *write,
                              int ms);

/* The key is FOUND, with this value. */
#define ck_loads(rig, key, value)                                        \
    do {                                                                 \
        shs_outcome_t outcome_ = rig_load((rig), (key), 10000);          \
        ck_assert_msg(outcome_ == SHS_OUTCOME_FOUND, "%d: %s", outcome_, \
                      rig_result.reason);                                \
        ck_octets_eq(rig_result.record.string, unit_text(value),         \
                     "which server's value?");                           \
    } while (0)

/* The store's breaker is "closed", "open" or "half-open". */
#define ck_breaker(rig, state)                                              \
    ck_assert_str_eq(                                                       \
        shs_breaker_describe(&(rig)->host_state->breaker, shs_clock_now()), \
        (state))

/* ---- and the rest */

apr_uint64_t rig_counter(const rig_t *rig, shs_counter_t counter);

#endif
