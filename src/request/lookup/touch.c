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

apr_interval_time_t shs_touch_if_due(const shs_scope_t *scope,
                                     const shs_lookup_t *lookup,
                                     apr_interval_time_t ttl)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(lookup->session);
    shs_lifetime_t lifetime = shs_scope_lifetime(scope);
    apr_interval_time_t next, due;
    shs_write_t write;
    shs_written_t written;

    if (lookup->is_forwarded || ttl == SHS_TOUCH_NONE
        || !shs_lifetime_is_low(&lifetime, metadata, ttl)
        || !shs_lifetime_plan_touch(&next, &due, &lifetime, metadata, ttl,
                                    apr_time_now())
        || !has_time(scope, lookup)) {
        return ttl;
    }
    write = shs_writer_prepare(scope, SHS_WRITE_TOUCH, lookup->key);
    write.ttl = next;
    write.due = due;
    write.at.deadline = lookup->deadline;
    written = shs_writer_execute(scope, &write);
    if (written.status != SHS_WROTE_DONE) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scope->r,
                      SHS_TAG_UNWRITTEN "the session was not touched: %s",
                      written.reason);
        return SHS_TOUCH_NONE;
    }
    return next;
}
