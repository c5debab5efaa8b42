/* SPDX-License-Identifier: Apache-2.0
 *
 * java_scalar: classes of the JDK whose objects are one text, by the fields
 * that they write (the serial form of each class in its API documentation). The
 * functions are shs_java_view_fn: java_view.h.
 */
#ifndef SHS_CODEC_JAVA_JAVA_SCALAR_H
#define SHS_CODEC_JAVA_JAVA_SCALAR_H

#include "codec/java/java_view.h"

/* The String in `field`. */
int shs_java_scalar_of_text(shs_java_view_t *view,
                            const shs_java_item_t *object,
                            const shs_java_level_t *level, const char *field,
                            unsigned form, apr_pool_t *p);

/* java.util.UUID, as toString() has it. */
int shs_java_scalar_uuid(shs_java_view_t *view, const shs_java_item_t *object,
                         const shs_java_level_t *level, const char *field,
                         unsigned form, apr_pool_t *p);

/* java.net.URL, as toExternalForm() has it. */
int shs_java_scalar_url(shs_java_view_t *view, const shs_java_item_t *object,
                        const shs_java_level_t *level, const char *field,
                        unsigned form, apr_pool_t *p);

/* java.util.Locale, as toLanguageTag() has it, but for the three locales that
 * it treats apart (no_NO_NY, ja_JP_JP, th_TH_TH). */
int shs_java_scalar_locale(shs_java_view_t *view, const shs_java_item_t *object,
                           const shs_java_level_t *level, const char *field,
                           unsigned form, apr_pool_t *p);

/* java.net.InetAddress and Inet6Address, as getHostAddress() has them. */
int shs_java_scalar_inet4(shs_java_view_t *view, const shs_java_item_t *object,
                          const shs_java_level_t *level, const char *field,
                          unsigned form, apr_pool_t *p);
int shs_java_scalar_inet6(shs_java_view_t *view, const shs_java_item_t *object,
                          const shs_java_level_t *level, const char *field,
                          unsigned form, apr_pool_t *p);

/* StringBuilder, which writes its length and an array, and StringBuffer, which
 * has them in fields. */
int shs_java_scalar_builder(shs_java_view_t *view,
                            const shs_java_item_t *object,
                            const shs_java_level_t *level, const char *field,
                            unsigned form, apr_pool_t *p);
int shs_java_scalar_buffer(shs_java_view_t *view, const shs_java_item_t *object,
                           const shs_java_level_t *level, const char *field,
                           unsigned form, apr_pool_t *p);

#endif
