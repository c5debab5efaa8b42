/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/command.h"

#include <string.h>

void shs_command_count(const shs_command_t *self, shs_counter_t counter)
{
    shs_counters_add(&self->operation.client->host_state->counters, counter);
}

void shs_command_trace(const shs_command_t *self, const char *event,
                       const char *detail)
{
    const shs_trace_t *tracer = self->operation.query->trace;

    if (tracer) {
        tracer->report(tracer->baton, event, detail);
    }
}

void shs_command_trace_server(const shs_command_t *self, const char *event)
{
    shs_command_trace(self, event, shs_node_describe(self->permit.route.node));
}

int shs_command_fail(shs_command_t *self, shs_counter_t cause,
                     const char *reason)
{
    memset(&self->retry, 0, sizeof(self->retry));
    self->retry.action = SHS_RETRY_FAIL;
    self->retry.cause = cause;
    self->retry.reason = reason;
    return 0;
}

int shs_command_open_permit(shs_command_t *self)
{
    self->is_asking = 0;
    self->is_replica = 0;
    if (shs_permit_open(&self->permit, &self->operation)) {
        return 1;
    }
    shs_command_fail(self, self->permit.denial.cause,
                     self->permit.denial.reason);
    self->retry.is_refusal = self->permit.denial.cause == SHS_COUNTER_REFUSED;
    return 0;
}

int shs_command_reopen_permit(shs_command_t *self)
{
    apr_uint32_t last = self->permit.subject;

    if (!shs_command_open_permit(self)) {
        return 0;
    }
    shs_command_trace_server(self, self->permit.subject == last
                                       ? "try the same master again"
                                       : "go to another master");
    return 1;
}

/* A server that replies to a write with an error, READONLY included, may still
 * serve reads: the breaker counts only servers that do not reply. */
void shs_command_close_permit(shs_command_t *self, shs_breaker_result_t result)
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
