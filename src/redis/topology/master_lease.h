/* SPDX-License-Identifier: Apache-2.0
 *
 * master_lease: whether an answer of the master that Sentinels named may be believed.
 * It does no I/O and takes no lock; time is a parameter (shs_clock_now()). Part
 * of it is what the host's children share, the rest is one child's own, and
 * its owner's lock guards that.
 *
 * A master that was demoted, or comes back empty after another took its place,
 * still calls itself master for some seconds. So an answer counts only if a
 * Sentinel named the server at most SHS_MASTER_LEASE_FOR before; and if it came over
 * a new connection, or if a master failed a question since the last answer that
 * was confirmed, only if a Sentinel that is asked after it came names the
 * server still. While all Sentinels are silent the one named last is believed.
 * A promotion takes longer than the lease
 * (down-after-milliseconds of Sentinel, 30 s unless it is set).
 */
#ifndef SHS_REDIS_TOPOLOGY_MASTER_LEASE_H
#define SHS_REDIS_TOPOLOGY_MASTER_LEASE_H

#include "redis/health/host_state.h"

/* Under traffic one child of the host asks a Sentinel again so often ... */
#define SHS_MASTER_LEASE_CONFIRM_EVERY (APR_USEC_PER_SEC / 2)

/* ... and without, before an answer this old is relied on. */
#define SHS_MASTER_LEASE_FOR (1 * APR_USEC_PER_SEC)

/* Zeroed, but for `shared`, is valid; fields are private. */
typedef struct shs_master_lease_t {
    shs_host_state_master_t *host_state;
    apr_int64_t epoch;     /* Sentinel's config-epoch of the master ... */
    apr_uint32_t subject;  /* ... which this is (shs_node_subject()) ... */
    apr_time_t named_at;   /* ... when that was asked */
    apr_time_t trusted_at; /* when an answer of it was last confirmed */
} shs_master_lease_t;

/* A Sentinel that was asked at `asked_at` named it. */
void shs_master_lease_learn(shs_master_lease_t *lease, apr_uint32_t subject,
                            apr_int64_t epoch, apr_time_t asked_at);

/* When a Sentinel last named our master, to whichever child was asking. */
apr_time_t shs_master_lease_confirmed_at(const shs_master_lease_t *lease);

/* The same, or 0 when another child has heard of a later failover. */
apr_time_t shs_master_lease_known_at(const shs_master_lease_t *lease);

/* Whether another child has heard of a later failover. */
int shs_master_lease_is_behind(const shs_master_lease_t *lease);

/* From when a confirmation must be for an answer that comes now to count. */
apr_time_t shs_master_lease_required(const shs_master_lease_t *lease,
                                     int is_new_connection, apr_time_t now);

/* Whether an answer of that server which came at `answered_at` counts, by what
 * is known now. Where no Sentinel tells more, the master named last does. */
int shs_master_lease_accept(shs_master_lease_t *lease, apr_uint32_t subject,
                            apr_time_t replied_at);

/* A master failed a question, or broke a connection. */
void shs_master_lease_note_failure(shs_master_lease_t *lease, apr_time_t now);

#endif
