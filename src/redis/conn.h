/* SPDX-License-Identifier: Apache-2.0
 *
 * conn: one connection to one Redis. It owns its non-blocking socket and keeps
 * the deadline between any two octets. It knows no keys, no sessions and no
 * pool of connections.
 *
 * The rule that everything here serves: a connection on which anything went
 * wrong is never used again. A reply that comes late would answer the next
 * command, and so hand one user's session to another.
 */
#ifndef SHS_REDIS_CONN_H
#define SHS_REDIS_CONN_H

#include <apr_pools.h>
#include <apr_time.h>

#include "redis/resolver.h"
#include "redis/resp.h"
#include "redis/tls.h"

typedef struct shs_conn_t shs_conn_t;

typedef enum shs_conn_status_t {
    SHS_CONN_OK,
    SHS_CONN_DEAD,        /* it was closed before an octet of the answer came;
                         * a connection from a pool may have died there, and a
                         * reading command can be asked again elsewhere */
    SHS_CONN_TIMEOUT,     /* the deadline passed */
    SHS_CONN_FAILED,      /* no connection, a reset amid a reply, garbage */
    SHS_CONN_TOO_LARGE,   /* the reply is past the limits */
    SHS_CONN_REFUSED,     /* the server does not accept us ... */
    SHS_CONN_WRONG_ROLE,  /* ... or is not the master it should be: not by open
                          * or ask, but by those who introduce a connection */
    SHS_CONN_TURNED_AWAY, /* ... or has reached its maxclients */
    SHS_CONN_BUSY         /* not by open or ask, but by a pool: all connections
                         * are with others, and it was not tried */
} shs_conn_status_t;

/* Whether the server has said nothing at all of use, not even that it refuses:
 * another may answer where its name leads by now. */
int shs_conn_is_unanswered(shs_conn_status_t status);

/* Connects to the first address that accepts, and speaks TLS with that host
 * when a context is given. OK and *out, to be closed by shs_conn_close(), or
 * TIMEOUT or FAILED and *reason (static text). */
shs_conn_status_t shs_conn_open(shs_conn_t **out,
                                const shs_address_t *addresses, int count,
                                const shs_tls_context_t *context,
                                const char *host, apr_time_t deadline,
                                const char **reason);

/* Sends commands (octets made by shs_resp_append()) and reads one reply to
 * each into replies[0..count), built in p. On OK the connection can be used
 * again; after anything else it must be closed, *reason is set (static text),
 * and replies that had not come are NULL: a server that turns a client away
 * says why and closes. */
shs_conn_status_t shs_conn_ask(shs_reply_t **replies, int count,
                               shs_conn_t *conn, shs_octets_t commands,
                               shs_resp_limits_t limits, apr_time_t deadline,
                               const char **reason, apr_pool_t *p);

/* ---- for a connection on which the server speaks unasked */

/* Replies from now on are built in p, within these limits each; when the last
 * one was received whole. */
void shs_conn_begin(shs_conn_t *conn, shs_resp_limits_t limits, apr_pool_t *p);

shs_conn_status_t shs_conn_send(shs_conn_t *conn, shs_octets_t commands,
                                apr_time_t deadline, const char **reason);

/* The next reply. OK, or TIMEOUT, after which it can be asked again; after
 * anything else the connection must be closed. */
shs_conn_status_t shs_conn_receive(shs_reply_t **reply, shs_conn_t *conn,
                                   apr_time_t deadline, const char **reason);

/* What comes from now on is RESP3; between two replies. */
void shs_conn_expect_resp3(shs_conn_t *conn);

#define SHS_CONN_WAIT_MAX 64

/* Waits until one of several has something to be received; no longer than the
 * deadline. */
void shs_conn_wait(shs_conn_t *const *conns, int count, apr_time_t deadline);

/* Whether it is open and silent, as an unused connection must be; one system
 * call, no round trip. */
int shs_conn_is_usable(const shs_conn_t *conn);

/* Which server it leads to, as redis/identity.h; 0 until that is set. And of
 * which round that is (redis/shared.h), as whoever asked it notes. */
void shs_conn_set_identity(shs_conn_t *conn, apr_uint32_t identity);
apr_uint32_t shs_conn_identity(const shs_conn_t *conn);
void shs_conn_set_round(shs_conn_t *conn, apr_uint32_t round);
apr_uint32_t shs_conn_round(const shs_conn_t *conn);

/* When it was last used, by shs_clock_now(). */
apr_time_t shs_conn_used_at(const shs_conn_t *conn);

void shs_conn_close(shs_conn_t *conn);

#endif
