/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider's functions stand in the order of a store's life: create, start
 * in a child, load, write, report.
 */
#include "redis/store_redis.h"

#include <apr_general.h>
#include <apr_strings.h>

#include "redis/steps.h"
#include "redis/command/retry_loop.h"
#include "redis/command/pipeline/script.h"
#include "redis/tracking/tracker.h"
#include "redis/topology/topology.h"
#include "redis/connection/node_table.h"
#include "redis/connection/run_id.h"
#include "redis/endpoint/endpoint_url.h"
#include "redis/protocol/reply.h"
#include "redis/health/host_state.h"
#include "base/clock.h"
#include "base/interval.h"

/* A refusal is reported once in this time on the whole host. */
#define REFUSAL_INTERVAL (60 * APR_USEC_PER_SEC)

/* So many failures within a minute are reported. */
#define MIN_FAILURES 5

typedef struct redis_t {
    const shs_endpoint_t *endpoint;
    shs_tls_context_t *tls; /* NULL: none */
    shs_client_t client;    /* of this child */
} redis_t;

static const char *create(void **self, shs_provider_words_t *words,
                          const char *url, const apr_array_header_t *options,
                          apr_pool_t *p)
{
    redis_t *redis = apr_pcalloc(p, sizeof(*redis));
    shs_endpoint_t *endpoint;
    const char *error =
        shs_endpoint_url_parse_with_options(&endpoint, url, options, p);

    if (error) {
        return error;
    }
    if (endpoint->is_tls) {
        error = shs_tls_context_create(&redis->tls, &endpoint->tls, p);
        if (error) {
            return error;
        }
    }
    if (apr_generate_random_bytes(redis->client.secret,
                                  sizeof(redis->client.secret))
        != APR_SUCCESS) {
        return "the system gives no random octets";
    }
    redis->endpoint = endpoint;
    *self = redis;
    words->identity = shs_endpoint_identity(endpoint, p);
    words->url = shs_endpoint_describe(endpoint, p);
    words->location = shs_endpoint_location(endpoint, p);
    words->options = shs_endpoint_describe_options(endpoint, p);
    return NULL;
}

static apr_size_t host_state_size(const void *self)
{
    (void)self;
    return sizeof(shs_host_state_t);
}

static apr_status_t close_nodes(void *data)
{
    shs_node_table_close(data);
    return APR_SUCCESS;
}

static int start_child(void *self, void *host_state, int threads,
                       apr_pool_t *pchild)
{
    redis_t *redis = self;
    shs_node_config_t kind = { redis->endpoint, redis->tls,
                               shs_endpoint_pool_size(redis->endpoint, threads),
                               redis->endpoint->may_share && threads > 1 };
    shs_node_table_t *nodes = shs_node_table_create(&kind);

    redis->client.endpoint = redis->endpoint;
    redis->client.host_state = host_state;
    if (!nodes) {
        return 0;
    }
    apr_pool_cleanup_register(pchild, nodes, close_nodes,
                              apr_pool_cleanup_null);
    redis->client.topology =
        shs_topology_create(redis->endpoint, nodes, host_state, pchild);
    return redis->client.topology != NULL;
}

static void count(const shs_command_t *command, shs_counter_t counter)
{
    shs_counters_add(&command->operation.client->host_state->counters, counter);
}

static shs_outcome_t read_reply(shs_result_t *result,
                                const shs_command_t *command)
{
    shs_outcome_t outcome;

    result->server_id = command->is_replica       ? 0
                        : command->attempt.run_id ? command->attempt.run_id
                                                  : SHS_RUN_ID_UNKNOWN;
    if (command->attempt.status == SHS_CONN_TOO_LARGE
        || command->attempt.reply.is_too_large) {
        result->reason = "it is larger than SharedSessionMaxSize, or has more"
                         " than 4096 fields";
        return SHS_OUTCOME_MALFORMED;
    }
    outcome = shs_reply_read(result, command->attempt.reply.replies,
                             command->operation.query, command->operation.p);
    if (!command->is_replica) {
        return outcome;
    }
    count(command, SHS_COUNTER_REPLICA_READS);
    if (outcome == SHS_OUTCOME_ABSENT) {
        /* The session may not have reached the replica yet. */
        result->reason = "the master does not reply, and its replica has"
                         " no such session";
        outcome = SHS_OUTCOME_UNAVAILABLE;
        count(command, SHS_COUNTER_UNAVAILABLE);
    }
    return outcome;
}

