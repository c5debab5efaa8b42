/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/permit.h"

#include "base/clock.h"

static int refuse(shs_permit_t *permit, shs_counter_t cause, const char *reason)
{
    permit->cause = cause;
    permit->reason = reason;
    return 0;
}

static void note(shs_permit_t *permit, shs_breaker_t *breaker,
                 shs_breaker_result_t result, apr_uint32_t key,
                 const char *reason)
{
    const shs_client_t *client = permit->client;
    shs_breaker_alert_t news =
        shs_breaker_note(breaker, &client->endpoint->breaker, permit->pass,
                         result, permit->place, key, shs_clock_now());

    if (permit->is_to_replica) {
        return; /* the store is as well or ill as its masters are */
    }
    switch (news) {
    case SHS_BREAKER_NO_ALERT:
        break;
    case SHS_BREAKER_DOWN:
        shs_counters_add(&client->host_state->counters, SHS_COUNTER_OUTAGES);
        permit->transition = SHS_TRANSITION_DOWN;
        permit->transition_reason = reason;
        break;
    case SHS_BREAKER_UP:
        permit->transition = SHS_TRANSITION_UP;
        break;
    }
}

static int admit(shs_permit_t *permit, shs_breaker_t *breaker,
                 apr_uint32_t place)
{
    permit->opened_at = shs_clock_now();
    permit->place = place;
    permit->pass = shs_breaker_admit(
        breaker, &permit->client->endpoint->breaker, place, permit->opened_at);
    return permit->pass != SHS_BREAKER_BLOCK
           || refuse(permit, SHS_COUNTER_BLOCKED,
                     "it failed lately and is asked only now and then (circuit"
                     " breaker)");
}

/* Has the route; may it be used? */
static int enter(shs_permit_t *permit)
{
    shs_topology_t *topology = permit->client->topology;

    permit->subject = shs_node_subject(permit->route.node);
    if (admit(permit, permit->route.breaker,
              shs_node_resolved_subject(permit->route.node))) {
        return 1;
    }
    shs_node_suspect(permit->route.node);
    shs_topology_release(topology, &permit->route);
    shs_topology_suspect(topology);
    return 0;
}

static int find(shs_permit_t *permit)
{
    const char *reason = NULL;

    switch (shs_topology_find(&permit->route, permit->client->topology,
                              permit->slot, permit->deadline, &reason,
                              permit->p)) {
    case SHS_CONN_OK:
        return 1;
    case SHS_CONN_TIMEOUT:
        return refuse(permit, SHS_COUNTER_TIMEOUTS, reason);
    case SHS_CONN_REFUSED:
        return refuse(permit, SHS_COUNTER_REFUSED, reason);
    default:
        return refuse(permit, SHS_COUNTER_NOT_READY, reason);
    }
}

/* While nobody is known who could be asked, finding out is what the breaker
 * watches. */
static int open_first(shs_permit_t *permit)
{
    const shs_client_t *client = permit->client;
    shs_breaker_t *own = &client->host_state->breaker;

    if (!admit(permit, own, SHS_BREAKER_NO_SUBJECT)) {
        shs_topology_suspect(client->topology);
        return 0;
    }
    if (!find(permit)) {
        note(permit, own, SHS_BREAKER_FAILED, 0, permit->reason);
        return 0;
    }
    /* Who is known may still not answer: that is told when it does. */
    note(permit, own,
         own == permit->route.breaker ? SHS_BREAKER_UNKNOWN : SHS_BREAKER_OK, 0,
         NULL);
    return enter(permit);
}

int shs_permit_open(shs_permit_t *permit)
{
    permit->is_to_replica = 0;
    if (!shs_topology_is_known(permit->client->topology)) {
        return open_first(permit);
    }
    return find(permit) && enter(permit);
}

int shs_permit_open_redirect(shs_permit_t *permit, const shs_address_t *server,
                             int learn)
{
    permit->is_to_replica = 0;
    if (!shs_topology_follow(&permit->route, permit->client->topology,
                             permit->slot, server, learn)) {
        return refuse(permit, SHS_COUNTER_OTHER_ERRORS,
                      "more servers are named than can be known");
    }
    return enter(permit);
}

int shs_permit_open_replica(shs_permit_t *permit, int nth)
{
    permit->is_to_replica = 1;
    while (shs_topology_find_replica(&permit->route, permit->client->topology,
                                     permit->slot, nth)) {
        if (enter(permit)) {
            return nth;
        }
        ++nth;
    }
    return -1;
}

void shs_permit_close(shs_permit_t *permit, shs_breaker_result_t result,
                      apr_uint32_t key, const char *reason)
{
    note(permit, permit->route.breaker, result, key, reason);
    shs_topology_release(permit->client->topology, &permit->route);
}
