/* SPDX-License-Identifier: Apache-2.0
 *
 * discovery: finds out which nodes serve which slots. It asks the Sentinels, or
 * members of the cluster, one after the other until one replies. Each run
 * begins with another one, so that a single one that is cut off from the rest
 * is not trusted for long.
 *
 * A cluster's member is trusted if it reports that the cluster is well, and
 * knows the last election that this host knows of. Another member's reply is
 * used only if there is no such member, and is marked doubtful. (A member that
 * is cut off reports this once it has missed most masters for
 * cluster-node-timeout. The masters may have missed it for half as long
 * already, and may elect its successor before. But then it does not know the
 * election.)
 */
#ifndef SHS_REDIS_TOPOLOGY_DISCOVERY_DISCOVERY_H
#define SHS_REDIS_TOPOLOGY_DISCOVERY_DISCOVERY_H

#include "redis/health/epoch.h"
#include "redis/topology/discovery/snapshot.h"

typedef struct shs_discovery_t shs_discovery_t;

/* Holds the nodes of the endpoint's servers. All arguments are borrowed.
 * *epoch is shared by all children of the host. Once *is_closing is set no
 * further server is asked. NULL without memory. Belongs to no APR pool,
 * because a thread uses it. */
shs_discovery_t *shs_discovery_create(const shs_endpoint_t *endpoint,
                                      shs_node_table_t *nodes,
                                      shs_epoch_t *epoch,
                                      const _Atomic int *is_closing);

/* The longest time of the first pass, which asks each server of the URL once,
 * in haste. After that no server is expected to reply soon. */
apr_interval_time_t shs_discovery_first_pass_time(
    const shs_endpoint_t *endpoint);

/* Asks each server with a short time at first, so that one that hangs does not
 * delay the rest, and then for connect-timeout and timeout. One thread at a
 * time may call it. OK and the snapshot, perhaps doubtful, to be destroyed by
 * the caller; REFUSED if none replies and one of them refuses us, or FAILED;
 * and *reason, which is valid until the next run. */
shs_conn_status_t shs_discovery_run(shs_snapshot_t **snapshot,
                                    shs_discovery_t *discovery,
                                    const char **reason);

/* The config-epoch of the last snapshot. Only the thread that found it may call
 * this. */
apr_int64_t shs_discovery_epoch(const shs_discovery_t *discovery);

/* Why nothing is known: a run is under way, or the last one ended with
 * `failure` (OK: there was none). Returns the status of a request that waited
 * in vain, and *reason, in p. */
shs_conn_status_t shs_discovery_explain(const char **reason,
                                        const shs_discovery_t *discovery,
                                        int is_running,
                                        shs_conn_status_t failure,
                                        apr_pool_t *p);

#endif
