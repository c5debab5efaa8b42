/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/command.h"

#include <poll.h>
#include <string.h>

#include <apr_strings.h>

#include "redis/protocol/reply.h"
#include "redis/protocol/redirect_reply.h"
#include "redis/protocol/slot.h"
#include "redis/command/retry.h"
#include "base/clock.h"

#define MAX_REDIRECTS 5

/* How often one command refreshes the topology. */
#define MAX_REFRESHES 2

/* The first pause before a command is sent again; each further pause is twice
 * as long. */
#define FIRST_PAUSE (5 * 1000)
#define MAX_PAUSE   (50 * 1000)

/* With less time left than this nothing more is sent. */
#define MIN_TIME (2 * 1000)

static void count(const shs_command_t *self, shs_counter_t counter)
{
    shs_counters_add(&self->operation.client->host_state->counters, counter);
}

static void trace(const shs_command_t *self, const char *event,
                  const char *detail)
{
    const shs_trace_t *tracer = self->operation.query->trace;

    if (tracer) {
        tracer->report(tracer->baton, event, detail);
    }
}

/* With the server that the open permit leads to. */
static void trace_server(const shs_command_t *self, const char *event)
{
    trace(self, event, shs_node_describe(self->permit.route.node));
}

static int fail(shs_command_t *self, shs_counter_t cause, const char *reason)
{
    memset(&self->retry, 0, sizeof(self->retry));
    self->retry.action = SHS_RETRY_FAIL;
    self->retry.cause = cause;
    self->retry.reason = reason;
    return 0;
}

static int open_permit(shs_command_t *self)
{
    self->is_asking = 0;
    self->is_replica = 0;
    if (shs_permit_open(&self->permit, &self->operation)) {
        return 1;
    }
    fail(self, self->permit.denial.cause, self->permit.denial.reason);
    self->retry.is_refusal = self->permit.denial.cause == SHS_COUNTER_REFUSED;
    return 0;
}

/* A server that replies to a write with an error, READONLY included, may still
 * serve reads: the breaker counts only servers that do not reply. */
static void close_permit(shs_command_t *self, shs_breaker_result_t result)
{
    if (self->operation.write && result == SHS_BREAKER_FAILED
        && self->is_error) {
        result = SHS_BREAKER_UNKNOWN;
    }
    shs_permit_close(
        &self->permit, &self->operation, result,
        shs_key_check_note(&self->key_check, &self->attempt, result),
        self->retry.reason);
}

/* If the server said why the command has to wait, and its next attempt ran into
 * the deadline, the server's own reason is kept: it says more than the
 * timeout. */
static void run_attempt(shs_command_t *self)
{
    shs_retry_t before = self->retry;
    shs_attempt_options_t options = { self->is_asking,
                                      self->key_check.must_load_size,
                                      self->retries > 0 };

    shs_attempt_run(&self->attempt, &self->permit, &self->operation, options);
    self->retry = self->attempt.retry;
    self->is_error =
        self->attempt.status == SHS_CONN_OK && self->attempt.reply.error;
    if (before.action == SHS_RETRY_WAIT
        && self->waits_for == self->permit.subject
        && self->attempt.status == SHS_CONN_TIMEOUT) {
        self->retry.cause = before.cause;
        self->retry.reason = before.reason;
        self->is_error = 1;
    }
}

/* Whether the reply is accepted: the reply of a master that a Sentinel named
 * counts only if it is still the master. If not, *is_open says whether there
 * is a permit for another server. */
static int is_reply_accepted(int *is_open, shs_command_t *self)
{
    const shs_permit_t *permit = &self->permit;
    shs_conn_status_t status = SHS_CONN_OK;

    if (shs_node_role(permit->route.node) == SHS_NODE_MASTER) {
        status = shs_topology_confirm(
            self->operation.client->topology, permit->subject,
            self->attempt.is_new_conn, self->operation.query->deadline);
    }
    if (status == SHS_CONN_OK) {
        close_permit(self, SHS_BREAKER_OK);
        return 1;
    }
    trace_server(self, "reject the reply of the old master");
    close_permit(self, SHS_BREAKER_UNKNOWN);
    if (status == SHS_CONN_TIMEOUT) {
        *is_open = fail(self, SHS_COUNTER_TIMEOUTS,
                        "no Sentinel confirmed the master by the deadline");
    }
    else {
        *is_open = ++self->refreshes <= MAX_REFRESHES
                       ? open_permit(self)
                       : fail(self, SHS_COUNTER_NOT_READY,
                              "the Sentinels named another master each time");
    }
    return 0;
}

