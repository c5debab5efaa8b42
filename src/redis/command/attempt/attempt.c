/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/attempt/attempt.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/command/pipeline/batch_io.h"
#include "redis/command/attempt/loan.h"
#include "base/clock.h"

/* A connection was late if the wait for it took more than this part (1/8) of
 * the time that was left then. */
#define LATE_PART 8

/* A server is slow if its reply takes more than this part (1/8) of the timeout.
 * No batch is sent to it, and none for a load that has less than SHARED_PART
 * (3/4) of the timeout left: a client with many ids must not end the batch of
 * others by its deadline. */
#define SLOW_PART   8
#define SHARED_PART 3 / 4

static const char pool_was_busy[] =
    "all connections of the pool were busy for too long";

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
        retry->reason = pool_was_busy;
        retry->is_server_ok = 1;
    }
    else if (attempt->status == SHS_CONN_TIMEOUT && !attempt->is_new_conn) {
        shs_breaker_note_no_reply(breaker, sent_at);
    }
}

/* Loads do not wait for each other's replies if these take long: two of them
 * would take most of a load's time. */
static void note_latency(const shs_permit_t *permit,
                         const shs_operation_t *operation, apr_time_t sent_at)
{
    apr_time_t now;

    if (!shs_node_batcher(permit->route.node)) {
        return;
    }
    now = shs_clock_now();
    if (now - sent_at > operation->client->endpoint->timeout / SLOW_PART) {
        shs_batch_pause_note_slow(shs_node_batch_pause(permit->route.node),
                                  now);
    }
    else {
        shs_batch_pause_note_quick(shs_node_batch_pause(permit->route.node),
                                   now);
    }
}

/* Remembers whether the value is large, after a reply that says so. An absent
 * key says nothing about another one with the same hash. */
static void note_size(const shs_attempt_t *attempt, const shs_permit_t *permit,
                      const shs_operation_t *operation)
{
    shs_large_keys_t *keys = shs_node_large_keys(permit->route.node);

    if (attempt->status == SHS_CONN_TOO_LARGE) {
        shs_large_keys_note(keys, operation->query->key, operation->part,
                            SHS_LARGE_KEY_OCTETS);
    }
    else if (attempt->status == SHS_CONN_OK && !attempt->reply.error
             && attempt->reply.octets > 0) {
        shs_large_keys_note(keys, operation->query->key, operation->part,
                            attempt->reply.octets);
    }
}

