/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/retry_loop.h"

#include <poll.h>
#include <string.h>

#include "redis/command/failover.h"
#include "redis/command/redirect.h"
#include "redis/protocol/slot.h"
#include "base/clock.h"
#include "base/fnv.h"

/* If the server said why the command has to wait, and its next attempt ran into
 * the deadline, the server's own reason is kept: it says more than the
 * timeout. */
static void run_attempt(shs_command_t *self)
{
    shs_retry_t before = self->retry;
    shs_attempt_options_t options = { self->is_asking,
                                      self->key_check.must_load_size,
                                      self->key_check.is_big,
                                      self->retries > 0 };
    apr_time_t began_at = self->waits_for ? shs_clock_now() : 0;

    shs_attempt_run(&self->attempt, &self->permit, &self->operation, options);
    self->took = began_at ? shs_clock_now() - began_at : 0;
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

/* Pauses, if there is time, and then tries the same server again, unless
 * another one serves the key now. A probe of the breaker keeps its permit, and
 * so stays the probe. */
static int wait_for_server(shs_command_t *self)
{
    const shs_client_t *client = self->operation.client;
    apr_interval_time_t left =
        self->operation.query->deadline - shs_clock_now();
    apr_interval_time_t pause =
        shs_backoff_next(&self->backoff, left, self->took);

    if (!pause) {
        shs_command_close_permit(self, SHS_BREAKER_FAILED);
        return 0;
    }
    self->waits_for = self->permit.subject;
    shs_command_trace(self, "wait", self->retry.reason);
    shs_topology_suspect(client->topology);
    poll(NULL, 0, (int)(pause / 1000));
    if (self->is_asking || self->is_replica
        || shs_topology_is_current(client->topology, &self->permit.route,
                                   self->operation.slot)) {
        return 1;
    }
    shs_command_close_permit(self, SHS_BREAKER_UNKNOWN);
    return shs_command_reopen_permit(self);
}

static int reconnect(shs_command_t *self)
{
    shs_command_trace(self, "reconnect", self->retry.reason);
    --self->retries;
    shs_command_count(self, SHS_COUNTER_RETRIES);
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
    int is_open = shs_command_open_permit(self);

    while (is_open || shs_failover_open_replica(self)) {
        run_attempt(self);
        switch (self->retry.action) {
        case SHS_RETRY_ACCEPT:
            if (shs_key_check_accept_size(&self->key_check, &self->attempt)) {
                is_open = 1;
                break;
            }
            if (shs_failover_confirm_reply(&is_open, self)) {
                return;
            }
            break;
        case SHS_RETRY_RECONNECT:
            is_open = reconnect(self);
            break;
        case SHS_RETRY_REDIRECT:
            is_open = shs_redirect_follow(self);
            break;
        case SHS_RETRY_WAIT:
            is_open = wait_for_server(self);
            break;
        case SHS_RETRY_REFRESH:
            is_open = shs_failover_refresh(self);
            break;
        case SHS_RETRY_FAIL:
            shs_command_close_permit(self, breaker_result(&self->retry));
            is_open = 0;
            break;
        }
    }
    shs_command_trace(self, "fail", self->retry.reason);
}

static void load_value(shs_command_t *self)
{
    shs_key_check_begin(&self->key_check, &self->operation);
    if (self->key_check.must_load_size) {
        shs_command_trace(self, "load the size first", NULL);
    }
    run(self);
    shs_key_check_end(&self->key_check, &self->operation, &self->attempt,
                      self->retry.action == SHS_RETRY_ACCEPT);
}

/* A hash of which fields the query reads; 0: the whole value. It only decides
 * how they are loaded. */
static apr_uint32_t part_of(const shs_query_t *query)
{
    apr_uint32_t hash = SHS_FNV_START32;
    apr_size_t i;

    if (!query->names) {
        return 0;
    }
    for (i = 0; i < query->name_count; ++i) {
        hash = shs_fnv_add32(hash, query->names[i].data, query->names[i].len);
        hash = shs_fnv_add32(hash, "", 1);
    }
    return hash != 0 ? hash : 1;
}

void shs_retry_loop_run(shs_command_t *self, const shs_client_t *client,
                        const shs_query_t *query, const shs_write_t *write,
                        apr_pool_t *p)
{
    memset(self, 0, sizeof(*self));
    self->operation.client = client;
    self->operation.query = query;
    self->operation.write = write;
    self->operation.p = p;
    self->retries = client->endpoint->retries;
    shs_backoff_init(&self->backoff);
    if (client->endpoint->mode == SHS_ENDPOINT_CLUSTER) {
        self->operation.slot = shs_slot_of_key(query->key);
    }
    if (write) {
        run(self);
    }
    else {
        self->operation.part = part_of(query);
        load_value(self);
    }
}
