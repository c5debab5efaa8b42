/* SPDX-License-Identifier: Apache-2.0
 *
 * handshake: what is said on a new connection before it is of use: who we are
 * (AUTH), which database is meant (SELECT), our name for CLIENT LIST, that a
 * replica of a cluster may answer (READONLY); and what is asked: whether the
 * server is the master it should be (ROLE, or INFO replication where a proxy or
 * the user's ACL does not let that through).
 */
#ifndef SHS_REDIS_CONNECTION_HANDSHAKE_H
#define SHS_REDIS_CONNECTION_HANDSHAKE_H

#include <stdatomic.h>

#include "redis/connection/conn.h"
#include "redis/endpoint/credentials.h"

typedef struct shs_handshake_t {
    shs_credentials_t *credentials; /* not NULL */
    int db;                         /* 0: nothing is said */
    const char *client_name;        /* NULL: nothing is said */
    int is_for_replica;             /* of a cluster */
    atomic_int *lacks_role; /* NULL: it need not be the master. Whether ROLE
                             * is known to be of no use: INFO is asked then */
} shs_handshake_t;

/* Says it. When the password is refused and the password file has another one
 * by now, says it once more. OK; REFUSED when the server does not accept user,
 * password or database, which the administrator has to mend; WRONG_ROLE,
 * TURNED_AWAY, TIMEOUT or FAILED. Unless OK, *reason is set. */
shs_conn_status_t shs_handshake_run(shs_conn_t *conn,
                                    const shs_handshake_t *handshake,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p);

#endif
