/* SPDX-License-Identifier: Apache-2.0
 *
 * master_lease: decides whether a reply of the master that the Sentinels named
 * counts. It does no I/O and takes no lock; time is a parameter
 * (shs_clock_now()). Part of it is shared by the host's children; the rest
 * belongs to one child, and its owner's lock guards it.
 *
 * A master that was demoted, or that comes back empty after another took its
 * place, still calls itself master for some seconds. So a reply counts only if
 * a Sentinel named the server at most SHS_MASTER_LEASE_FOR before. If it came
 * over a new connection, or if a master has failed a command since the last
 * confirmed reply, it counts only if a Sentinel that is asked after the reply
 * still names the server. While no Sentinel replies, the master named last is
 * trusted. A promotion takes longer than the lease (Sentinel's
 * down-after-milliseconds, 30 s by default).
 */
#ifndef SHS_REDIS_TOPOLOGY_MASTER_LEASE_H
#define SHS_REDIS_TOPOLOGY_MASTER_LEASE_H

#include "redis/health/host_state.h"

/* Under traffic, one child of the host asks a Sentinel this often ... */
#define SHS_MASTER_LEASE_CONFIRM_EVERY (APR_USEC_PER_SEC / 2)

/* ... and without traffic, before it relies on a Sentinel's reply this old. */
#define SHS_MASTER_LEASE_FOR (1 * APR_USEC_PER_SEC)

/* Zeroed memory is valid except for host_state; fields are private. */
typedef struct shs_master_lease_t {
    shs_host_state_master_t *host_state;
    apr_int64_t epoch;     /* the Sentinel's config-epoch of the master ... */
    apr_uint32_t subject;  /* ... which is this (shs_node_subject()) ... */
    apr_time_t named_at;   /* ... and when the Sentinel was asked */
    apr_time_t trusted_at; /* when its last confirmed reply came */
} shs_master_lease_t;

/* Notes that a Sentinel, asked at `asked_at`, named this master. */
void shs_master_lease_learn(shs_master_lease_t *lease, apr_uint32_t subject,
                            apr_int64_t epoch, apr_time_t asked_at);

/* When a Sentinel last named our master, asked by any child. */
apr_time_t shs_master_lease_confirmed_at(const shs_master_lease_t *lease);

/* The same, or 0 if another child knows of a later failover. */
apr_time_t shs_master_lease_known_at(const shs_master_lease_t *lease);

/* Whether another child knows of a later failover. */
int shs_master_lease_is_behind(const shs_master_lease_t *lease);

/* The earliest confirmation with which a reply that comes now counts. */
apr_time_t shs_master_lease_required(const shs_master_lease_t *lease,
                                     int is_new_connection, apr_time_t now);

/* Whether a reply of that server that came at `replied_at` counts, by what is
 * known now. If no Sentinel replies, the master named last counts. */
int shs_master_lease_accept(shs_master_lease_t *lease, apr_uint32_t subject,
                            apr_time_t replied_at);

/* A master failed a command, or broke a connection. */
void shs_master_lease_note_failure(shs_master_lease_t *lease, apr_time_t now);

#endif
