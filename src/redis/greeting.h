/* SPDX-License-Identifier: Apache-2.0
 *
 * greeting: what a new connection must say before it is of use: who we are
 * (AUTH), which database is meant (SELECT), and its name for CLIENT LIST.
 */
#ifndef SHS_REDIS_GREETING_H
#define SHS_REDIS_GREETING_H

#include "redis/conn.h"
#include "redis/endpoint.h"

/* Says it, if the endpoint asks for any of it. OK; REFUSED when the server does
 * not accept user, password or database, which the administrator has to mend;
 * or FAILED. Unless OK, *reason is set. */
shs_conn_status_t shs_greeting_send(shs_conn_t *conn,
                                    const shs_endpoint_t *endpoint,
                                    apr_time_t deadline, const char **reason,
                                    apr_pool_t *p);

#endif
