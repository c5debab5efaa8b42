/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/master_lease.h"

/* A child that knows a later failover knows more than this one. */
void shs_master_lease_learn(shs_master_lease_t *lease, apr_uint32_t subject,
                            apr_int64_t epoch, apr_time_t asked_at)
{
    shs_host_state_master_t *host_state = lease->host_state;

    lease->subject = subject;
    lease->epoch = epoch;
    lease->named_at = asked_at;
    if (epoch >= atomic_load(&host_state->epoch.known)) {
        atomic_store(&host_state->subject, subject);
        atomic_store(&host_state->confirmed_at, asked_at);
    }
}

apr_time_t shs_master_lease_confirmed_at(const shs_master_lease_t *lease)
{
    apr_time_t at = atomic_load(&lease->host_state->confirmed_at);

    return at > lease->named_at
                   && atomic_load(&lease->host_state->subject) == lease->subject
               ? at
               : lease->named_at;
}

int shs_master_lease_is_behind(const shs_master_lease_t *lease)
{
    return lease->epoch < atomic_load(&lease->host_state->epoch.known);
}

apr_time_t shs_master_lease_known_at(const shs_master_lease_t *lease)
{
    return shs_master_lease_is_behind(lease)
               ? 0
               : shs_master_lease_confirmed_at(lease);
}

apr_time_t shs_master_lease_required(const shs_master_lease_t *lease,
                                     int is_new_connection, apr_time_t now)
{
    if (is_new_connection || shs_master_lease_is_behind(lease)
        || lease->trusted_at <= atomic_load(&lease->host_state->failed_at)) {
        return now;
    }
    return now - SHS_MASTER_LEASE_FOR;
}

int shs_master_lease_accept(shs_master_lease_t *lease, apr_uint32_t subject,
                            apr_time_t replied_at)
{
    if (lease->subject != subject) {
        return 0;
    }
    if (shs_master_lease_confirmed_at(lease) >= replied_at) {
        lease->trusted_at = replied_at;
    }
    return 1;
}

void shs_master_lease_note_failure(shs_master_lease_t *lease, apr_time_t now)
{
    atomic_store(&lease->host_state->failed_at, now);
}
