/* SPDX-License-Identifier: Apache-2.0
 *
 * discovery: finds out who serves what, by asking the Sentinels, or members of
 * the cluster, one after the other until one tells. Each run begins with
 * another one, so that no single one that is cut off from the rest is believed
 * for long.
 *
 * A cluster's member is believed when it says that the cluster is well, and has
 * heard of the last election that anybody has told this host of. Others only
 * when there is none such, and then with a doubt. (One that is cut off says so
 * when it has missed most masters for cluster-node-timeout, as they may have
 * missed it for half as long already: its successor may be elected before. But
 * then it has not heard of the election.)
 */
#ifndef SHS_REDIS_DISCOVERY_H
#define SHS_REDIS_DISCOVERY_H

#include "redis/epoch.h"
#include "redis/view.h"

typedef struct shs_discovery_t shs_discovery_t;

/* Holds the nodes of the endpoint's servers. All are borrowed; *epoch is in
 * memory that all children share; once *is_closing is set no further server is
 * asked.
 * NULL without memory. Belongs to no APR pool, because a thread uses it. */
shs_discovery_t *shs_discovery_create(const shs_endpoint_t *endpoint,
                                      shs_nodes_t *nodes, shs_epoch_t *epoch,
                                      const _Atomic int *is_closing);

/* How long it takes at most until each server of the URL has been asked once,
 * in haste: after that none is expected to answer soon. */
apr_interval_time_t shs_discovery_patience(const shs_endpoint_t *endpoint);

/* Asks, each server in haste at first, so that one that hangs does not hold up
 * the rest, and then for connect-timeout and timeout; by one thread at a time.
 * OK and the view, perhaps doubted, to be destroyed by the caller; REFUSED if
 * one of them does not accept us and none tells, or FAILED; and *reason, which
 * stays valid until the next run. */
shs_conn_status_t shs_discovery_run(shs_view_t **view,
                                    shs_discovery_t *discovery,
                                    const char **reason);

/* The config-epoch of the view found last, by the thread that found it. */
apr_int64_t shs_discovery_epoch(const shs_discovery_t *discovery);

/* Why nothing is known: a run is under way, or the last one came to `failure`
 * (OK: there was none). The status of who waited in vain, and *reason, in p. */
shs_conn_status_t shs_discovery_explain(const char **reason,
                                        const shs_discovery_t *discovery,
                                        int is_running,
                                        shs_conn_status_t failure,
                                        apr_pool_t *p);

#endif
