/* SPDX-License-Identifier: Apache-2.0
 *
 * source: a server that reports which nodes serve which slots. There are two
 * kinds: Sentinels (sentinel.h) and members of a Redis Cluster (cluster.h).
 */
#ifndef SHS_REDIS_TOPOLOGY_DISCOVERY_SOURCE_H
#define SHS_REDIS_TOPOLOGY_DISCOVERY_SOURCE_H

#include "redis/connection/node.h"
#include "redis/protocol/slot_map.h"

/* What it reported. */
typedef struct shs_source_reply_t {
    shs_slot_map_t *map; /* serves one slot at least */
    apr_int64_t epoch;   /* a later election has a higher one; -1: it is not
                          * reported, or not to our user */
    int is_down;         /* a member that does not reach a majority of the
                          * masters, or slots are not served that must be */
} shs_source_reply_t;

/* One kind of source. */
typedef struct shs_source_t {
    /* Of the source, and of the masters it reports. */
    shs_node_role_t role;
    shs_node_role_t master_role;
    /* The masters have slots, which can move, and can be asked next time. */
    int has_slots;
    /* Why a reply with a stale epoch is refused; NULL: it is doubtful. */
    const char *stale;
    /* The reason if all fail, which precedes that of the last one; and the
     * reason if none replies in time. */
    const char *failed;
    const char *late;
    /* Asks one. OK and *reply, in p; REFUSED if it refuses us, or another
     * status; and *reason. */
    shs_conn_status_t (*load)(shs_source_reply_t *reply,
                              const shs_endpoint_t *endpoint, shs_node_t *node,
                              apr_time_t deadline, const char **reason,
                              apr_pool_t *p);
} shs_source_t;

#endif
