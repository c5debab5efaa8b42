/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/topology/confirmation.h"

#include "base/clock.h"

/* Whether waiting for the Sentinels is useless, because a query has failed a
 * moment ago, or the running one has already asked each of them. */
static int are_sentinels_silent(const shs_confirmation_t *confirmation)
{
    const shs_refresh_t *refresh = confirmation->refresh;
    apr_time_t now = shs_clock_now();

    return (refresh->failed_at != 0
            && now - refresh->failed_at < SHS_MASTER_LEASE_CONFIRM_EVERY)
           || (refresh->is_running
               && now - refresh->began_at > confirmation->first_pass_time);
}

void shs_confirmation_refresh(shs_confirmation_t *confirmation,
                              apr_time_t deadline)
{
    const shs_master_lease_t *lease = &confirmation->lease;
    apr_time_t now = shs_clock_now();
    apr_interval_time_t age = now - shs_master_lease_confirmed_at(lease);
    int must_wait =
        age >= SHS_MASTER_LEASE_FOR || shs_master_lease_is_behind(lease);

    if (!must_wait && age < SHS_MASTER_LEASE_CONFIRM_EVERY) {
        return;
    }
    shs_refresh_begin(confirmation->refresh,
                      must_wait ? SHS_REFRESH_AFTER_FAILURE
                                : SHS_MASTER_LEASE_CONFIRM_EVERY);
    if (must_wait && !are_sentinels_silent(confirmation)) {
        shs_refresh_await(confirmation->refresh, now + (deadline - now) / 2);
    }
}

/* Waits for a Sentinel's confirmation until the deadline, or until the
 * Sentinels prove to be silent. */
static shs_conn_status_t await_sentinel(shs_confirmation_t *confirmation,
                                        apr_time_t since, apr_time_t deadline)
{
    shs_refresh_t *refresh = confirmation->refresh;
    apr_time_t silent_at =
        shs_clock_now() + confirmation->first_pass_time + 1000;

    if (are_sentinels_silent(confirmation)) {
        shs_refresh_begin(refresh, SHS_MASTER_LEASE_CONFIRM_EVERY);
        return SHS_CONN_OK;
    }
    /* A refresh that began late shows later whether they are silent. */
    return shs_refresh_await_since(refresh, since,
                                   silent_at < deadline ? silent_at : deadline)
                   || are_sentinels_silent(confirmation)
                   || shs_refresh_await_since(refresh, since, deadline)
                   || are_sentinels_silent(confirmation)
               ? SHS_CONN_OK
               : SHS_CONN_TIMEOUT;
}

shs_conn_status_t shs_confirmation_require(shs_confirmation_t *confirmation,
                                           apr_uint32_t subject,
                                           int is_new_connection,
                                           apr_time_t deadline)
{
    shs_master_lease_t *lease = &confirmation->lease;
    apr_time_t now = shs_clock_now();
    apr_time_t since = shs_master_lease_required(lease, is_new_connection, now);
    shs_conn_status_t status =
        shs_master_lease_confirmed_at(lease) < since
            ? await_sentinel(confirmation, since, deadline)
            : SHS_CONN_OK;

    return shs_master_lease_accept(lease, subject, now) ? status
                                                        : SHS_CONN_WRONG_ROLE;
}
