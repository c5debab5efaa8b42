/* SPDX-License-Identifier: Apache-2.0
 *
 * handshake: prepares a new connection: logs in (AUTH), selects the database
 * (SELECT), sets our name for CLIENT LIST, allows reads from a cluster's
 * replica (READONLY), and checks that the server is the master it should be
 * (ROLE, or INFO replication if a proxy or the user's ACL blocks ROLE).
 */
#ifndef SHS_REDIS_CONNECTION_HANDSHAKE_H
#define SHS_REDIS_CONNECTION_HANDSHAKE_H

#include <stdatomic.h>

#include "redis/connection/conn.h"
#include "redis/endpoint/credentials.h"

typedef struct shs_handshake_t {
    shs_credentials_t *credentials; /* not NULL */
    int db;                         /* 0: SELECT is not sent */
    const char *client_name;        /* NULL: no name is set */
    int is_for_replica;             /* of a cluster */
    atomic_int *lacks_role; /* NULL: any role will do. Otherwise: whether ROLE
                             * is known to fail, so that INFO is sent instead */
} shs_handshake_t;

/* Runs the handshake, once more if the password is refused and the password
 * file has another one by now. Returns OK; REFUSED if the server refuses user,
 * password or database, which the administrator has to correct; WRONG_ROLE,
 * TURNED_AWAY, TIMEOUT or FAILED. Unless OK, *reason is set. */
shs_conn_status_t shs_handshake_run(shs_conn_t *conn,
                                    const shs_handshake_t *handshake,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p);

#endif
