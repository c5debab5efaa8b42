/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/attempt.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/identity.h"
#include "store/clock.h"

/* A connection came late when the wait took this part of what is left. */
#define LATE_PART 8

static shs_question_form_t form_of(const shs_passage_t *passage, int is_asking)
{
    if (is_asking) {
        return SHS_QUESTION_ASKING;
    }
    if (shs_node_role(passage->route.node) != SHS_NODE_MASTER) {
        return SHS_QUESTION_PLAIN;
    }
    return shs_node_lacks_role(passage->route.node) ? SHS_QUESTION_INFO
                                                    : SHS_QUESTION_ROLE;
}

static void name_server(shs_attempt_t *attempt, const shs_passage_t *passage,
                        apr_pool_t *p)
{
    if (attempt->verdict.reason
        && passage->client->endpoint->mode != SHS_ENDPOINT_SINGLE) {
        attempt->verdict.reason =
            apr_pstrcat(p, shs_node_describe(passage->route.node), ": ",
                        attempt->verdict.reason, NULL);
    }
}

/* What idle connections are of use. A probe uses none: it is to tell whether
 * the server answers, not whether a connection still leads to it. */
static void distrust(shs_pool_t *pool, const shs_passage_t *passage,
                     apr_time_t now)
{
    shs_pool_distrust(pool,
                      passage->pass == SHS_BREAKER_PROBE
                          ? now
                          : shs_breaker_heard_since(passage->route.breaker));
}

/* Ends the loan of a connection. What broke this one broke the others of its
 * pool too; that an answer was late says nothing of those that were answered
 * since. A new one to no avail may lead to where the server was before. */
static void return_conn(const shs_attempt_t *attempt, shs_node_t *node,
                        shs_conn_t *conn)
{
    shs_pool_t *pool = shs_node_pool(node);

    if (attempt->is_new_conn && shs_conn_is_unanswered(attempt->status)) {
        shs_node_suspect(node);
    }
    if (attempt->verdict.is_conn_good) {
        shs_pool_give_back(pool, conn);
        return;
    }
    shs_pool_discard(pool, conn);
    if (attempt->status != SHS_CONN_TIMEOUT
        && attempt->status != SHS_CONN_TOO_LARGE) {
        shs_pool_flush(pool);
    }
}

/* Who had to wait for a connection, and then had not the whole time to ask,
 * learns of the pool and not of the server. Else a connection of the pool that
 * gives no answer makes the older ones doubtful. */
static void excuse_server(shs_attempt_t *attempt, shs_breaker_t *breaker,
                          apr_interval_time_t waited, apr_time_t asked_at,
                          apr_time_t deadline)
{
    shs_verdict_t *verdict = &attempt->verdict;

    if (attempt->status == SHS_CONN_TIMEOUT && !attempt->is_new_conn
        && waited > (deadline - asked_at) / LATE_PART) {
        verdict->next = SHS_VERDICT_FAIL;
        verdict->cause = SHS_COUNTER_POOL_FULL;
        verdict->reason = "all connections of the pool were busy for too long";
        verdict->is_server_fine = 1;
    }
    else if (attempt->status == SHS_CONN_TIMEOUT && !attempt->is_new_conn) {
        shs_breaker_note_silence(breaker, asked_at);
    }
}

static void build(shs_question_t *question, const shs_query_t *query,
                  const shs_write_t *write, shs_question_form_t form,
                  int is_of_size, apr_pool_t *p)
{
    if (is_of_size) {
        shs_question_build_size(question, query, form, p);
    }
    else {
        shs_question_build(question, query, write, form, p);
    }
}

/* Whether it leads to another server than the one that is listened to. 0 where
 * there are several, or one does not tell. */
static int is_astray(const shs_conn_t *conn, shs_shared_heard_t *heard)
{
    apr_uint32_t expected = atomic_load(&heard->identity);

    return expected != 0 && shs_conn_identity(conn) > SHS_IDENTITY_UNKNOWN
           && shs_conn_identity(conn) != expected;
}

