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

void shs_touch_if_due(const shs_scope_t *scope, const shs_lookup_t *lookup)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(lookup->session);
    shs_lifetime_t lifetime = shs_writer_lifetime(scope);
    apr_interval_time_t ttl, due;
    shs_write_t write;
    shs_written_t written;

    if (lookup->is_forwarded
        || !shs_lifetime_is_low(&lifetime, metadata, lookup->ttl)
        || !shs_lifetime_plan_touch(&ttl, &due, &lifetime, metadata,
                                    lookup->ttl, apr_time_now())
        || !has_time(scope, lookup)) {
        return;
    }
    write = shs_writer_prepare(scope, SHS_WRITE_TOUCH, lookup->key);
    write.ttl = ttl;
    write.due = due;
    write.at.deadline = lookup->deadline;
    written = shs_writer_execute(scope, &write);
    if (written.status != SHS_WROTE_DONE) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scope->r,
                      SHS_TAG_UNWRITTEN "the session was not touched: %s",
                      written.reason);
    }
}
