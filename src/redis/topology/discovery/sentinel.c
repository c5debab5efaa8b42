/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/discovery/sentinel.h"

#include <apr_strings.h>

#include "redis/protocol/reply.h"
#include "redis/protocol/sentinel_reply.h"
#include "base/octets.h"

/* A Sentinel's replies have some fifty fields for each replica. */
#define MAX_OCTETS   262144
#define MAX_ELEMENTS 1024

#define MAX_REPLICAS 8

static void append(shs_octets_t *commands, const char *subcommand,
                   const char *master_name, apr_pool_t *p)
{
    shs_octets_t arguments[3];

    arguments[0] = shs_octets_of("SENTINEL");
    arguments[1] = shs_octets_of(subcommand);
    arguments[2] = shs_octets_of(master_name);
    shs_resp_append(commands, arguments, 3, p);
}

/* A Sentinel never gets the servers' password: it has options of its own. */
static shs_conn_status_t refuse(const char **reason, apr_pool_t *p)
{
    *reason = apr_pstrcat(
        p, *reason, " (see sentinel-user= and sentinel-password-file=)", NULL);
    return SHS_CONN_REFUSED;
}

/* Reads an error reply to the first command; the others may fail. */
static shs_conn_status_t read_error(const char **reason,
                                    const shs_reply_t *reply, apr_pool_t *p)
{
    *reason = shs_reply_describe_error(reply, p);
    return shs_reply_is_refusal(reply) ? refuse(reason, p) : SHS_CONN_FAILED;
}

static shs_conn_status_t load(shs_source_reply_t *reply,
                              const shs_endpoint_t *endpoint,
                              shs_node_t *sentinel, apr_time_t deadline,
                              const char **reason, apr_pool_t *p)
{
    const shs_resp_limits_t limits = { MAX_OCTETS, MAX_ELEMENTS };
    const char *master_name = endpoint->master_name;
    int wants_replicas = endpoint->reads_replicas;
    shs_octets_t commands = { "", 0 };
    shs_reply_t *replies[3];
    shs_address_t master, replicas[MAX_REPLICAS];
    shs_conn_status_t status;
    int count = 0;

    append(&commands, "get-master-addr-by-name", master_name, p);
    append(&commands, "MASTER", master_name, p);
    if (wants_replicas) {
        append(&commands, "REPLICAS", master_name, p);
    }
    status = shs_node_execute(replies, wants_replicas ? 3 : 2, sentinel,
                              commands, limits, deadline, reason, p);
    if (status != SHS_CONN_OK) {
        return status == SHS_CONN_REFUSED ? refuse(reason, p) : status;
    }
    if (replies[0]->kind == SHS_REPLY_ERROR) {
        return read_error(reason, replies[0], p);
    }
    switch (shs_sentinel_reply_parse_master(&master, replies[0], p)) {
    case 1:
        break;
    case 0:
        *reason = "the Sentinel knows no master of that name";
        return SHS_CONN_FAILED;
    default:
        *reason = "the Sentinel's reply names no server";
        return SHS_CONN_FAILED;
    }
    reply->is_down = 0;
    reply->epoch = shs_sentinel_reply_parse_epoch(replies[1]);
    if (wants_replicas) {
        count = shs_sentinel_reply_parse_replicas(replicas, MAX_REPLICAS,
                                                  replies[2], p);
    }
    reply->map = shs_slot_map_of_one(&master, replicas, count, p);
    return SHS_CONN_OK;
}

const shs_source_t shs_sentinel_source = {
    .role = SHS_NODE_SENTINEL,
    .master_role = SHS_NODE_MASTER,
    .has_slots = 0,
    .stale = "the Sentinel does not know of the last failover",
    .failed = "no Sentinel names the master;",
    .late = "no Sentinel named the master by the deadline",
    .load = load,
};
