/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/redirect.h"

#include "redis/protocol/redirect_reply.h"

#define MAX_REDIRECTS 5

/* A cluster member may know that another member owns the slot but not its
 * address ("?:6379"). Other members may know it. */
static int follow_unknown_redirect(shs_command_t *self)
{
    shs_command_trace(self, "refresh the topology",
                      "a redirection without an address");
    if (shs_topology_refresh(self->operation.client->topology,
                             self->permit.opened_at,
                             self->operation.query->deadline)) {
        shs_command_close_permit(self, SHS_BREAKER_UNKNOWN);
        return shs_command_reopen_permit(self);
    }
    shs_command_fail(self, SHS_COUNTER_OTHER_ERRORS,
                     "the cluster redirects to a server without an address");
    shs_command_close_permit(self, SHS_BREAKER_UNKNOWN);
    return 0;
}

/* Redirections that lead nowhere are no failure of a server: every member has
 * replied, and only the slot of this key is affected. A slot whose migration
 * was half undone leads in a circle, and a client that invents session ids of
 * that slot must not open the breaker. */
int shs_redirect_follow(shs_command_t *self)
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

    shs_command_count(self, SHS_COUNTER_REDIRECTIONS);
    if (!is_cluster || ++self->redirects > MAX_REDIRECTS) {
        shs_command_fail(self, SHS_COUNTER_OTHER_ERRORS,
                         is_cluster
                             ? "the cluster's members redirect in a circle"
                             : "it is a member of a Redis Cluster: write"
                               " redis+cluster://");
        shs_command_close_permit(self, is_cluster ? SHS_BREAKER_UNKNOWN
                                                  : SHS_BREAKER_FAILED);
        return 0;
    }
    if (!is_parsed) {
        return follow_unknown_redirect(self);
    }
    shs_command_close_permit(self, SHS_BREAKER_UNKNOWN);
    self->is_asking = redirect.is_ask;
    self->is_replica = 0;
    if (!shs_permit_open_redirect(&self->permit, &self->operation,
                                  &redirect.server, !redirect.is_ask)) {
        return shs_command_fail(self, self->permit.denial.cause,
                                self->permit.denial.reason);
    }
    shs_command_trace_server(self,
                             redirect.is_ask ? "follow ASK" : "follow MOVED");
    return 1;
}
