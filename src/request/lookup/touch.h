/* SPDX-License-Identifier: Apache-2.0
 *
 * touch: extends the expiry of a session that a request uses, if that is due:
 * session/lifetime.h has the law.
 */
#ifndef SHS_REQUEST_LOOKUP_TOUCH_H
#define SHS_REQUEST_LOOKUP_TOUCH_H

#include "request/lookup/writer.h"

/* Touches a FOUND session, if that is due. Not by an old id, and not if the
 * store has failed. A failure does not affect the request, and the touch takes
 * no longer than the lookup may. `ttl`: the time to live, that of the lookup or
 * what an earlier call returned. Returns the time to live that is left, or
 * SHS_TOUCH_NONE after a failure: no other touch in the same client request. */
apr_interval_time_t shs_touch_if_due(const shs_scope_t *scope,
                                     const shs_lookup_t *lookup,
                                     apr_interval_time_t ttl);

#define SHS_TOUCH_NONE APR_INT64_MAX

#endif
