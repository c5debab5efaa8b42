/* SPDX-License-Identifier: Apache-2.0
 *
 * source: a server that reports which nodes serve which slots. There are two
 * kinds: Sentinels (sentinel.h) and members of a Redis Cluster (cluster.h).
 */
#ifndef SHS_REDIS_TOPOLOGY_SOURCE_H
#define SHS_REDIS_TOPOLOGY_SOURCE_H

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
    shs_node_role_t role;        /* of the source ... */
    shs_node_role_t master_role; /* ... and of the masters it reports */
    int has_slots; /* that can move, of masters that can be asked next time */
    const char *stale; /* why a reply with a stale epoch is refused; NULL: it
                         * is doubtful */
    const char
        *failed;      /* what is said if all fail, before the last reason ... */
    const char *late; /* ... or if none replies in time */

    /* Asks one. OK and *reply, in p; REFUSED if it refuses us, or another
     * status; and *reason. */
    shs_conn_status_t (*load)(shs_source_reply_t *reply,
                              const shs_endpoint_t *endpoint, shs_node_t *node,
                              apr_time_t deadline, const char **reason,
                              apr_pool_t *p);
} shs_source_t;

#endif
