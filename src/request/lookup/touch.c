/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/touch.h"

#include "base/clock.h"
#include "config/log.h"

APLOG_USE_MODULE(shared_session);

/* The time after which a session is touched again: SharedSessionTouch, or half
 * of its time to live if that is less, so that it cannot expire in between. */
static apr_interval_time_t interval_of(const shs_scope_t *scope,
                                       apr_interval_time_t ttl)
{
    apr_interval_time_t interval = scope->settings->touch.value;

    return interval < ttl / 2 ? interval : ttl / 2;
}

/* The time to live that a touch would set now. 0: no touch is due, because the
 * session has no idle timeout and none is configured, or because the last touch
 * is recent. A touch never shortens the time to live. */
static apr_interval_time_t ttl_due(const shs_scope_t *scope,
                                   const shs_lookup_t *lookup)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(lookup->session);
    const shs_settings_t *settings = scope->settings;
    apr_interval_time_t ttl;

    if (settings->touch.value == 0 || lookup->is_forwarded
        || metadata->is_rotated
        || (metadata->idle == 0 && !settings->adopts.value)) {
        return 0;
    }
    ttl = shs_metadata_left(metadata, settings->idle.value,
                            settings->absolute.value, apr_time_now());
    return lookup->ttl == SHS_TTL_FOREVER
                   || lookup->ttl <= ttl - interval_of(scope, ttl)
               ? ttl
               : 0;
}

void shs_touch_if_due(const shs_scope_t *scope, const shs_lookup_t *lookup)
{
    apr_interval_time_t ttl = ttl_due(scope, lookup);
    apr_interval_time_t left = lookup->deadline - shs_clock_now();
    shs_write_t write;
    shs_written_t written;

    /* A store that failed is not asked again in the same client request, and
     * with little time left the touch would only look like such a failure. A
     * later request will do it. */
    if (ttl <= 0 || lookup->has_store_failed
        || left < shs_store_timeout(scope->store) / 2) {
        return;
    }
    write = shs_writer_prepare(scope, SHS_WRITE_TOUCH, lookup->key);
    write.ttl = ttl;
    write.due = ttl - interval_of(scope, ttl);
    write.at.deadline = lookup->deadline;
    written = shs_writer_execute(scope, &write);
    if (written.status != SHS_WROTE_DONE) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scope->r,
                      SHS_TAG_UNWRITTEN "the session was not touched: %s",
                      written.reason);
    }
}