/* A cluster member may know that another member owns the slot but not its
 * address ("?:6379"). Other members may know it. */
static int follow_unknown_redirect(shs_command_t *self)
{
    trace(self, "refresh the topology", "a redirection without an address");
    if (shs_topology_refresh(self->operation.client->topology,
                             self->permit.opened_at,
                             self->operation.query->deadline)) {
        close_permit(self, SHS_BREAKER_UNKNOWN);
        return open_permit(self);
    }
    fail(self, SHS_COUNTER_OTHER_ERRORS,
         "the cluster redirects to a server without an address");
    close_permit(self, SHS_BREAKER_UNKNOWN);
    return 0;
}

/* Redirections that lead nowhere are no failure of a server: every member has
 * replied, and only the slot of this key is affected. A slot whose migration
 * was half undone leads in a circle, and a client that invents session ids of
 * that slot must not open the breaker. */
static int follow_redirect(shs_command_t *self)
{
    shs_redirect_reply_t redirect;
    int is_cluster =
        self->operation.client->endpoint->mode == SHS_ENDPOINT_CLUSTER;
    int is_parsed =
        is_cluster
        && shs_redirect_reply_parse(&redirect, self->attempt.reply.error,
                                    shs_node_address(self->permit.route.node),
                                    self->operation.p)
        && redirect.slot == self->operation.slot;

    count(self, SHS_COUNTER_REDIRECTIONS);
    if (!is_cluster || ++self->redirects > MAX_REDIRECTS) {
        fail(self, SHS_COUNTER_OTHER_ERRORS,
             is_cluster ? "the cluster's members redirect in a circle"
                        : "it is a member of a Redis Cluster: write"
                          " redis+cluster://");
        close_permit(self,
                     is_cluster ? SHS_BREAKER_UNKNOWN : SHS_BREAKER_FAILED);
        return 0;
    }
    if (!is_parsed) {
        return follow_unknown_redirect(self);
    }
    close_permit(self, SHS_BREAKER_UNKNOWN);
    self->is_asking = redirect.is_ask;
    self->is_replica = 0;
    if (!shs_permit_open_redirect(&self->permit, &self->operation,
                                  &redirect.server, !redirect.is_ask)) {
        return fail(self, self->permit.denial.cause,
                    self->permit.denial.reason);
    }
    trace_server(self, redirect.is_ask ? "follow ASK" : "follow MOVED");
    return 1;
}

/* The time that has to be left for the next attempt: twice what the last attempt
 * after a pause took. An attempt that runs into the deadline costs its
 * connection. */
static apr_interval_time_t min_time(const shs_command_t *self, apr_time_t now)
{
    apr_time_t twice = self->paused_at ? 2 * (now - self->paused_at) : 0;

    return twice > MIN_TIME ? twice : MIN_TIME;
}

/* Pauses, if there is time, and then tries the same server again, unless
 * another one serves the key now. A probe of the breaker keeps its permit, and
 * so stays the probe. */
static int wait_for_server(shs_command_t *self)
{
    const shs_client_t *client = self->operation.client;
    apr_time_t now = shs_clock_now();
    apr_interval_time_t left = self->operation.query->deadline - now;
    apr_interval_time_t needed = min_time(self, now);
    apr_interval_time_t pause = self->pause;

    if (left < MIN_TIME + needed) {
        close_permit(self, SHS_BREAKER_FAILED);
        return 0;
    }
    if (pause > left - needed) {
        pause = left - needed;
    }
    self->waits_for = self->permit.subject;
    trace(self, "wait", self->retry.reason);
    shs_topology_suspect(client->topology);
    poll(NULL, 0, (int)(pause / 1000));
    self->paused_at = shs_clock_now();
    self->pause = 2 * pause < MAX_PAUSE ? 2 * pause : MAX_PAUSE;
    if (self->is_asking || self->is_replica
        || shs_topology_is_current(client->topology, &self->permit.route,
                                   self->operation.slot)) {
        return 1;
    }
    close_permit(self, SHS_BREAKER_UNKNOWN);
    return open_permit(self);
}

/* If another master may have replaced the one that failed, but the servers that
 * name it are not believed, the reason of the failure says so: that is what has
 * to be repaired. */
static void add_epoch_reason(shs_command_t *self)
{
    const char *reason = shs_epoch_explain(
        &self->operation.client->host_state->master.epoch, NULL);

    if (reason && self->retry.reason && !self->is_replica) {
        self->retry.reason = apr_pstrcat(self->operation.p, self->retry.reason,
                                         "; ", reason, NULL);
    }
}

