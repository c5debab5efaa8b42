/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/tracking/heartbeat.h"

#include "base/clock.h"

#define HEARTBEATS_PER_LEASE 8

int shs_heartbeat_send_due(shs_subscription_t *subscription,
                           const char **reason)
{
    apr_time_t now = shs_clock_now();
    apr_interval_time_t lease = subscription->sink->lease;

    if (subscription->pinged_at != 0 && now - subscription->pinged_at > lease) {
        *reason = "it does not reply to PING";
        return 0;
    }
    return now - subscription->alive_at <= lease / HEARTBEATS_PER_LEASE
           || shs_subscription_ping(subscription, now, reason) == SHS_CONN_OK;
}
