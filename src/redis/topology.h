/* SPDX-License-Identifier: Apache-2.0
 *
 * topology: which node answers for a key: the one server, the master that
 * Sentinels name, or the cluster's node that serves the key's slot. What is
 * known is renewed by a thread of its own, off the path of requests, which
 * wait for it only when nothing is known, or nothing that can be relied on.
 *
 * Numbered rules:
 *  1. What is known is replaced as a whole, under the lock; nothing waits for
 *     the network under it, though sockets may be closed.
 *  2. One renewal at a time, and no sooner after the last than it is due.
 *  3. A Sentinel's word of a lower epoch than any child of the host has heard
 *     before is ignored: a demoted master does not come back by a Sentinel that
 *     lags behind. epoch.h says when a lower one counts.
 *  4. An answer of a Sentinel's master counts only as trust.h says.
 *  5. A cluster's member that says that the cluster is down, or has missed an
 *     election, is believed only while no other tells. What it names may be
 *     asked, and is no proof that nobody else serves those slots.
 */
#ifndef SHS_REDIS_TOPOLOGY_H
#define SHS_REDIS_TOPOLOGY_H

#include "redis/nodes.h"
#include "redis/shared.h"
#include "store/halt.h"

/* How soon after one renewal the next may begin: when a server failed, and
 * when a cluster's member named another (MOVED). */
#define SHS_TOPOLOGY_AFTER_FAILURE (100 * 1000)

#define SHS_TOPOLOGY_AFTER_MOVED (1 * APR_USEC_PER_SEC)

typedef struct shs_topology_t shs_topology_t;

/* Where to ask. Held by the caller until shs_topology_leave(). */
typedef struct shs_route_t {
    shs_node_t *node;
    shs_breaker_t *breaker; /* in shared memory */
} shs_route_t;

/* For one child, until its process ends; made before it has threads. All are
 * borrowed and must last as long; with `pchild` it stops renewing. NULL without
 * memory. */
shs_topology_t *shs_topology_create(const shs_endpoint_t *endpoint,
                                    shs_nodes_t *nodes, shs_shared_t *shared,
                                    apr_pool_t *pchild);

/* Ends its renewals, and whatever else obeys it, when it is set, as it is when
 * `pchild` goes. */
shs_halt_t *shs_topology_halt(shs_topology_t *topology);

/* Whether anybody is known who could be asked. */
int shs_topology_is_known(shs_topology_t *topology);

/* The master for the slot, by the deadline. OK and *route; REFUSED when those
 * who should tell do not accept us, TIMEOUT or FAILED, and *reason. */
shs_conn_status_t shs_topology_find(shs_route_t *route,
                                    shs_topology_t *topology, int slot,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p);

/* The nth replica of the slot's master (0 ...), as far as it is known. Returns
 * 0 if there are not so many. */
int shs_topology_find_replica(shs_route_t *route, shs_topology_t *topology,
                              int slot, int nth);

/* The server that a member of the cluster named. Returns 0 if too many are
 * known. With `learn` the slot is asked for there from now on. */
int shs_topology_follow(shs_route_t *route, shs_topology_t *topology, int slot,
                        const shs_server_t *server, int learn);

/* Whether the route is still the one to the slot's master, as far as is known
 * at once. */
int shs_topology_is_current(shs_topology_t *topology, const shs_route_t *route,
                            int slot);

void shs_topology_leave(shs_topology_t *topology, shs_route_t *route);

/* When those who know were asked, last, who the masters are. A single server is
 * always the one: APR_INT64_MAX. 0: nothing is known, or another child has
 * heard of a later failover, or what is known is doubted (rule 5). *layout is
 * which slots they served (layout.h), as far as it is known, and in a cluster.
 */
apr_time_t shs_topology_known_at(shs_topology_t *topology,
                                 apr_uint64_t *layout);

/* Renews what is known, if that is due, and does not wait. */
void shs_topology_suspect(shs_topology_t *topology);

/* A master failed a question, or broke a connection: rule 4. */
void shs_topology_note_failure(shs_topology_t *topology);

/* Whether an answer of the master `subject` that has just come counts by rule
 * 4, asking a Sentinel if need be. OK; WRONG_ROLE: another one is the master
 * now; TIMEOUT: none said so by the deadline. When the Sentinels do not answer
 * at all it is OK without waiting for them. */
shs_conn_status_t shs_topology_confirm(shs_topology_t *topology,
                                       apr_uint32_t subject,
                                       int is_new_connection,
                                       apr_time_t deadline);

/* The same, and waits until something newer than `since` is known, or the
 * deadline. Returns whether it is. */
int shs_topology_renew(shs_topology_t *topology, apr_time_t since,
                       apr_time_t deadline);

#endif
