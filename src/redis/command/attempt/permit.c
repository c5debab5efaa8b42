/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/attempt/permit.h"

#include "base/clock.h"

static int deny(shs_permit_t *permit, shs_counter_t cause, const char *reason)
{
    permit->denial.cause = cause;
    permit->denial.reason = reason;
    return 0;
}

static void note_result(shs_permit_t *permit, const shs_operation_t *operation,
                        shs_breaker_t *breaker, shs_breaker_result_t result,
                        apr_uint32_t key, const char *reason)
{
    const shs_client_t *client = operation->client;
    shs_breaker_alert_t alert = shs_breaker_note(
        breaker, &client->endpoint->breaker, permit->pass, result,
        permit->resolved_subject, key, shs_clock_now());

    if (permit->is_to_replica) {
        return; /* the state of the store is that of its masters */
    }
    switch (alert) {
    case SHS_BREAKER_NO_ALERT:
        break;
    case SHS_BREAKER_DOWN:
        shs_counters_add(&client->host_state->counters, SHS_COUNTER_OUTAGES);
        permit->report.transition = SHS_TRANSITION_DOWN;
        permit->report.reason = reason;
        break;
    case SHS_BREAKER_UP:
        permit->report.transition = SHS_TRANSITION_UP;
        break;
    }
}

static int admit(shs_permit_t *permit, const shs_operation_t *operation,
                 shs_breaker_t *breaker, apr_uint32_t subject)
{
    permit->opened_at = shs_clock_now();
    permit->resolved_subject = subject;
    permit->pass =
        shs_breaker_admit(breaker, &operation->client->endpoint->breaker,
                          subject, permit->opened_at);
    return permit->pass != SHS_BREAKER_BLOCK
           || deny(permit, SHS_COUNTER_BLOCKED,
                   "it failed recently and is only probed now and then (circuit"
                   " breaker)");
}

/* Asks the breaker for permission to use the route; gives the route back if
 * there is none. */
static int open_route(shs_permit_t *permit, const shs_operation_t *operation)
{
    shs_topology_t *topology = operation->client->topology;

    permit->subject = shs_node_subject(permit->route.node);
    if (admit(permit, operation, permit->route.breaker,
              shs_node_resolved_subject(permit->route.node))) {
        return 1;
    }
    shs_node_suspect(permit->route.node);
    shs_topology_release(topology, &permit->route);
    shs_topology_suspect(topology);
    return 0;
}

static int find_route(shs_permit_t *permit, const shs_operation_t *operation)
{
    const char *reason = NULL;

    switch (shs_topology_find(&permit->route, operation->client->topology,
                              operation->slot, operation->query->deadline,
                              &reason, operation->p)) {
    case SHS_CONN_OK:
        return 1;
    case SHS_CONN_TIMEOUT:
        return deny(permit, SHS_COUNTER_TIMEOUTS, reason);
    case SHS_CONN_REFUSED:
        return deny(permit, SHS_COUNTER_REFUSED, reason);
    default:
        return deny(permit, SHS_COUNTER_NOT_READY, reason);
    }
}

/* While no server is known, the store's own breaker guards the discovery of the
 * first one. */
static int open_unknown(shs_permit_t *permit, const shs_operation_t *operation)
{
    const shs_client_t *client = operation->client;
    shs_breaker_t *breaker = &client->host_state->breaker;

    if (!admit(permit, operation, breaker, SHS_BREAKER_NO_SUBJECT)) {
        shs_topology_suspect(client->topology);
        return 0;
    }
    if (!find_route(permit, operation)) {
        note_result(permit, operation, breaker, SHS_BREAKER_FAILED, 0,
                    permit->denial.reason);
        return 0;
    }
    /* The server that was found may still not reply. Where it shares this
     * breaker, the result comes with its reply. */
    note_result(permit, operation, breaker,
                breaker == permit->route.breaker ? SHS_BREAKER_UNKNOWN
                                                 : SHS_BREAKER_OK,
                0, NULL);
    return open_route(permit, operation);
}

int shs_permit_open(shs_permit_t *permit, const shs_operation_t *operation)
{
    permit->is_to_replica = 0;
    if (!shs_topology_is_known(operation->client->topology)) {
        return open_unknown(permit, operation);
    }
    return find_route(permit, operation) && open_route(permit, operation);
}

int shs_permit_open_redirect(shs_permit_t *permit,
                             const shs_operation_t *operation,
                             const shs_address_t *server, int learn)
{
    permit->is_to_replica = 0;
    if (!shs_topology_follow(&permit->route, operation->client->topology,
                             operation->slot, server, learn)) {
        return deny(permit, SHS_COUNTER_OTHER_ERRORS,
                    "more servers are named than can be known");
    }
    return open_route(permit, operation);
}

int shs_permit_open_replica(shs_permit_t *permit,
                            const shs_operation_t *operation, int nth)
{
    permit->is_to_replica = 1;
    while (shs_topology_find_replica(
        &permit->route, operation->client->topology, operation->slot, nth)) {
        if (open_route(permit, operation)) {
            return nth;
        }
        ++nth;
    }
    return -1;
}

void shs_permit_close(shs_permit_t *permit, const shs_operation_t *operation,
                      shs_breaker_result_t result, apr_uint32_t key,
                      const char *reason)
{
    note_result(permit, operation, permit->route.breaker, result, key, reason);
    shs_topology_release(operation->client->topology, &permit->route);
}
