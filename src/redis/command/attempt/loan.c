/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/attempt/loan.h"

#include <string.h>

#include "redis/connection/run_id.h"
#include "base/clock.h"

/* Closes idle connections that may be dead. A probe uses no idle connection at
 * all: it finds out whether the server replies, not whether an old connection
 * still works. */
static void distrust_idle_conns(shs_pool_t *pool, const shs_permit_t *permit,
                                apr_time_t now)
{
    shs_pool_distrust(pool,
                      permit->pass == SHS_BREAKER_PROBE
                          ? now
                          : shs_breaker_trusted_since(permit->route.breaker));
}

/* Whether the connection leads to another server than the one whose
 * invalidations are tracked. 0 if several servers are tracked, or the run id is
 * unknown. */
static int is_other_server(const shs_conn_t *conn,
                           shs_host_state_tracking_t *tracking)
{
    apr_uint32_t expected = atomic_load(&tracking->run_id);

    return expected != 0 && shs_conn_run_id(conn) > SHS_RUN_ID_UNKNOWN
           && shs_conn_run_id(conn) != expected;
}

/* Pooled connections to a server that was tracked before another took its place
 * are closed. Those of the present generation may lead to another server:
 * behind a load balancer no connection would be left otherwise. */
shs_conn_status_t shs_loan_begin(shs_loan_t *loan, const shs_permit_t *permit,
                                 const shs_operation_t *operation,
                                 apr_time_t now, apr_time_t deadline,
                                 const char **reason)
{
    shs_host_state_tracking_t *tracking =
        &operation->client->host_state->tracking;
    shs_pool_t *pool = shs_node_pool(permit->route.node);
    shs_conn_status_t status;

    memset(loan, 0, sizeof(*loan));
    loan->began_at = now;
    distrust_idle_conns(pool, permit, now);
    for (;;) {
        status = shs_pool_borrow(&loan->conn, &loan->is_new_conn, pool,
                                 deadline, reason, operation->p);
        if (status != SHS_CONN_OK) {
            loan->conn = NULL;
            return status;
        }
        if (!is_other_server(loan->conn, tracking)
            || shs_conn_generation(loan->conn)
                   == atomic_load(&tracking->generation)) {
            loan->sent_at = shs_clock_now();
            return SHS_CONN_OK;
        }
        shs_pool_discard(pool, loan->conn);
    }
}

int shs_loan_lacks_run_id(const shs_loan_t *loan,
                          const shs_operation_t *operation)
{
    return shs_conn_run_id(loan->conn) == 0
           && atomic_load(&operation->client->host_state->tracking.is_active);
}

int shs_loan_load_run_id(shs_loan_t *loan, const shs_operation_t *operation)
{
    shs_host_state_tracking_t *tracking =
        &operation->client->host_state->tracking;
    shs_conn_t *conn = loan->conn;
    const char *reason;

    if (!shs_loan_lacks_run_id(loan, operation)) {
        return 1;
    }
    shs_conn_set_generation(conn, atomic_load(&tracking->generation));
    if (shs_run_id_load(conn, operation->query->deadline, &reason, operation->p)
            != SHS_CONN_OK
        || (!loan->is_new_conn && is_other_server(conn, tracking))) {
        return 0;
    }
    if (is_other_server(conn, tracking)) {
        atomic_store(&tracking->other_run_id, shs_conn_run_id(conn));
    }
    return 1;
}

/* If the connection broke, the others of the pool are broken too. A late or too
 * large reply, or one that refuses, says nothing about the others. If a new
 * connection gets no reply, the server's name may have another address by now.
 * */
void shs_loan_end(shs_loan_t *loan, const shs_permit_t *permit,
                  shs_conn_status_t status, int is_conn_good)
{
    shs_pool_t *pool = shs_node_pool(permit->route.node);

    if (loan->is_new_conn && shs_conn_is_unanswered(status)) {
        shs_node_suspect(permit->route.node);
    }
    if (is_conn_good) {
        shs_pool_give_back(pool, loan->conn);
        return;
    }
    shs_pool_discard(pool, loan->conn);
    if (status != SHS_CONN_TIMEOUT && status != SHS_CONN_TOO_LARGE
        && status != SHS_CONN_REFUSED) {
        shs_pool_flush(pool);
    }
}

/* A batch failed. That says nothing about the server yet, because each of its
 * loads is sent again, alone; but a master that broke a connection may no
 * longer be the master (redis/topology/master_lease.h). Which load has too
 * large a value is not known: a client must not end batches for all by such a
 * key. */
void shs_loan_end_failed_batch(shs_loan_t *loan, const shs_permit_t *permit,
                               const shs_operation_t *operation,
                               shs_conn_status_t status)
{
    if (shs_conn_is_unanswered(status)) {
        shs_topology_note_failure(operation->client->topology);
    }
    if (status == SHS_CONN_TIMEOUT && !loan->is_new_conn) {
        shs_breaker_note_no_reply(permit->route.breaker, loan->sent_at);
    }
    if (status != SHS_CONN_TOO_LARGE) {
        shs_batch_pause_note_failure(shs_node_batch_pause(permit->route.node),
                                     shs_clock_now());
    }
    shs_loan_end(loan, permit, status, 0);
}
