/* SPDX-License-Identifier: Apache-2.0 */
#include "store/promise.h"

#include <string.h>

#include "base/clock.h"
#include "base/interval.h"

#define WARN_EVERY apr_time_from_sec(60)

#define BROKEN_PROMISE "the store's provider is in error: "
#define TOO_LARGE      BROKEN_PROMISE "a record is larger than its query allows"

static int has_data(shs_octets_t octets)
{
    return octets.data || octets.len == 0;
}

static const char *find_broken_string(shs_octets_t string,
                                      apr_size_t max_octets)
{
    if (!has_data(string)) {
        return BROKEN_PROMISE "a string has no data";
    }
    if (string.len > max_octets) {
        return TOO_LARGE;
    }
    return NULL;
}

static const char *find_broken_fields(const shs_record_t *record,
                                      apr_size_t max_octets)
{
    apr_size_t left = max_octets;
    apr_size_t i;

    if (record->count > SHS_STORE_MAX_FIELDS) {
        return BROKEN_PROMISE "a record has too many fields";
    }
    if (record->count > 0 && !record->fields) {
        return BROKEN_PROMISE "a record has no fields";
    }
    for (i = 0; i < record->count; ++i) {
        const shs_record_field_t *field = &record->fields[i];

        if (!has_data(field->name) || !has_data(field->value)) {
            return BROKEN_PROMISE "a field has no data";
        }
        if (field->name.len > left
            || field->value.len > left - field->name.len) {
            return TOO_LARGE;
        }
        left -= field->name.len + field->value.len;
    }
    return NULL;
}

static int is_equal(shs_octets_t a, shs_octets_t b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

/* Whether the fields are some of those names, in that order, each once. */
static int are_named(const shs_record_t *record, const shs_query_t *query)
{
    apr_size_t at = 0;
    apr_size_t i;

    for (i = 0; i < record->count; ++i, ++at) {
        while (at < query->name_count
               && !is_equal(query->names[at], record->fields[i].name)) {
            ++at;
        }
        if (at == query->name_count) {
            return 0;
        }
    }
    return 1;
}

static const char *find_broken_names(const shs_record_t *record,
                                     const shs_query_t *query)
{
    if (!query->names) {
        return NULL;
    }
    if (record->count == 0) {
        return BROKEN_PROMISE "a record has none of the fields that were asked"
                              " for";
    }
    return are_named(record, query) ? NULL
                                    : BROKEN_PROMISE
               "a record has other fields than were asked for,"
               " or in another order";
}

/* One pass, which looks at no octets but those of names that were asked for: it
 * costs nothing beside the decoding that follows. */
static const char *find_broken_record(const shs_record_t *record,
                                      const shs_query_t *query)
{
    const char *broken;

    if (record->shape != query->shape) {
        return BROKEN_PROMISE "a record has another shape than its query";
    }
    if (!query->without_ttl && record->ttl < 0
        && record->ttl != SHS_TTL_FOREVER) {
        return BROKEN_PROMISE "a record has a negative time to live";
    }
    if (record->shape == SHS_SHAPE_STRING) {
        return find_broken_string(record->string, query->max_octets);
    }
    broken = find_broken_fields(record, query->max_octets);
    return broken ? broken : find_broken_names(record, query);
}

/* The promise of mod_shared_session_provider.h that the outcome of a read
 * breaks, in words; NULL: none. */
static const char *find_broken_read(shs_outcome_t outcome,
                                    const shs_result_t *result,
                                    const shs_query_t *query)
{
    switch (outcome) {
    case SHS_OUTCOME_FOUND:
        return find_broken_record(&result->record, query);
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
    case SHS_WROTE_FOREIGN:
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
                                     shs_outcome_t outcome,
                                     const shs_query_t *query,
                                     _Atomic apr_int64_t *warned_at)
{
    const char *broken = find_broken_read(outcome, result, query);

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
