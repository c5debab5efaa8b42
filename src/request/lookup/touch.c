/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/touch.h"

#include "base/clock.h"
#include "config/log.h"

APLOG_USE_MODULE(shared_session);

/* A store that failed is not asked again in the same client request, and with
 * little time left the touch would only look like such a failure. A later
 * request will do it. */
static int has_time(const shs_scope_t *scope, const shs_lookup_t *lookup)
{
    return !lookup->has_store_failed
           && lookup->deadline - shs_clock_now()
                  >= shs_store_timeout(scope->store) / 2;
}

static apr_interval_time_t fail(const shs_scope_t *scope, const char *reason)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scope->r,
                  SHS_TAG_UNWRITTEN "the session was not touched: %s", reason);
    return SHS_TOUCH_NONE;
}

/* Performs the touch. Returns `next`, what the session then has left. */
static apr_interval_time_t execute(const shs_scope_t *scope,
                                   const shs_write_t *write,
                                   apr_interval_time_t next)
{
    shs_written_t written = shs_writer_execute(scope, write);

    return written.status == SHS_WROTE_DONE ? next
                                            : fail(scope, written.reason);
}

static apr_interval_time_t touch_native(const shs_scope_t *scope,
                                        const shs_lookup_t *lookup,
                                        apr_interval_time_t ttl)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(lookup->session);
    shs_lifetime_t lifetime = shs_scope_lifetime(scope);
    apr_interval_time_t next, due;
    shs_write_t write;

    if (!shs_lifetime_is_low(&lifetime, metadata, ttl)
        || !shs_lifetime_plan_touch(&next, &due, &lifetime, metadata, ttl,
                                    apr_time_now())
        || !has_time(scope, lookup)) {
        return ttl;
    }
    write = shs_writer_prepare(scope, SHS_WRITE_TOUCH, lookup->key);
    write.ttl = next;
    write.due = due;
    write.at.deadline = lookup->deadline;
    return execute(scope, &write, next);
}

/* The touch of a framework's session, as the framework itself writes it. */
static apr_interval_time_t execute_foreign(const shs_scope_t *scope,
                                           const shs_lookup_t *lookup,
                                           apr_interval_time_t idle,
                                           apr_interval_time_t interval)
{
    shs_expiry_subject_t subject = {
        lookup->key, shs_key_prefix_len(scope->settings->key.value),
        &lookup->record, lookup->session
    };
    shs_write_t write = shs_writer_prepare(scope, SHS_WRITE_TOUCH, lookup->key);
    const char *error = shs_expiry_rule_plan_touch(
        &write, scope->settings->expiry.value, &subject, idle, interval,
        apr_time_now(), scope->r->pool);

    if (error) {
        return fail(scope, error);
    }
    write.at.deadline = lookup->deadline;
    return execute(scope, &write, idle);
}

/* The near-cache has no record. So a session that it had is loaded from the
 * store first, once an interval, and may have been touched meanwhile. */
static apr_interval_time_t touch_foreign(const shs_scope_t *scope,
                                         const shs_lookup_t *lookup,
                                         apr_interval_time_t ttl)
{
    shs_lifetime_t lifetime = shs_scope_lifetime(scope);
    apr_interval_time_t idle, interval;

    lifetime.adopts = 1;
    if (lifetime.touch == 0
        || !shs_expiry_rule_is_touchable(scope->settings->expiry.value)
        || !shs_lifetime_is_foreign_due(
            &idle, &interval, &lifetime,
            shs_session_get_metadata(lookup->session), ttl)
        || lookup->is_stale || lookup->has_store_failed) {
        return ttl;
    }
    if (lookup->is_near) {
        lookup = shs_lookup_run_by_id(scope, &lookup->sid);
        if (lookup->outcome != SHS_OUTCOME_FOUND) {
            return SHS_TOUCH_NONE;
        }
        ttl = lookup->ttl;
        if (!shs_lifetime_is_foreign_due(
                &idle, &interval, &lifetime,
                shs_session_get_metadata(lookup->session), ttl)) {
            return ttl;
        }
    }
    return has_time(scope, lookup)
               ? execute_foreign(scope, lookup, idle, interval)
               : ttl;
}

apr_interval_time_t shs_touch_if_due(const shs_scope_t *scope,
                                     const shs_lookup_t *lookup,
                                     apr_interval_time_t ttl)
{
    if (lookup->is_forwarded || ttl == SHS_TOUCH_NONE) {
        return ttl;
    }
    return shs_settings_is_foreign(scope->settings)
               ? touch_foreign(scope, lookup, ttl)
               : touch_native(scope, lookup, ttl);
}
