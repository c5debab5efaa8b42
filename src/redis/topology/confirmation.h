/* SPDX-License-Identifier: Apache-2.0
 *
 * confirmation: keeps the lease of the master that the Sentinels named. Before
 * a command it refreshes a lease that runs out; after a reply it waits for a
 * Sentinel if master_lease.h requires one. It asks by refreshing the topology,
 * and does not wait for Sentinels that prove to be silent.
 *
 * All functions are called with the refresh's lock held.
 */
#ifndef SHS_REDIS_TOPOLOGY_CONFIRMATION_H
#define SHS_REDIS_TOPOLOGY_CONFIRMATION_H

#include "redis/connection/conn.h"
#include "redis/topology/master_lease.h"
#include "redis/topology/refresh.h"

typedef struct shs_confirmation_t {
    shs_master_lease_t lease;
    shs_refresh_t *refresh;              /* asks a Sentinel */
    apr_interval_time_t first_pass_time; /* of a refresh; after that the
                                          * Sentinels count as silent */
} shs_confirmation_t;

/* Has the master confirmed in time, so that a command rarely goes to the wrong
 * one. Half of the time is left for the command if no Sentinel replies. */
void shs_confirmation_refresh(shs_confirmation_t *confirmation,
                              apr_time_t deadline);

/* Whether a reply of the master `subject` that has just come counts, asking a
 * Sentinel if need be: see shs_topology_confirm(). */
shs_conn_status_t shs_confirmation_require(shs_confirmation_t *confirmation,
                                           apr_uint32_t subject,
                                           int is_new_connection,
                                           apr_time_t deadline);

#endif