/* Once a connection, and only where it matters: an answer is kept near if it is
 * of the server that is listened to. After the answer, which counts whatever
 * becomes of this. A new connection that leads elsewhere is news; an old one
 * was left behind. */
static void identify(shs_attempt_t *attempt, shs_shared_heard_t *heard,
                     shs_conn_t *conn, apr_time_t deadline, apr_pool_t *p)
{
    const char *reason;

    if (shs_conn_identity(conn) == 0 && atomic_load(&heard->is_any)) {
        shs_conn_set_round(conn, atomic_load(&heard->round));
        if (shs_identity_ask(conn, deadline, &reason, p) != SHS_CONN_OK
            || (!attempt->is_new_conn && is_astray(conn, heard))) {
            attempt->verdict.is_conn_good = 0;
        }
        else if (is_astray(conn, heard)) {
            atomic_store(&heard->stranger, shs_conn_identity(conn));
        }
    }
}

/* From the pool, but for those that lead to the server that was listened to
 * before another took its place. Those of the present round may: behind a
 * balancer none would be left. */
static shs_conn_status_t borrow(shs_conn_t **conn, shs_attempt_t *attempt,
                                shs_shared_heard_t *heard, shs_pool_t *pool,
                                apr_time_t deadline, const char **reason,
                                apr_pool_t *p)
{
    for (;;) {
        shs_conn_status_t status = shs_pool_borrow(conn, &attempt->is_new_conn,
                                                   pool, deadline, reason, p);

        if (status != SHS_CONN_OK || !is_astray(*conn, heard)
            || shs_conn_round(*conn) == atomic_load(&heard->round)) {
            return status;
        }
        shs_pool_discard(pool, *conn);
    }
}

void shs_attempt_make(shs_attempt_t *attempt, const shs_passage_t *passage,
                      const shs_query_t *query, const shs_write_t *write,
                      shs_attempt_how_t how, apr_pool_t *p)
{
    shs_shared_heard_t *heard = &passage->client->shared->heard;
    shs_pool_t *pool = shs_node_pool(passage->route.node);
    apr_time_t began_at = shs_clock_now();
    apr_time_t asked_at = began_at;
    const char *reason = NULL;
    shs_question_t question;
    shs_conn_t *conn;
    int has_conn;

    memset(attempt, 0, sizeof(*attempt));
    distrust(pool, passage, began_at);
    attempt->status =
        borrow(&conn, attempt, heard, pool, query->deadline, &reason, p);
    has_conn = attempt->status == SHS_CONN_OK;
    if (has_conn) {
        asked_at = shs_clock_now();
        build(&question, query, write, form_of(passage, how.is_asking),
              how.is_of_size, p);
        attempt->status =
            shs_question_ask(&attempt->got, &question, conn, &reason, p);
        if (attempt->got.lacks_role) {
            /* The next question asks otherwise. */
            shs_node_note_no_role(passage->route.node);
        }
    }
    shs_verdict_read(&attempt->verdict, attempt->status, &attempt->got,
                     has_conn && !attempt->is_new_conn && how.may_retry, reason,
                     p);
    if (has_conn) {
        attempt->is_of_key = !write && !how.is_of_size
                             && shs_conn_is_unanswered(attempt->status);
        if (attempt->verdict.is_conn_good && !write) {
            identify(attempt, heard, conn, query->deadline, p);
        }
        attempt->identity = shs_conn_identity(conn);
        return_conn(attempt, passage->route.node, conn);
        excuse_server(attempt, passage->route.breaker, asked_at - began_at,
                      asked_at, query->deadline);
    }
    if (attempt->verdict.next == SHS_VERDICT_AGAIN
        || attempt->verdict.next == SHS_VERDICT_RENEW) {
        shs_topology_note_failure(passage->client->topology);
    }
    name_server(attempt, passage, p);
}
