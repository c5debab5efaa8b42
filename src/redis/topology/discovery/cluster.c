/* SPDX-License-Identifier: Apache-2.0
 *
 * Uses CLUSTER SLOTS instead of CLUSTER SHARDS: every version supports it.
 */
#include "redis/topology/discovery/cluster.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "redis/protocol/reply.h"
#include "base/octets.h"

/* A fragmented cluster has thousands of ranges, each with its nodes. */
#define MAX_OCTETS   (4 * 1024 * 1024)
#define MAX_ELEMENTS SHS_SLOT_MAP_SLOTS

static void append(shs_octets_t *commands, const char *subcommand,
                   apr_pool_t *p)
{
    const shs_octets_t words[2] = { shs_octets_of("CLUSTER"),
                                    shs_octets_of(subcommand) };

    shs_resp_append(commands, words, 2, p);
}

/* Parses lines of "name:value"; a NUL follows the text. */
static void read_info(shs_source_reply_t *reply, const shs_reply_t *info)
{
    static const char epoch[] = "cluster_current_epoch:";
    const char *at;

    reply->is_down = 0;
    reply->epoch = -1;
    if (info->kind != SHS_REPLY_STRING) {
        return;
    }
    reply->is_down = strstr(info->text.data, "cluster_state:fail") != NULL;
    at = strstr(info->text.data, epoch);
    if (at && apr_isdigit(at[sizeof(epoch) - 1])) {
        reply->epoch = apr_strtoi64(at + sizeof(epoch) - 1, NULL, 10);
    }
}

static shs_conn_status_t load(shs_source_reply_t *reply,
                              const shs_endpoint_t *endpoint,
                              shs_node_t *member, apr_time_t deadline,
                              const char **reason, apr_pool_t *p)
{
    const shs_resp_limits_t limits = { MAX_OCTETS, MAX_ELEMENTS };
    shs_octets_t commands = { "", 0 };
    shs_reply_t *replies[2];
    shs_conn_status_t status;
    const char *error;

    (void)endpoint;
    append(&commands, "SLOTS", p);
    append(&commands, "INFO", p);
    status = shs_node_execute(replies, 2, member, commands, limits, deadline,
                              reason, p);
    if (status != SHS_CONN_OK) {
        return status;
    }
    if (replies[0]->kind == SHS_REPLY_ERROR) {
        *reason = shs_reply_describe_error(replies[0], p);
        return shs_reply_is_refusal(replies[0]) ? SHS_CONN_REFUSED
                                                : SHS_CONN_FAILED;
    }
    read_info(reply, replies[1]);
    error = shs_slot_map_parse_slots(&reply->map, replies[0],
                                     shs_node_address(member), p);
    if (error) {
        *reason = error;
        return SHS_CONN_FAILED;
    }
    if (reply->map->shard_count == 0) {
        *reason = "no member serves any slot of the cluster";
        return SHS_CONN_FAILED;
    }
    return SHS_CONN_OK;
}

const shs_source_t shs_cluster_source = {
    .role = SHS_NODE_PLAIN,
    .master_role = SHS_NODE_PLAIN,
    .has_slots = 1,
    .stale = NULL,
    .failed = "no member of the cluster reports its slots;",
    .late = "no member of the cluster reported its slots in time",
    .load = load,
};
