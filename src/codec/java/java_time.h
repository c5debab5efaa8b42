/* SPDX-License-Identifier: Apache-2.0
 *
 * java_time: dates and times of the JDK as text: those of java.time as their
 * toString() has them (ISO 8601), all others as the instant that they are, in
 * UTC, as Instant.toString() has it. The functions are shs_java_view_fn:
 * java_view.h.
 *
 * Format of java.time: java.time.Ser, the serial forms of its classes.
 */
#ifndef SHS_CODEC_JAVA_JAVA_TIME_H
#define SHS_CODEC_JAVA_JAVA_TIME_H

#include "codec/java/java_view.h"

/* java.time.Ser */
int shs_java_time_of_ser(shs_java_view_t *view, const shs_java_item_t *object,
                         const shs_java_level_t *level, const char *field,
                         unsigned form, apr_pool_t *p);

/* java.util.Date and its subclasses, but for java.sql.Timestamp. */
int shs_java_time_of_date(shs_java_view_t *view, const shs_java_item_t *object,
                          const shs_java_level_t *level, const char *field,
                          unsigned form, apr_pool_t *p);

/* java.sql.Timestamp, whose nanoseconds are a field. */
int shs_java_time_of_timestamp(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p);

/* java.util.Calendar: milliseconds in `field`. */
int shs_java_time_of_calendar(shs_java_view_t *view,
                              const shs_java_item_t *object,
                              const shs_java_level_t *level, const char *field,
                              unsigned form, apr_pool_t *p);

#endif
