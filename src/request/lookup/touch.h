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
 * no longer than the lookup may. */
void shs_touch_if_due(const shs_scope_t *scope, const shs_lookup_t *lookup);

#endif
