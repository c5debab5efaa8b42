/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/permit.h"

#include "base/clock.h"

static int refuse(shs_permit_t *passage, shs_counter_t cause,
                  const char *reason)
{
    passage->cause = cause;
    passage->reason = reason;
    return 0;
}

static void note(shs_permit_t *passage, shs_breaker_t *breaker,
                 shs_breaker_result_t verdict, apr_uint32_t key,
                 const char *reason)
{
    const shs_client_t *client = passage->client;
    shs_breaker_news_t news =
        shs_breaker_note(breaker, &client->endpoint->breaker, passage->pass,
                         verdict, passage->place, key, shs_clock_now());

    if (passage->is_to_replica) {
        return; /* the store is as well or ill as its masters are */
    }
    switch (news) {
    case SHS_BREAKER_NO_NEWS:
        break;
    case SHS_BREAKER_DOWN:
        shs_counters_add(&client->shared->counters, SHS_COUNTER_OUTAGES);
        passage->transition = SHS_TRANSITION_DOWN;
        passage->transition_reason = reason;
        break;
    case SHS_BREAKER_UP:
        passage->transition = SHS_TRANSITION_UP;
        break;
    }
}

static int admit(shs_permit_t *passage, shs_breaker_t *breaker,
                 apr_uint32_t place)
{
    passage->opened_at = shs_clock_now();
    passage->place = place;
    passage->pass =
        shs_breaker_admit(breaker, &passage->client->endpoint->breaker, place,
                          passage->opened_at);
    return passage->pass != SHS_BREAKER_BLOCK
           || refuse(passage, SHS_COUNTER_BLOCKED,
                     "it failed lately and is asked only now and then (circuit"
                     " breaker)");
}

/* Has the route; may it be used? */
static int enter(shs_permit_t *passage)
{
    shs_topology_t *topology = passage->client->topology;

    passage->subject = shs_node_subject(passage->route.node);
    if (admit(passage, passage->route.breaker,
              shs_node_place(passage->route.node))) {
        return 1;
    }
    shs_node_suspect(passage->route.node);
    shs_topology_leave(topology, &passage->route);
    shs_topology_suspect(topology);
    return 0;
}

static int find(shs_permit_t *passage)
{
    const char *reason = NULL;

    switch (shs_topology_find(&passage->route, passage->client->topology,
                              passage->slot, passage->deadline, &reason,
                              passage->p)) {
    case SHS_CONN_OK:
        return 1;
    case SHS_CONN_TIMEOUT:
        return refuse(passage, SHS_COUNTER_TIMEOUTS, reason);
    case SHS_CONN_REFUSED:
        return refuse(passage, SHS_COUNTER_REFUSED, reason);
    default:
        return refuse(passage, SHS_COUNTER_NOT_READY, reason);
    }
}

/* While nobody is known who could be asked, finding out is what the breaker
 * watches. */
static int open_first(shs_permit_t *passage)
{
    const shs_client_t *client = passage->client;
    shs_breaker_t *own = &client->shared->breaker;

    if (!admit(passage, own, SHS_BREAKER_NOBODY)) {
        shs_topology_suspect(client->topology);
        return 0;
    }
    if (!find(passage)) {
        note(passage, own, SHS_BREAKER_FAILED, 0, passage->reason);
        return 0;
    }
    /* Who is known may still not answer: that is told when it does. */
    note(passage, own,
         own == passage->route.breaker ? SHS_BREAKER_UNKNOWN : SHS_BREAKER_OK,
         0, NULL);
    return enter(passage);
}

int shs_permit_open(shs_permit_t *passage)
{
    passage->is_to_replica = 0;
    if (!shs_topology_is_known(passage->client->topology)) {
        return open_first(passage);
    }
    return find(passage) && enter(passage);
}

int shs_permit_follow(shs_permit_t *passage, const shs_address_t *server,
                       int learn)
{
    passage->is_to_replica = 0;
    if (!shs_topology_follow(&passage->route, passage->client->topology,
                             passage->slot, server, learn)) {
        return refuse(passage, SHS_COUNTER_OTHER_ERRORS,
                      "more servers are named than can be known");
    }
    return enter(passage);
}

int shs_permit_open_replica(shs_permit_t *passage, int nth)
{
    passage->is_to_replica = 1;
    while (shs_topology_find_replica(&passage->route, passage->client->topology,
                                     passage->slot, nth)) {
        if (enter(passage)) {
            return nth;
        }
        ++nth;
    }
    return -1;
}

void shs_permit_leave(shs_permit_t *passage, shs_breaker_result_t verdict,
                       apr_uint32_t key, const char *reason)
{
    note(passage, passage->route.breaker, verdict, key, reason);
    shs_topology_leave(passage->client->topology, &passage->route);
}
