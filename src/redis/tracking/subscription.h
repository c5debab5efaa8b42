/* SPDX-License-Identifier: Apache-2.0
 *
 * subscription: one connection on which a server tells which keys have changed (CLIENT
 * TRACKING in broadcasting mode, redirected to itself, RESP2):
 *
 *   INFO server
 *   CLIENT ID
 *   CLIENT TRACKING ON REDIRECT <that id> BCAST PREFIX <prefix> ...
 *   SUBSCRIBE __redis__:invalidate
 *   then *3 "message" "__redis__:invalidate" <array of keys, or nil: all>
 *   and PING, to which the answer comes behind all news of what was before it
 *
 * or, where the service knows no REDIRECT, by pushes of RESP3:
 *
 *   HELLO 3
 *   CLIENT TRACKING ON BCAST PREFIX <prefix> ...
 *   then >2 "invalidate" <array of keys, or null: all>, and PING likewise
 *
 * https://redis.io/docs/latest/develop/reference/client-side-caching/ (Redis 6).
 * In a transaction or not, a server announces a change before it answers who
 * made it, so what was acknowledged before a PING was sent is heard of before
 * its answer.
 */
#ifndef SHS_REDIS_TRACKING_SUBSCRIPTION_H
#define SHS_REDIS_TRACKING_SUBSCRIPTION_H

#include "redis/connection/conn.h"
#include "store/cache/invalidation_sink.h"

typedef struct shs_subscription_t {
    shs_conn_t *conn;
    const shs_invalidation_sink_t *sink;
    apr_pool_t *p;        /* of what is being received; cleared after each */
    apr_time_t pinged_at; /* when the PING that is out was sent; 0: none is */
    apr_time_t alive_at;  /* when the last one that was answered was sent */
    apr_uint32_t
        run_id;  /* of the server (redis/connection/run_id.h), not UNKNOWN */
    int is_push; /* by RESP3 */
    const char *busy; /* why it gives no sign of life, though it answers;
                            * NULL: it does */
} shs_subscription_t;

/* Begins to listen on a connection that is ready for commands, which is the
 * subscription's from then on; `p` too. OK; REFUSED when the server does not allow it;
 * DEAD when it has closed the connection; or anything else; and *reason (static
 * text, with the cure). Unless OK the connection is closed. */
shs_conn_status_t shs_subscription_open(shs_subscription_t *subscription,
                                        shs_conn_t *conn,
                                        const shs_invalidation_sink_t *sink,
                                        apr_time_t deadline,
                                        const char **reason, apr_pool_t *p);

/* Asks for a sign of life, unless one is being waited for. */
shs_conn_status_t shs_subscription_ping(shs_subscription_t *subscription,
                                        apr_time_t now, const char **reason);

/* Hears what has come, for a moment at most, and tells the watch. OK, or the
 * connection failed, or is of no more use: REFUSED, if PING is. */
shs_conn_status_t shs_subscription_receive(shs_subscription_t *subscription,
                                           const char **reason);

void shs_subscription_close(shs_subscription_t *subscription);

#endif