/* What all attempts end with. */
static void end(shs_attempt_t *attempt, const shs_permit_t *permit,
                const shs_operation_t *operation)
{
    if (attempt->retry.action == SHS_RETRY_RECONNECT
        || attempt->retry.action == SHS_RETRY_REFRESH) {
        shs_topology_note_failure(operation->client->topology);
    }
    add_server_name(attempt, permit, operation);
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

/* Decides what follows, and ends the loan, if there is one. */
static void conclude(shs_attempt_t *attempt, shs_loan_t *loan,
                     const shs_permit_t *permit,
                     const shs_operation_t *operation,
                     shs_attempt_options_t options, const char *reason)
{
    if (attempt->reply.lacks_role) {
        /* The next pipeline uses INFO. */
        shs_node_note_no_role(permit->route.node);
    }
    attempt->is_new_conn = loan->is_new_conn;
    shs_retry_action_decide(&attempt->retry, attempt->status, &attempt->reply,
                            loan->conn && !loan->is_new_conn
                                && options.may_reconnect,
                            reason, operation->p);
    if (!loan->conn) {
        return;
    }
    if (attempt->status == SHS_CONN_OK && !operation->write && !options.is_size
        && attempt->reply.octets < SHS_LARGE_KEY_OCTETS) {
        note_latency(permit, operation, loan->sent_at);
    }
    attempt->may_be_key = !operation->write && !options.is_size
                          && shs_conn_is_unanswered(attempt->status);
    if (attempt->retry.is_conn_good && !operation->write
        && !shs_loan_load_run_id(loan, operation)) {
        attempt->retry.is_conn_good = 0;
    }
    attempt->run_id = shs_conn_run_id(loan->conn);
    shs_loan_end(loan, permit, attempt->status, attempt->retry.is_conn_good);
    excuse_server(attempt, permit->route.breaker,
                  loan->sent_at - loan->began_at, loan->sent_at,
                  operation->query->deadline);
}

/* The load or write on a connection of its own. */
static void run_alone(shs_attempt_t *attempt, const shs_permit_t *permit,
                      const shs_operation_t *operation,
                      shs_attempt_options_t options)
{
    apr_time_t deadline = operation->query->deadline;
    const char *reason = NULL;
    shs_pipeline_t pipeline;
    shs_loan_t loan;

    memset(attempt, 0, sizeof(*attempt));
    attempt->status = shs_loan_begin(&loan, permit, operation, shs_clock_now(),
                                     deadline, &reason);
    if (attempt->status == SHS_CONN_OK) {
        build(&pipeline, operation, find_form(permit, options.is_asking),
              options.is_size);
        attempt->status = shs_pipeline_execute(
            &attempt->reply, &pipeline, loan.conn, &reason, operation->p);
    }
    conclude(attempt, &loan, permit, operation, options, reason);
}

/* Only small values are loaded in a batch, so that none waits for a large one;
 * and only from a server that is expected to reply. */
static int may_share(const shs_permit_t *permit,
                     const shs_operation_t *operation,
                     shs_attempt_options_t options, apr_time_t now)
{
    shs_node_t *node = permit->route.node;

    return !operation->write && !options.is_size && !options.is_big
           && !options.is_asking && !permit->is_to_replica
           && permit->pass != SHS_BREAKER_PROBE && shs_node_batcher(node)
           && shs_batch_pause_is_over(shs_node_batch_pause(node), now)
           && operation->query->deadline - now
                  >= operation->client->endpoint->timeout * SHARED_PART
           && !shs_large_keys_has(shs_node_large_keys(node),
                                  operation->query->key, operation->part);
}

/* The replies to a load in a batch. A parser that has failed is of no use. */
static shs_conn_status_t read_item(shs_attempt_t *attempt,
                                   const shs_pipeline_t *pipeline,
                                   shs_batch_item_t *item, shs_octets_t replies,
                                   const char **reason, apr_pool_t *p)
{
    shs_resp_t *parser = shs_batch_parser(item);
    shs_conn_status_t status = SHS_CONN_FAILED;

    if (parser) {
        status = shs_pipeline_read(&attempt->reply, pipeline, replies, parser,
                                   reason, p);
    }
    if (status == SHS_CONN_FAILED) {
        shs_batch_drop_parser(item);
    }
    return status;
}

/* Sends a batch, of which this load is the first, and concludes this attempt.
 * Returns 0 if the batch failed. */
static int send_batch(shs_attempt_t *attempt, shs_batch_item_t *first,
                      const shs_pipeline_t *pipeline,
                      const shs_permit_t *permit,
                      const shs_operation_t *operation,
                      shs_attempt_options_t options, apr_time_t deadline)
{
    shs_batcher_t *batcher = shs_node_batcher(permit->route.node);
    shs_batch_io_t io = { NULL, 0, 0, { "", 0 } };
    shs_batch_facts_t facts = { 0, 0 };
    const char *reason = NULL;
    shs_loan_t loan;
    int is_good = 0;

    attempt->status = shs_loan_begin(&loan, permit, operation, shs_clock_now(),
                                     deadline, &reason);
    if (attempt->status == SHS_CONN_OK) {
        attempt->status =
            shs_batch_io_run(&io, first, pipeline->form, loan.conn, deadline,
                             &reason, operation->p);
    }
    if (attempt->status == SHS_CONN_OK) {
        attempt->status = read_item(
            attempt, pipeline, first,
            shs_batch_replies(first, io.octets, io.role, operation->p), &reason,
            operation->p);
        is_good = attempt->status != SHS_CONN_FAILED;
    }
    if (is_good) {
        shs_batch_pause_note_success(shs_node_batch_pause(permit->route.node));
        facts.is_new_conn = loan.is_new_conn;
        facts.run_id = shs_conn_run_id(loan.conn);
        if (shs_loan_lacks_run_id(&loan, operation)) {
            /* The others do not wait for INFO: the near-cache can do without
             * their replies. */
            shs_batcher_deliver(batcher, first, io.octets, io.role, &facts);
            first = NULL;
        }
        conclude(attempt, &loan, permit, operation, options, reason);
    }
    else if (loan.conn) {
        shs_loan_end_failed_batch(&loan, permit, operation, attempt->status);
    }
    shs_batcher_end(batcher);
    shs_batcher_deliver(batcher, first, is_good ? io.octets : NULL, io.role,
                        &facts);
    shs_batch_io_free(&io);
    return is_good;
}

/* Concludes the attempt with the replies that another thread has read. Returns
 * 0 if they are not those to this load. */
static int read_batch(shs_attempt_t *attempt,
                      const shs_batcher_result_t *result,
                      const shs_pipeline_t *pipeline,
                      const shs_permit_t *permit,
                      const shs_operation_t *operation,
                      shs_attempt_options_t options)
{
    shs_node_t *node = permit->route.node;
    const char *reason = NULL;

    attempt->status = read_item(attempt, pipeline, result->item,
                                result->replies, &reason, operation->p);
    shs_batcher_release(shs_node_batcher(node), result->item);
    if (attempt->status == SHS_CONN_FAILED) {
        shs_topology_note_failure(operation->client->topology);
        shs_pool_flush(shs_node_pool(node));
        return 0;
    }
    attempt->is_new_conn = result->facts.is_new_conn;
    attempt->run_id = result->facts.run_id;
    shs_retry_action_decide(&attempt->retry, attempt->status, &attempt->reply,
                            !attempt->is_new_conn && options.may_reconnect,
                            reason, operation->p);
    return 1;
}

/* What follows an attempt to send a load together with others. */
typedef enum shared_t {
    CONCLUDED,
    ALONE, /* it is sent alone: the batch that its thread sent failed */
    ALONE_UNCOUNTED, /* the same; another thread has sent the batch, or none in
                      * half of the time */
} shared_t;

/* Sends the load together with those of other threads. What is known of the
 * server, and of the key, is known from connections that a load had for
 * itself. */
static shared_t run_shared(shs_attempt_t *attempt, const shs_permit_t *permit,
                           const shs_operation_t *operation,
                           shs_attempt_options_t options, apr_time_t now)
{
    shs_batcher_t *batcher = shs_node_batcher(permit->route.node);
    shs_batcher_result_t result;
    shs_batch_load_t load;
    shs_pipeline_t pipeline;

    shs_pipeline_build_load(&pipeline, operation->query, find_form(permit, 0),
                            operation->p);
    load.commands = pipeline.commands;
    load.types = shs_pipeline_load_types(&pipeline);
    load.values = operation->query->name_count;
    load.limits = shs_pipeline_limits(&pipeline);
    load.deadline = now + (operation->query->deadline - now) / 2;
    load.p = operation->p;
    switch (shs_batcher_join(&result, batcher, &load, now)) {
    case SHS_BATCHER_SEND_ONE:
        run_alone(attempt, permit, operation, options);
        shs_batcher_end(batcher);
        return CONCLUDED;
    case SHS_BATCHER_SEND:
        return send_batch(attempt, result.item, &pipeline, permit, operation,
                          options, load.deadline)
                   ? CONCLUDED
                   : ALONE;
    case SHS_BATCHER_DONE:
        return read_batch(attempt, &result, &pipeline, permit, operation,
                          options)
                   ? CONCLUDED
                   : ALONE;
    case SHS_BATCHER_UNSENT:
    case SHS_BATCHER_LATE:
    case SHS_BATCHER_FAILED:
        break;
    }
    return ALONE_UNCOUNTED;
}

/* The load had half of its time alone, or less, and so had many at once: for
 * the circuit breaker a batch that failed is one failure, that of its sender.
 */
static void excuse_timeout(shs_attempt_t *attempt)
{
    if (attempt->status == SHS_CONN_TIMEOUT) {
        attempt->retry.action = SHS_RETRY_FAIL;
        attempt->retry.is_server_ok = 1;
        attempt->is_excused = 1;
    }
}

void shs_attempt_run(shs_attempt_t *attempt, const shs_permit_t *permit,
                     const shs_operation_t *operation,
                     shs_attempt_options_t options)
{
    apr_time_t now = shs_clock_now();
    shared_t shared = ALONE;

    memset(attempt, 0, sizeof(*attempt));
    if (may_share(permit, operation, options, now)) {
        shared = run_shared(attempt, permit, operation, options, now);
    }
    if (shared != CONCLUDED) {
        run_alone(attempt, permit, operation, options);
    }
    if (shared == ALONE_UNCOUNTED) {
        excuse_timeout(attempt);
    }
    if (!operation->write && !options.is_size
        && shs_node_batcher(permit->route.node)) {
        note_size(attempt, permit, operation);
    }
    end(attempt, permit, operation);
}
