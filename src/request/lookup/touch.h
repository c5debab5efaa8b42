/* SPDX-License-Identifier: Apache-2.0
 *
 * touch: slides a session's idle timeout. The key's remaining time to live
 * tells whether a touch is due, so no server has to remember the last one, and
 * a session is touched at most once per interval.
 */
#ifndef SHS_REQUEST_LOOKUP_TOUCH_H
#define SHS_REQUEST_LOOKUP_TOUCH_H

#include "request/lookup/writer.h"

/* Gives a FOUND session its full idle timeout again, if that is due: see
 * shs_metadata_left(). Not a session without an idle timeout, where none is
 * configured, not by an old id, and not if the store has failed. A failure does
 * not affect the request, and the touch takes no longer than the lookup may. */
void shs_touch_if_due(const shs_scope_t *scope, const shs_lookup_t *lookup);

#endif
