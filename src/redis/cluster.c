/* SPDX-License-Identifier: Apache-2.0
 *
 * CLUSTER SLOTS and not CLUSTER SHARDS: every version answers it.
 */
#include "redis/cluster.h"

#include "redis/answer.h"
#include "session/octets.h"

/* A fragmented cluster has thousands of ranges, each with its nodes. */
#define MOST_OCTETS   (4 * 1024 * 1024)
#define MOST_ELEMENTS SHS_MAP_SLOTS

shs_conn_status_t shs_cluster_ask(shs_map_t **map, shs_node_t *member,
                                  apr_time_t deadline, const char **reason,
                                  apr_pool_t *p)
{
    const shs_resp_limits_t limits = { MOST_OCTETS, MOST_ELEMENTS };
    const shs_octets_t words[2] = { shs_octets_of("CLUSTER"),
                                    shs_octets_of("SLOTS") };
    shs_octets_t commands = { "", 0 };
    shs_reply_t *reply;
    shs_conn_status_t status;
    const char *error;

    shs_resp_append(&commands, words, 2, p);
    status =
        shs_node_ask(&reply, 1, member, commands, limits, deadline, reason, p);
    if (status != SHS_CONN_OK) {
        return status;
    }
    if (reply->kind == SHS_REPLY_ERROR) {
        *reason = shs_answer_describe_error(reply, p);
        return shs_answer_is_refusal(reply) ? SHS_CONN_REFUSED
                                            : SHS_CONN_FAILED;
    }
    error = shs_map_parse_slots(map, reply, shs_node_server(member), p);
    if (error) {
        *reason = error;
        return SHS_CONN_FAILED;
    }
    if ((*map)->shard_count == 0) {
        *reason = "no slot of the cluster is served by anyone";
        return SHS_CONN_FAILED;
    }
    return SHS_CONN_OK;
}
