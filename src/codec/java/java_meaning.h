/* SPDX-License-Identifier: Apache-2.0
 *
 * java_meaning: the view (java_view.h) of an item. It is made once and kept in
 * the item.
 */
#ifndef SHS_CODEC_JAVA_JAVA_MEANING_H
#define SHS_CODEC_JAVA_JAVA_MEANING_H

#include "codec/java/java_view.h"
#include "codec/java/java_work.h"

/* The view of an item that is not null; from p, which must live as long as the
 * item. NULL: it needs more steps than are left. */
const shs_java_view_t *shs_java_meaning_get(shs_java_item_t *item,
                                            shs_java_work_t *work,
                                            apr_pool_t *p);

/* The view of what an item stands for, which is no SHS_JAVA_VIEW_ITEM; NULL:
 * null, or a longer way than SHS_SESSION_MAX_DEPTH, as in a cycle, or there are
 * not enough steps left. */
const shs_java_view_t *shs_java_meaning_target(shs_java_item_t *item,
                                               shs_java_work_t *work,
                                               apr_pool_t *p);

#endif
