/* SPDX-License-Identifier: Apache-2.0 */
#include "store/promise.h"

#include <string.h>

#include "base/clock.h"
#include "base/interval.h"

#define WARN_EVERY apr_time_from_sec(60)

#define BROKEN_PROMISE "the store's provider is in error: "

/* The promise of mod_shared_session_provider.h that the outcome of a read
 * breaks, in words; NULL: none. */
static const char *find_broken_read(shs_outcome_t outcome,
                                    const shs_result_t *result,
                                    shs_shape_t shape)
{
    switch (outcome) {
    case SHS_OUTCOME_FOUND:
        return result->record.shape == shape ? NULL
                                             : BROKEN_PROMISE
                   "a record has another shape than its query";
    case SHS_OUTCOME_ABSENT:
    case SHS_OUTCOME_MALFORMED:
    case SHS_OUTCOME_UNAVAILABLE:
        return result->reason ? NULL
                              : BROKEN_PROMISE "a read that is not FOUND has no"
                                               " reason";
    case SHS_OUTCOME_NONE:
        break;
    }
    return BROKEN_PROMISE "a read has an outcome that no read has";
}

/* Likewise, of a write. */
static const char *find_broken_write(shs_wrote_t wrote,
                                     const shs_result_t *result)
{
    switch (wrote) {
    case SHS_WROTE_DONE:
        return NULL;
    case SHS_WROTE_GONE:
    case SHS_WROTE_CONFLICT:
    case SHS_WROTE_TOO_LARGE:
    case SHS_WROTE_MALFORMED:
    case SHS_WROTE_UNAVAILABLE:
        return result->reason ? NULL
                              : BROKEN_PROMISE "a write that is not DONE has no"
                                               " reason";
    case SHS_WROTE_ROTATED:
    case SHS_WROTE_INVALID:
    case SHS_WROTE_FORBIDDEN:
    case SHS_WROTE_LATE:
        break;
    }
    return BROKEN_PROMISE "a write has a result that no provider returns";
}

/* What such a provider returned says nothing about the store. */
static void forget(shs_result_t *result, const char *reason)
{
    memset(&result->record, 0, sizeof(result->record));
    result->reason = reason;
    result->server_id = 0;
    result->is_refusal = 0;
}

/* Writes have lines of their own: only reads need a transition to be logged. */
static void warn(shs_result_t *result, _Atomic apr_int64_t *warned_at)
{
    if (result->transition == SHS_TRANSITION_NONE
        && shs_interval_claim(warned_at, WARN_EVERY, shs_clock_now())) {
        result->transition = SHS_TRANSITION_DEGRADED;
        result->transition_reason = result->reason;
    }
}

shs_outcome_t shs_promise_check_read(shs_result_t *result,
                                     shs_outcome_t outcome, shs_shape_t shape,
                                     _Atomic apr_int64_t *warned_at)
{
    const char *broken = find_broken_read(outcome, result, shape);

    if (!broken) {
        return outcome;
    }
    forget(result, broken);
    warn(result, warned_at);
    return SHS_OUTCOME_UNAVAILABLE;
}

shs_wrote_t shs_promise_check_write(shs_result_t *result, shs_wrote_t wrote)
{
    const char *broken = find_broken_write(wrote, result);

    if (!broken) {
        return wrote;
    }
    forget(result, broken);
    return SHS_WROTE_UNAVAILABLE;
}