static shs_outcome_t read_failure(shs_result_t *result,
                                  const shs_command_t *command)
{
    const shs_retry_t *retry = &command->retry;

    count(command, SHS_COUNTER_UNAVAILABLE);
    count(command, retry->cause);
    result->reason = retry->reason;
    result->is_refusal = retry->is_refusal;
    return SHS_OUTCOME_UNAVAILABLE;
}

/* Whether no process of the host has reported a refusal in the last minute. */
static int is_refusal_due(shs_host_state_t *host_state, apr_time_t now)
{
    return shs_interval_claim(&host_state->refusal_reported_at,
                              REFUSAL_INTERVAL, now);
}

/* How many failures within a minute are reported. An error reply to a write
 * comes back each time, so one is enough. Failures without a reply may be the
 * beginning of an outage, which the circuit breaker reports. */
static apr_uint32_t min_failures(const shs_command_t *command)
{
    return command->operation.write && command->is_error ? 1 : MIN_FAILURES;
}

/* Reports a failure that has no other report. */
static void read_error_alert(shs_result_t *result, const shs_command_t *command)
{
    shs_host_state_t *host_state = command->operation.client->host_state;
    const shs_breaker_t *breaker = command->permit.route.breaker;

    if (command->retry.cause == SHS_COUNTER_BLOCKED || !breaker
        || shs_breaker_is_reported(breaker)) {
        return;
    }
    if (shs_error_alert_note(command->operation.write
                                 ? &host_state->write_alert
                                 : &host_state->lookup_alert,
                             min_failures(command), shs_clock_now())) {
        result->transition = command->operation.write
                                 ? SHS_TRANSITION_UNWRITABLE
                                 : SHS_TRANSITION_DEGRADED;
        result->transition_reason = result->reason;
    }
}

/* Reports a failover, if there is nothing more urgent. */
static void read_failover(shs_result_t *result, const shs_command_t *command)
{
    result->transition_reason = shs_masters_take_failover(
        &command->operation.client->host_state->masters, shs_clock_now(),
        command->operation.p);
    if (result->transition_reason) {
        result->transition = SHS_TRANSITION_MASTER;
    }
}

/* A refusal has its own line, and is not reported as an outage too. A refusal
 * that ends an outage reports the end; the next refusal reports itself. */
static void read_transition(shs_result_t *result, const shs_command_t *command)
{
    const shs_permit_report_t *report = &command->permit.report;

    if (report->transition == SHS_TRANSITION_UP
        || (report->transition != SHS_TRANSITION_NONE && !result->is_refusal)) {
        result->transition = report->transition;
        result->transition_reason = report->reason;
    }
    else if (result->is_refusal) {
        if (is_refusal_due(command->operation.client->host_state,
                           shs_clock_now())) {
            result->transition = SHS_TRANSITION_REFUSED;
            result->transition_reason = result->reason;
        }
    }
    else if (command->retry.action != SHS_RETRY_ACCEPT) {
        read_error_alert(result, command);
    }
    if (result->transition == SHS_TRANSITION_NONE) {
        read_failover(result, command);
    }
}

shs_outcome_t shs_store_redis_load(shs_result_t *result,
                                   const shs_client_t *client,
                                   const shs_query_t *query, apr_pool_t *p)
{
    shs_command_t command;
    shs_outcome_t outcome;

    shs_retry_loop_run(&command, client, query, NULL, p);
    outcome = command.retry.action == SHS_RETRY_ACCEPT
                  ? read_reply(result, &command)
                  : read_failure(result, &command);
    read_transition(result, &command);
    return outcome;
}

static shs_wrote_t read_written(shs_result_t *result,
                                const shs_command_t *command)
{
    const shs_reply_t *reply = command->attempt.reply.replies[0];

    if (reply->kind != SHS_REPLY_ERROR) {
        return shs_script_read(&result->reason, reply,
                               command->operation.write);
    }
    result->reason = "the key holds another type of value than the format"
                     " writes (WRONGTYPE)";
    return SHS_WROTE_MALFORMED;
}

/* Whether the write proves that the server accepts writes again. A server
 * without memory still deletes sessions and extends their expiry, so those
 * prove nothing. */
