/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/master_lease.h"

/* Who has heard of a later failover says more than we do. */
void shs_master_lease_learn(shs_master_lease_t *trust, apr_uint32_t subject,
                     apr_int64_t epoch, apr_time_t asked_at)
{
    shs_host_state_master_t *shared = trust->shared;

    trust->subject = subject;
    trust->epoch = epoch;
    trust->named_at = asked_at;
    if (epoch >= atomic_load(&shared->epoch)) {
        atomic_store(&shared->subject, subject);
        atomic_store(&shared->confirmed_at, asked_at);
    }
}

apr_time_t shs_master_lease_confirmed_at(const shs_master_lease_t *trust)
{
    apr_time_t at = atomic_load(&trust->shared->confirmed_at);

    return at > trust->named_at
                   && atomic_load(&trust->shared->subject) == trust->subject
               ? at
               : trust->named_at;
}

int shs_master_lease_is_behind(const shs_master_lease_t *trust)
{
    return trust->epoch < atomic_load(&trust->shared->epoch);
}

apr_time_t shs_master_lease_known_at(const shs_master_lease_t *trust)
{
    return shs_master_lease_is_behind(trust) ? 0 : shs_master_lease_confirmed_at(trust);
}

apr_time_t shs_master_lease_required(const shs_master_lease_t *trust, int is_new_connection,
                              apr_time_t now)
{
    if (is_new_connection || shs_master_lease_is_behind(trust)
        || trust->trusted_at <= atomic_load(&trust->shared->failed_at)) {
        return now;
    }
    return now - SHS_MASTER_LEASE_LEASE;
}

int shs_master_lease_read(shs_master_lease_t *trust, apr_uint32_t subject,
                   apr_time_t answered_at)
{
    if (trust->subject != subject) {
        return 0;
    }
    if (shs_master_lease_confirmed_at(trust) >= answered_at) {
        trust->trusted_at = answered_at;
    }
    return 1;
}

void shs_master_lease_note_failure(shs_master_lease_t *trust, apr_time_t now)
{
    atomic_store(&trust->shared->failed_at, now);
}