/* Refreshes the topology. Another server may be tried then; the same server is
 * not, because it has just failed. */
static int refresh_topology(shs_command_t *self)
{
    apr_uint32_t failed = self->permit.subject;
    apr_time_t deadline = self->operation.query->deadline;
    shs_retry_t retry;

    add_epoch_reason(self);
    retry = self->retry;
    close_permit(self, SHS_BREAKER_FAILED);
    if (self->operation.client->endpoint->reads_replicas
        && !self->operation.write) {
        /* Half of the time is kept for the replicas. */
        deadline -= (deadline - shs_clock_now()) / 2;
    }
    if (self->is_replica || ++self->refreshes > MAX_REFRESHES) {
        return 0;
    }
    trace(self, "refresh the topology", retry.reason);
    if (!shs_topology_refresh(self->operation.client->topology,
                              self->permit.opened_at, deadline)) {
        return 0;
    }
    if (open_permit(self)) {
        if (self->permit.subject != failed) {
            trace_server(self, "go to another master");
            return 1;
        }
        close_permit(self, SHS_BREAKER_UNKNOWN);
    }
    self->retry = retry;
    return 0;
}

/* The master did not reply: a replica may. */
static int open_replica(shs_command_t *self)
{
    int nth;

    if (!self->operation.client->endpoint->reads_replicas
        || self->operation.write
        || shs_clock_now() >= self->operation.query->deadline) {
        return 0;
    }
    nth = shs_permit_open_replica(&self->permit, &self->operation,
                                  self->replicas);
    self->replicas = nth + 1;
    self->is_replica = nth >= 0;
    self->is_asking = 0;
    if (self->is_replica) {
        trace_server(self, "read from a replica");
    }
    return self->is_replica;
}

static int reconnect(shs_command_t *self)
{
    trace(self, "reconnect", self->retry.reason);
    --self->retries;
    count(self, SHS_COUNTER_RETRIES);
    return 1;
}

/* A server that sends a complete reply is up, even if the reply is a refusal.
 */
static shs_breaker_result_t breaker_result(const shs_retry_t *retry)
{
    if (!retry->is_server_ok) {
        return SHS_BREAKER_FAILED;
    }
    return retry->is_refusal ? SHS_BREAKER_OK : SHS_BREAKER_UNKNOWN;
}

/* Sends the command until there is a reply, or no server is left to try. */
static void run(shs_command_t *self)
{
    int is_open = open_permit(self);

    while (is_open || open_replica(self)) {
        run_attempt(self);
        switch (self->retry.action) {
        case SHS_RETRY_ACCEPT:
            if (shs_key_check_accept_size(&self->key_check, &self->attempt)) {
                is_open = 1;
                break;
            }
            if (is_reply_accepted(&is_open, self)) {
                return;
            }
            break;
        case SHS_RETRY_RECONNECT:
            is_open = reconnect(self);
            break;
        case SHS_RETRY_REDIRECT:
            is_open = follow_redirect(self);
            break;
        case SHS_RETRY_WAIT:
            is_open = wait_for_server(self);
            break;
        case SHS_RETRY_REFRESH:
            is_open = refresh_topology(self);
            break;
        case SHS_RETRY_FAIL:
            close_permit(self, breaker_result(&self->retry));
            is_open = 0;
            break;
        }
    }
    trace(self, "fail", self->retry.reason);
}

static void load_value(shs_command_t *self)
{
    shs_key_check_begin(&self->key_check, &self->operation);
    if (self->key_check.must_load_size) {
        trace(self, "load the size first", NULL);
    }
    run(self);
    shs_key_check_end(&self->key_check, &self->operation, &self->attempt,
                      self->retry.action == SHS_RETRY_ACCEPT);
}

void shs_command_execute(shs_command_t *self, const shs_client_t *client,
                         const shs_query_t *query, const shs_write_t *write,
                         apr_pool_t *p)
{
    memset(self, 0, sizeof(*self));
    self->operation.client = client;
    self->operation.query = query;
    self->operation.write = write;
    self->operation.p = p;
    self->retries = client->endpoint->retries;
    self->pause = FIRST_PAUSE;
    if (client->endpoint->mode == SHS_ENDPOINT_CLUSTER) {
        self->operation.slot = shs_slot_of_key(query->key);
    }
    if (write) {
        run(self);
    }
    else {
        load_value(self);
    }
}
