/* SPDX-License-Identifier: Apache-2.0
 *
 * heartbeat: a PING on a subscription, eight times in one lease of the
 * near-cache. When its reply comes, every earlier invalidation of that server
 * has come too.
 */
#ifndef SHS_REDIS_TRACKING_HEARTBEAT_H
#define SHS_REDIS_TRACKING_HEARTBEAT_H

#include "redis/tracking/subscription.h"

/* Sends the next PING if it is due. Returns 1; or 0 and *reason (static text)
 * if the last PING had no reply for a whole lease, or none can be sent. Called
 * after shs_subscription_receive(). */
int shs_heartbeat_send_due(shs_subscription_t *subscription,
                           const char **reason);

#endif
