/* SPDX-License-Identifier: Apache-2.0
 *
 * subscription: one connection on which a server reports changed keys (CLIENT
 * TRACKING in broadcasting mode, redirected to the connection itself, RESP2):
 *
 *   INFO server
 *   CLIENT ID
 *   CLIENT TRACKING ON REDIRECT <that id> BCAST PREFIX <prefix> ...
 *   SUBSCRIBE __redis__:invalidate
 *   then *3 "message" "__redis__:invalidate" <array of keys, or nil: all>
 *   and PING, whose reply follows all invalidations of earlier changes
 *
 * or, if the service does not support REDIRECT, by pushes of RESP3:
 *
 *   HELLO 3
 *   CLIENT TRACKING ON BCAST PREFIX <prefix> ...
 *   then >2 "invalidate" <array of keys, or null: all>, and PING likewise
 *
 * https://redis.io/docs/latest/develop/reference/client-side-caching/ (Redis
 * 6). In a transaction or not, a server sends an invalidation before it replies
 * to the client that made the change. So the invalidation of a change that was
 * acknowledged before a PING was sent comes before the reply to that PING.
 */
#ifndef SHS_REDIS_TRACKING_SUBSCRIPTION_H
#define SHS_REDIS_TRACKING_SUBSCRIPTION_H

#include "redis/connection/conn.h"
#include "../mod_shared_session_provider.h"

typedef struct shs_subscription_t {
    shs_conn_t *conn;
    const shs_invalidation_sink_t *sink;
    apr_pool_t *p;        /* for what is being received; cleared after each
                           * reply */
    apr_time_t pinged_at; /* when the pending PING was sent; 0: none is
                           * pending */
    apr_time_t alive_at;  /* when the last PING that was answered was sent */
    apr_uint32_t run_id;  /* of the server (run_id.h), not UNKNOWN */
    int is_push;          /* by pushes of RESP3 */
    const char *busy; /* why there is no heartbeat, though the server replies;
                       * NULL: there is one */
} shs_subscription_t;

/* Begins tracking on a connection that is ready for commands. Takes over the
 * connection; `p` is used as long as it is open. OK; REFUSED if the server
 * does not allow it; DEAD if the server closed the connection; or another
 * status; and *reason (static text, with the cure). Unless OK the connection
 * is closed. */
shs_conn_status_t shs_subscription_open(shs_subscription_t *subscription,
                                        shs_conn_t *conn,
                                        const shs_invalidation_sink_t *sink,
                                        apr_time_t deadline,
                                        const char **reason, apr_pool_t *p);

/* Sends a PING for a heartbeat (redis/tracking/heartbeat.h), unless one is
 * pending. */
shs_conn_status_t shs_subscription_ping(shs_subscription_t *subscription,
                                        apr_time_t now, const char **reason);

/* Receives what has come, for a moment at most, and passes it to the sink.
 * OK, or the connection failed or is no longer useful: REFUSED if PING is
 * refused. */
shs_conn_status_t shs_subscription_receive(shs_subscription_t *subscription,
                                           const char **reason);

void shs_subscription_close(shs_subscription_t *subscription);

#endif
