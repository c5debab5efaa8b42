/* SPDX-License-Identifier: Apache-2.0
 *
 * touch: the sliding of a session's idle timeout. Whether it is due follows
 * from the time that the key has left, so no server has to remember when it did
 * it last, and it happens at most once an interval a session.
 */
#ifndef SHS_REQUEST_LOOKUP_TOUCH_H
#define SHS_REQUEST_LOOKUP_TOUCH_H

#include "request/lookup/writer.h"

/* Gives a session that was FOUND its whole idle timeout again, if that is due:
 * see shs_metadata_left(). Not one that says nothing of an idle timeout, where none
 * is configured, nor by an old id. What comes of it is of no concern to the
 * request, and it takes no longer than the lookup may. */
void shs_touch_if_due(const shs_writer_t *writer, const shs_lookup_t *lookup);

#endif
