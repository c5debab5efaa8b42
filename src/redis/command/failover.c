/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/failover.h"

#include <apr_strings.h>

#include "base/clock.h"

/* How often one command refreshes the topology. */
#define MAX_REFRESHES 2

int shs_failover_confirm_reply(int *is_open, shs_command_t *self)
{
    const shs_permit_t *permit = &self->permit;
    shs_conn_status_t status = SHS_CONN_OK;

    if (shs_node_role(permit->route.node) == SHS_NODE_MASTER) {
        status = shs_topology_confirm(
            self->operation.client->topology, permit->subject,
            self->attempt.is_new_conn, self->operation.query->deadline);
    }
    if (status == SHS_CONN_OK) {
        shs_command_close_permit(self, SHS_BREAKER_OK);
        return 1;
    }
    shs_command_trace_server(self, "reject the reply of the old master");
    shs_command_close_permit(self, SHS_BREAKER_UNKNOWN);
    if (status == SHS_CONN_TIMEOUT) {
        *is_open = shs_command_fail(
            self, SHS_COUNTER_TIMEOUTS,
            "no Sentinel confirmed the master by the deadline");
    }
    else if (++self->refreshes <= MAX_REFRESHES) {
        *is_open = shs_command_reopen_permit(self);
    }
    else {
        *is_open =
            shs_command_fail(self, SHS_COUNTER_NOT_READY,
                             "the Sentinels named another master each time");
    }
    return 0;
}

/* If another master may have replaced the one that failed, but the servers that
 * name it report too low an epoch and so do not count, the reason of the
 * failure says so: that is what has to be repaired. */
static void add_epoch_reason(shs_command_t *self)
{
    const char *reason = shs_epoch_explain(
        &self->operation.client->host_state->master.epoch, NULL);

    if (reason && self->retry.reason && !self->is_replica) {
        self->retry.reason = apr_pstrcat(self->operation.p, self->retry.reason,
                                         "; ", reason, NULL);
    }
}

int shs_failover_refresh(shs_command_t *self)
{
    apr_uint32_t failed = self->permit.subject;
    apr_time_t deadline = self->operation.query->deadline;
    shs_retry_t retry;

    add_epoch_reason(self);
    retry = self->retry;
    shs_command_close_permit(self, SHS_BREAKER_FAILED);
    if (self->operation.client->endpoint->reads_replicas
        && !self->operation.write) {
        /* Half of the time is kept for the replicas. */
        deadline -= (deadline - shs_clock_now()) / 2;
    }
    if (self->is_replica || ++self->refreshes > MAX_REFRESHES) {
        return 0;
    }
    shs_command_trace(self, "refresh the topology", retry.reason);
    if (!shs_topology_refresh(self->operation.client->topology,
                              self->permit.opened_at, deadline)) {
        return 0;
    }
    if (shs_command_open_permit(self)) {
        if (self->permit.subject != failed) {
            shs_command_trace_server(self, "go to another master");
            return 1;
        }
        shs_command_close_permit(self, SHS_BREAKER_UNKNOWN);
    }
    self->retry = retry;
    return 0;
}

int shs_failover_open_replica(shs_command_t *self)
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
        shs_command_trace_server(self, "read from a replica");
    }
    return self->is_replica;
}
