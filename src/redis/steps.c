/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/steps.h"

#include <string.h>

#include "base/clock.h"

/* With less than this part (1/4) of the timeout left, what remains after the
 * session has ended is not tried: that would only look like a failure of the
 * server. */
#define MIN_PART 4

static const shs_foreign_t nothing_more;

/* What the steps have in common. */
typedef struct steps_t {
    const shs_client_t *client;
    const shs_write_t *write;
    shs_steps_write_fn fn;
    apr_pool_t *p;
} steps_t;

int shs_steps_are_needed(const shs_client_t *client, const shs_write_t *write)
{
    return client->endpoint->mode == SHS_ENDPOINT_CLUSTER && write->foreign
           && (write->foreign->companion.len > 0
               || write->foreign->member_count > 0);
}

/* A write of another key, for the same caller. */
static shs_write_t write_of(const steps_t *steps, shs_write_kind_t kind,
                            shs_octets_t key)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.at = steps->write->at;
    write.at.key = key;
    write.at.shape = SHS_SHAPE_STRING;
    write.kind = kind;
    write.foreign = &nothing_more;
    return write;
}

/* Performs a step, and keeps a transition that an earlier one has reported. */
static shs_wrote_t perform(shs_result_t *result, const steps_t *steps,
                           const shs_write_t *write)
{
    shs_result_t own;
    shs_wrote_t wrote;

    memset(&own, 0, sizeof(own));
    wrote = steps->fn(&own, steps->client, write, steps->p);
    if (result->transition != SHS_TRANSITION_NONE) {
        own.transition = result->transition;
        own.transition_reason = result->transition_reason;
    }
    *result = own;
    return wrote;
}

/* The session's own key. */
static shs_wrote_t perform_own(shs_result_t *result, const steps_t *steps)
{
    shs_foreign_t foreign = *steps->write->foreign;
    shs_write_t write = *steps->write;

    memset(&foreign.companion, 0, sizeof(foreign.companion));
    foreign.companion_ttl = 0;
    foreign.members = NULL;
    foreign.member_count = 0;
    write.foreign = &foreign;
    return perform(result, steps, &write);
}

static shs_wrote_t touch(shs_result_t *result, const steps_t *steps)
{
    const shs_foreign_t *foreign = steps->write->foreign;
    shs_write_t write = write_of(steps, SHS_WRITE_TOUCH, foreign->companion);
    shs_wrote_t wrote = SHS_WROTE_DONE;

    write.ttl = foreign->companion_ttl;
    write.due = foreign->companion_ttl;
    if (foreign->companion.len > 0) {
        wrote = perform(result, steps, &write);
    }
    return wrote == SHS_WROTE_DONE ? perform_own(result, steps) : wrote;
}

/* After the session has ended: *result stays, but for the transition. */
static void perform_rest(shs_result_t *result, const steps_t *steps,
                         const shs_write_t *write, const char *event)
{
    const shs_trace_t *trace = steps->write->at.trace;
    shs_result_t own = *result;
    shs_wrote_t wrote = SHS_WROTE_UNAVAILABLE;

    if (steps->write->at.deadline - shs_clock_now()
        < steps->client->endpoint->timeout / MIN_PART) {
        own.reason = "too little time is left";
    }
    else {
        wrote = perform(&own, steps, write);
    }
    result->transition = own.transition;
    result->transition_reason = own.transition_reason;
    if (wrote != SHS_WROTE_DONE && wrote != SHS_WROTE_GONE && trace) {
        trace->report(trace->baton, event, own.reason);
    }
}

static shs_wrote_t end(shs_result_t *result, const steps_t *steps)
{
    const shs_foreign_t *foreign = steps->write->foreign;
    shs_wrote_t wrote = perform_own(result, steps);
    shs_foreign_t one = nothing_more;
    shs_write_t write;
    apr_size_t i;

    if (wrote != SHS_WROTE_DONE && wrote != SHS_WROTE_GONE) {
        return wrote;
    }
    if (foreign->companion.len > 0) {
        write = write_of(steps, SHS_WRITE_REMOVE, foreign->companion);
        perform_rest(result, steps, &write, "leave the companion");
    }
    for (i = 0; i < foreign->member_count; ++i) {
        write = write_of(steps, SHS_WRITE_CHANGE, foreign->members[i].key);
        one.members = &foreign->members[i];
        one.member_count = 1;
        write.foreign = &one;
        perform_rest(result, steps, &write, "leave a member");
    }
    return wrote;
}

shs_wrote_t shs_steps_run(shs_result_t *result, const shs_client_t *client,
                          const shs_write_t *write, shs_steps_write_fn fn,
                          apr_pool_t *p)
{
    steps_t steps = { client, write, fn, p };

    return write->kind == SHS_WRITE_TOUCH ? touch(result, &steps)
                                          : end(result, &steps);
}
