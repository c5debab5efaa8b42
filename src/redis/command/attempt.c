/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/attempt.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/connection/run_id.h"
#include "base/clock.h"

/* A connection was late if the wait for it took more than this part (1/8) of
 * the time that was left then. */
#define LATE_PART 8

static shs_pipeline_form_t find_form(const shs_permit_t *permit, int is_asking)
{
    if (is_asking) {
        return SHS_PIPELINE_ASKING;
    }
    if (shs_node_role(permit->route.node) != SHS_NODE_MASTER) {
        return SHS_PIPELINE_PLAIN;
    }
    return shs_node_lacks_role(permit->route.node) ? SHS_PIPELINE_INFO
                                                   : SHS_PIPELINE_ROLE;
}

static void add_server_name(shs_attempt_t *attempt, const shs_permit_t *permit,
                            const shs_operation_t *operation)
{
    if (attempt->retry.reason
        && operation->client->endpoint->mode != SHS_ENDPOINT_SINGLE) {
        attempt->retry.reason =
            apr_pstrcat(operation->p, shs_node_describe(permit->route.node),
                        ": ", attempt->retry.reason, NULL);
    }
}

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

/* Gives the connection back to its pool. If it broke, the others of the pool
 * are broken too. A late or too large reply says nothing about the others. If a
 * new connection gets no reply, the server's name may have another address by
 * now. */
static void end_loan(const shs_attempt_t *attempt, shs_node_t *node,
                     shs_conn_t *conn)
{
    shs_pool_t *pool = shs_node_pool(node);

    if (attempt->is_new_conn && shs_conn_is_unanswered(attempt->status)) {
        shs_node_suspect(node);
    }
    if (attempt->retry.is_conn_good) {
        shs_pool_give_back(pool, conn);
        return;
    }
    shs_pool_discard(pool, conn);
    if (attempt->status != SHS_CONN_TIMEOUT
        && attempt->status != SHS_CONN_TOO_LARGE) {
        shs_pool_flush(pool);
    }
}

/* A timeout after a long wait for a connection is the pool's, not the server's.
 * Any other timeout on a pooled connection makes the older connections of the
 * pool doubtful. */
static void excuse_server(shs_attempt_t *attempt, shs_breaker_t *breaker,
                          apr_interval_time_t waited, apr_time_t sent_at,
                          apr_time_t deadline)
{
    shs_retry_t *retry = &attempt->retry;

    if (attempt->status == SHS_CONN_TIMEOUT && !attempt->is_new_conn
        && waited > (deadline - sent_at) / LATE_PART) {
        retry->action = SHS_RETRY_FAIL;
        retry->cause = SHS_COUNTER_POOL_FULL;
        retry->reason = "all connections of the pool were busy for too long";
        retry->is_server_ok = 1;
    }
    else if (attempt->status == SHS_CONN_TIMEOUT && !attempt->is_new_conn) {
        shs_breaker_note_no_reply(breaker, sent_at);
    }
}

static void build(shs_pipeline_t *pipeline, const shs_operation_t *operation,
                  shs_pipeline_form_t form, int is_size)
{
    if (is_size) {
        shs_pipeline_build_size(pipeline, operation->query, form, operation->p);
    }
    else {
        shs_pipeline_build(pipeline, operation->query, operation->write, form,
                           operation->p);
    }
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

/* Loads the server's run id, once for each connection, and only while tracking
 * is active: the near-cache keeps a reply only of the server that is tracked.
 * This follows the reply, which counts whatever comes of it. A new connection
 * that leads to another server is reported to the tracker; an old one is a
 * leftover, and is closed. */
static void load_run_id(shs_attempt_t *attempt,
                        shs_host_state_tracking_t *tracking, shs_conn_t *conn,
                        apr_time_t deadline, apr_pool_t *p)
{
    const char *reason;

    if (shs_conn_run_id(conn) == 0 && atomic_load(&tracking->is_active)) {
        shs_conn_set_generation(conn, atomic_load(&tracking->generation));
        if (shs_run_id_load(conn, deadline, &reason, p) != SHS_CONN_OK
            || (!attempt->is_new_conn && is_other_server(conn, tracking))) {
            attempt->retry.is_conn_good = 0;
        }
        else if (is_other_server(conn, tracking)) {
            atomic_store(&tracking->other_run_id, shs_conn_run_id(conn));
        }
    }
}

/* Borrows a connection. Pooled connections to a server that was tracked before
 * another took its place are closed. Those of the present generation may lead
 * to another server: behind a load balancer no connection would be left
 * otherwise. */
static shs_conn_status_t borrow(shs_conn_t **conn, shs_attempt_t *attempt,
                                shs_host_state_tracking_t *tracking,
                                shs_pool_t *pool, apr_time_t deadline,
                                const char **reason, apr_pool_t *p)
{
    for (;;) {
        shs_conn_status_t status = shs_pool_borrow(conn, &attempt->is_new_conn,
                                                   pool, deadline, reason, p);

        if (status != SHS_CONN_OK || !is_other_server(*conn, tracking)
            || shs_conn_generation(*conn)
                   == atomic_load(&tracking->generation)) {
            return status;
        }
        shs_pool_discard(pool, *conn);
    }
}

void shs_attempt_run(shs_attempt_t *attempt, const shs_permit_t *permit,
                     const shs_operation_t *operation,
                     shs_attempt_options_t options)
{
    shs_host_state_tracking_t *tracking =
        &operation->client->host_state->tracking;
    shs_pool_t *pool = shs_node_pool(permit->route.node);
    apr_time_t began_at = shs_clock_now();
    apr_time_t sent_at = began_at;
    apr_time_t deadline = operation->query->deadline;
    const char *reason = NULL;
    shs_pipeline_t pipeline;
    shs_conn_t *conn;
    int has_conn;

    memset(attempt, 0, sizeof(*attempt));
    distrust_idle_conns(pool, permit, began_at);
    attempt->status =
        borrow(&conn, attempt, tracking, pool, deadline, &reason, operation->p);
    has_conn = attempt->status == SHS_CONN_OK;
    if (has_conn) {
        sent_at = shs_clock_now();
        build(&pipeline, operation, find_form(permit, options.is_asking),
              options.is_size);
        attempt->status = shs_pipeline_execute(&attempt->reply, &pipeline, conn,
                                               &reason, operation->p);
        if (attempt->reply.lacks_role) {
            /* The next pipeline uses INFO. */
            shs_node_note_no_role(permit->route.node);
        }
    }
    shs_retry_action_decide(&attempt->retry, attempt->status, &attempt->reply,
                            has_conn && !attempt->is_new_conn
                                && options.may_reconnect,
                            reason, operation->p);
    if (has_conn) {
        attempt->may_be_key = !operation->write && !options.is_size
                              && shs_conn_is_unanswered(attempt->status);
        if (attempt->retry.is_conn_good && !operation->write) {
            load_run_id(attempt, tracking, conn, deadline, operation->p);
        }
        attempt->run_id = shs_conn_run_id(conn);
        end_loan(attempt, permit->route.node, conn);
        excuse_server(attempt, permit->route.breaker, sent_at - began_at,
                      sent_at, deadline);
    }
    if (attempt->retry.action == SHS_RETRY_RECONNECT
        || attempt->retry.action == SHS_RETRY_REFRESH) {
        shs_topology_note_failure(operation->client->topology);
    }
    add_server_name(attempt, permit, operation);
}
