/* SPDX-License-Identifier: Apache-2.0
 *
 * topology: finds the node for a key: the single server, the master that the
 * Sentinels name, or the cluster's node that serves the key's slot. A thread of
 * its own refreshes what is known. Requests wait for it only if nothing is
 * known, or nothing that can be trusted.
 *
 * Numbered rules:
 *  1. What is known is replaced as a whole, under the lock. Under the lock
 *     nothing waits for the network, though sockets may be closed.
 *  2. One refresh runs at a time, and no sooner after the last than it is due.
 *  3. A Sentinel's reply with an epoch lower than any child of the host knows
 *     is ignored: a Sentinel that lags behind does not bring back a demoted
 *     master. epoch.h says when a lower epoch counts.
 *  4. A reply of a Sentinel's master counts only under the terms of
 *     master_lease.h.
 *  5. A cluster's member that reports the cluster as down, or has missed an
 *     election, is used only while no other member replies. The masters it
 *     names may be asked, but that does not prove that no other node serves
 *     those slots.
 */
#ifndef SHS_REDIS_TOPOLOGY_TOPOLOGY_H
#define SHS_REDIS_TOPOLOGY_TOPOLOGY_H

#include "redis/connection/node_table.h"
#include "redis/health/host_state.h"
#include "base/halt.h"

typedef struct shs_topology_t shs_topology_t;

/* The node to send to, and its breaker. Held by the caller until
 * shs_topology_release(). */
typedef struct shs_route_t {
    shs_node_t *node;
    shs_breaker_t *breaker; /* in shared memory */
} shs_route_t;

/* For one child, until its process ends; created before it has threads. All
 * arguments are borrowed and must last as long. When `pchild` goes, refreshes
 * stop. NULL without memory. */
shs_topology_t *shs_topology_create(const shs_endpoint_t *endpoint,
                                    shs_node_table_t *nodes,
                                    shs_host_state_t *host_state,
                                    apr_pool_t *pchild);

/* Ends the refreshes, and every other thread that obeys it, once it is set; it
 * is set when `pchild` goes. */
shs_halt_t *shs_topology_halt(shs_topology_t *topology);

/* Whether any node is known. */
int shs_topology_is_known(shs_topology_t *topology);

/* The master for the slot, by the deadline. OK and *route; REFUSED if the
 * Sentinels or the cluster's members refuse us, TIMEOUT or FAILED, and
 * *reason. */
shs_conn_status_t shs_topology_find(shs_route_t *route,
                                    shs_topology_t *topology, int slot,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p);

/* The nth replica of the slot's master (0 ...), if known. Returns 0 if there
 * are not so many. */
int shs_topology_find_replica(shs_route_t *route, shs_topology_t *topology,
                              int slot, int nth);

/* The node of the address that a member of the cluster named. Returns 0 if the
 * table of nodes is full. With `learn` the slot belongs to that node from now
 * on. */
int shs_topology_follow(shs_route_t *route, shs_topology_t *topology, int slot,
                        const shs_address_t *server, int learn);

/* Whether the route still leads to the slot's master, by what is known. Does
 * not wait. */
int shs_topology_is_current(shs_topology_t *topology, const shs_route_t *route,
                            int slot);

void shs_topology_release(shs_topology_t *topology, shs_route_t *route);

/* When the Sentinels, or a member of the cluster, were last asked for the
 * masters. APR_INT64_MAX for a single server, which is always the master. 0:
 * nothing is known, or another child knows of a later failover, or the snapshot
 * is doubtful (rule 5). *layout is set to the cluster's layout (slot_layout.h),
 * if it is known. */
apr_time_t shs_topology_known_at(shs_topology_t *topology,
                                 apr_uint64_t *layout);

/* Begins a refresh, if one is due. Does not wait. */
void shs_topology_suspect(shs_topology_t *topology);

/* A master failed a command, or broke a connection (rule 4). */
void shs_topology_note_failure(shs_topology_t *topology);

/* Whether a reply of the master `subject` that has just come counts by rule 4.
 * Asks a Sentinel if need be. OK; WRONG_ROLE: another server is the master now;
 * TIMEOUT: no Sentinel confirmed it by the deadline. If the Sentinels do not
 * reply at all it is OK, without waiting for them. */
shs_conn_status_t shs_topology_confirm(shs_topology_t *topology,
                                       apr_uint32_t subject,
                                       int is_new_connection,
                                       apr_time_t deadline);

/* Refreshes, and waits until something newer than `since` is known, or until
 * the deadline. Returns whether it is. */
int shs_topology_refresh(shs_topology_t *topology, apr_time_t since,
                         apr_time_t deadline);

#endif
