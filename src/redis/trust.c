/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/trust.h"

/* Who has heard of a later failover says more than we do. */
void shs_trust_learn(shs_trust_t *trust, apr_uint32_t subject,
                     apr_int64_t epoch, apr_time_t asked_at)
{
    shs_shared_master_t *shared = trust->shared;

    trust->subject = subject;
    trust->epoch = epoch;
    trust->named_at = asked_at;
    if (epoch >= atomic_load(&shared->epoch.known)) {
        atomic_store(&shared->subject, subject);
        atomic_store(&shared->confirmed_at, asked_at);
    }
}

apr_time_t shs_trust_confirmed_at(const shs_trust_t *trust)
{
    apr_time_t at = atomic_load(&trust->shared->confirmed_at);

    return at > trust->named_at
                   && atomic_load(&trust->shared->subject) == trust->subject
               ? at
               : trust->named_at;
}

int shs_trust_is_behind(const shs_trust_t *trust)
{
    return trust->epoch < atomic_load(&trust->shared->epoch.known);
}

apr_time_t shs_trust_known_at(const shs_trust_t *trust)
{
    return shs_trust_is_behind(trust) ? 0 : shs_trust_confirmed_at(trust);
}

apr_time_t shs_trust_required(const shs_trust_t *trust, int is_new_connection,
                              apr_time_t now)
{
    if (is_new_connection || shs_trust_is_behind(trust)
        || trust->trusted_at <= atomic_load(&trust->shared->failed_at)) {
        return now;
    }
    return now - SHS_TRUST_LEASE;
}

int shs_trust_read(shs_trust_t *trust, apr_uint32_t subject,
                   apr_time_t answered_at)
{
    if (trust->subject != subject) {
        return 0;
    }
    if (shs_trust_confirmed_at(trust) >= answered_at) {
        trust->trusted_at = answered_at;
    }
    return 1;
}

void shs_trust_note_failure(shs_trust_t *trust, apr_time_t now)
{
    atomic_store(&trust->shared->failed_at, now);
}
