/* SPDX-License-Identifier: Apache-2.0
 *
 * conn: one connection to one Redis server. It owns its non-blocking socket and
 * checks the deadline between any two octets. It knows no keys, no sessions and
 * no connection pool.
 *
 * The rule behind everything here: a connection on which anything went wrong is
 * never used again. A late reply would be taken for the reply to the next
 * command, and one user would get another user's session.
 */
#ifndef SHS_REDIS_CONNECTION_CONN_H
#define SHS_REDIS_CONNECTION_CONN_H

#include <apr_pools.h>
#include <apr_time.h>

#include "net/resolver.h"
#include "redis/protocol/resp.h"
#include "net/tls.h"

typedef struct shs_conn_t shs_conn_t;

typedef enum shs_conn_status_t {
    SHS_CONN_OK,
    SHS_CONN_DEAD,        /* closed before the first octet of the reply: a
                           * pooled connection may have died before, and a read
                           * can be sent again */
    SHS_CONN_TIMEOUT,     /* the deadline passed */
    SHS_CONN_FAILED,      /* no connection, a reset within a reply, garbage */
    SHS_CONN_TOO_LARGE,   /* the reply exceeds the limits */
    SHS_CONN_REFUSED,     /* the handshake: the server refuses us ... */
    SHS_CONN_WRONG_ROLE,  /* ... or is not the master it should be ... */
    SHS_CONN_TURNED_AWAY, /* ... or has reached its maxclients */
    SHS_CONN_BUSY         /* the pool: other threads have all connections;
                           * nothing was sent */
} shs_conn_status_t;

/* Whether the server has sent no valid reply at all, not even a refusal: its
 * name may lead to another server by now, which replies. */
int shs_conn_is_unanswered(shs_conn_status_t status);

/* Connects to the first address that accepts, and speaks TLS with `host` if a
 * context is given. Returns OK and *out, to be closed by shs_conn_close(), or
 * TIMEOUT or FAILED and *reason (static text). */
shs_conn_status_t shs_conn_open(shs_conn_t **out,
                                const shs_resolver_address_t *addresses,
                                int count, const shs_tls_context_t *context,
                                const char *host, apr_time_t deadline,
                                const char **reason);

/* Sends commands (octets made by shs_resp_append()) and reads one reply to each
 * into replies[0..count), built in p. After OK the connection can be used
 * again, and *reason is as before. After any other status it must be closed;
 * *reason is set (static text), and replies that did not come are NULL. Some
 * may have come: a server at its maxclients replies with an error and
 * closes. */
shs_conn_status_t shs_conn_execute(shs_reply_t **replies, int count,
                                   shs_conn_t *conn, shs_octets_t commands,
                                   shs_resp_limits_t limits,
                                   apr_time_t deadline, const char **reason,
                                   apr_pool_t *p);

/* ---- for a connection on which the server sends messages unasked */

/* From now on replies are built in p, each within these limits. Call it only
 * between two replies. */
void shs_conn_begin(shs_conn_t *conn, shs_resp_limits_t limits, apr_pool_t *p);

shs_conn_status_t shs_conn_send(shs_conn_t *conn, shs_octets_t commands,
                                apr_time_t deadline, const char **reason);

/* ---- for a caller that finds the replies in the octets itself
 * (redis/protocol/frame.h)
 *
 * Waits for octets and reads those that are there, 1 to len, *got after OK.
 * `has_begun`: some octets of the replies have come before. After any other
 * status the connection must be closed, and *reason is set. */
shs_conn_status_t shs_conn_receive_octets(shs_conn_t *conn, char *buffer,
                                          apr_size_t len, apr_size_t *got,
                                          int has_begun, apr_time_t deadline,
                                          const char **reason);

/* Reads the next reply. Returns OK, or TIMEOUT, after which it can be called
 * again; after any other status the connection must be closed. */
shs_conn_status_t shs_conn_receive(shs_reply_t **reply, shs_conn_t *conn,
                                   apr_time_t deadline, const char **reason);

/* From now on the server sends RESP3. Call it only between two replies. */
void shs_conn_expect_resp3(shs_conn_t *conn);

#define SHS_CONN_WAIT_MAX 64

/* Waits until one of several connections has data to receive, or until the
 * deadline. */
void shs_conn_wait(shs_conn_t *const *conns, int count, apr_time_t deadline);

/* Whether it is open and silent, as an unused connection must be. One system
 * call, no round trip. */
int shs_conn_is_usable(const shs_conn_t *conn);

/* The run_id of its server (run_id.h), 0 until it is set; and the tracking
 * generation (redis/health/host_state.h) in which the run_id was loaded, which
 * the caller sets. */
void shs_conn_set_run_id(shs_conn_t *conn, apr_uint32_t run_id);
apr_uint32_t shs_conn_run_id(const shs_conn_t *conn);
void shs_conn_set_generation(shs_conn_t *conn, apr_uint32_t generation);
apr_uint32_t shs_conn_generation(const shs_conn_t *conn);

/* When it was last used, by shs_clock_now(). */
apr_time_t shs_conn_used_at(const shs_conn_t *conn);

void shs_conn_close(shs_conn_t *conn);

#endif