static int proves_writable(const shs_write_t *write, shs_wrote_t wrote)
{
    return wrote == SHS_WROTE_DONE && !write->foreign
           && (write->kind == SHS_WRITE_CREATE
               || write->kind == SHS_WRITE_CHANGE);
}

/* One command. */
static shs_wrote_t perform(shs_result_t *result, const shs_client_t *client,
                           const shs_write_t *write, apr_pool_t *p)
{
    shs_wrote_t wrote = SHS_WROTE_UNAVAILABLE;
    shs_command_t command;

    shs_retry_loop_run(&command, client, &write->at, write, p);
    count(&command, SHS_COUNTER_WRITES);
    if (command.retry.action == SHS_RETRY_ACCEPT) {
        wrote = read_written(result, &command);
    }
    else {
        read_failure(result, &command);
        count(&command, SHS_COUNTER_WRITES_FAILED);
    }
    if (wrote == SHS_WROTE_CONFLICT && !write->foreign) {
        count(&command, SHS_COUNTER_CONFLICTS);
    }
    read_transition(result, &command);
    if (proves_writable(write, wrote)
        && result->transition == SHS_TRANSITION_NONE
        && shs_error_alert_clear(&client->host_state->write_alert)) {
        result->transition = SHS_TRANSITION_WRITABLE;
    }
    return wrote;
}

/* A foreign session has no other writer to wait for: if it is another one by
 * now, that which was read is gone. */
shs_wrote_t shs_store_redis_write(shs_result_t *result,
                                  const shs_client_t *client,
                                  const shs_write_t *write, apr_pool_t *p)
{
    shs_wrote_t wrote = shs_steps_are_needed(client, write)
                            ? shs_steps_run(result, client, write, perform, p)
                            : perform(result, client, write, p);

    return write->foreign && wrote == SHS_WROTE_CONFLICT ? SHS_WROTE_GONE
                                                         : wrote;
}

static shs_outcome_t load(shs_result_t *result, void *self,
                          const shs_query_t *query, apr_pool_t *p)
{
    return shs_store_redis_load(result, &((redis_t *)self)->client, query, p);
}

static shs_wrote_t write_to(shs_result_t *result, void *self,
                            const shs_write_t *write, apr_pool_t *p)
{
    return shs_store_redis_write(result, &((redis_t *)self)->client, write, p);
}

static apr_interval_time_t timeout(const void *self)
{
    return ((const redis_t *)self)->endpoint->timeout;
}

static int listen_to(void *self, const shs_invalidation_sink_t *sink,
                     apr_pool_t *pchild)
{
    const redis_t *redis = self;

    return shs_tracker_start(redis->client.topology, redis->client.host_state,
                             sink, redis->endpoint->timeout, pchild);
}

static const shs_metric_t breaker = { "Breaker", SHS_METRIC_TEXT,
                                      "The state of the circuit breaker." };
static const shs_metric_t master = { "Master", SHS_METRIC_TEXT,
                                     "The master or masters." };
static const shs_metric_t master_seconds = {
    "MasterSeconds", SHS_METRIC_GAUGE,
    "Seconds since the last change of a master."
};

static void report(shs_report_fn tell, void *baton, const void *self,
                   const void *host_state, apr_pool_t *p)
{
    const shs_host_state_t *memory = host_state;
    apr_time_t now = shs_clock_now();
    apr_time_t since;
    const char *masters = shs_masters_list(&since, &memory->masters, p);
    int i;

    (void)self;
    tell(baton, &breaker,
         shs_breaker_describe(shs_host_state_worst_breaker(memory, now), now));
    if (masters) {
        tell(baton, &master, masters);
        tell(baton, &master_seconds,
             apr_psprintf(p, "%d", (int)apr_time_sec(now - since)));
    }
    for (i = 0; i < SHS_COUNTER_COUNT; ++i) {
        tell(baton, shs_counters_metric(i),
             apr_psprintf(p, "%" APR_UINT64_T_FMT,
                          shs_counters_get(&memory->counters, i)));
    }
}

const char *const shs_store_redis_schemes[] = {
    "redis",           "rediss",        "unix",           "redis+sentinel",
    "rediss+sentinel", "redis+cluster", "rediss+cluster", NULL
};

const shs_provider_t shs_store_redis = { create,      host_state_size,
                                         start_child, load,
                                         write_to,    timeout,
                                         listen_to,   report };
