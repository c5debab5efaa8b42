/* SPDX-License-Identifier: Apache-2.0
 *
 * java_collection: lists, sets, queues and maps of the JDK, by what their
 * classes write (the serial form of each class in its API documentation). The
 * functions are shs_java_view_fn: java_view.h.
 */
#ifndef SHS_CODEC_JAVA_JAVA_COLLECTION_H
#define SHS_CODEC_JAVA_JAVA_COLLECTION_H

#include "codec/java/java_view.h"

/* How the members stand in the notes of a class. */
#define SHS_JAVA_FORM_ENTRIES    1 /* keys and values, in turn */
#define SHS_JAVA_FORM_COMPARATOR 2 /* first an item that is no member */
#define SHS_JAVA_FORM_NULL       4 /* one null behind the last member */
#define SHS_JAVA_FORM_TWO_NULLS  8 /* two of them */

/* Members in the notes, behind a block with their number. */
int shs_java_collection_of_notes(shs_java_view_t *view,
                                 const shs_java_item_t *object,
                                 const shs_java_level_t *level,
                                 const char *field, unsigned form,
                                 apr_pool_t *p);

/* java.util.CollSer: List.of(), Set.of(), Map.of(). */
int shs_java_collection_of_collser(shs_java_view_t *view,
                                   const shs_java_item_t *object,
                                   const shs_java_level_t *level,
                                   const char *field, unsigned form,
                                   apr_pool_t *p);

/* What `field` refers to, in its place. */
int shs_java_collection_of_field(shs_java_view_t *view,
                                 const shs_java_item_t *object,
                                 const shs_java_level_t *level,
                                 const char *field, unsigned form,
                                 apr_pool_t *p);

/* The keys of the map to which `field` refers, which may be a field of the
 * superclass. */
int shs_java_collection_of_keys(shs_java_view_t *view,
                                const shs_java_item_t *object,
                                const shs_java_level_t *level,
                                const char *field, unsigned form,
                                apr_pool_t *p);

/* Nothing: a list, or with SHS_JAVA_FORM_ENTRIES a map, without members. */
int shs_java_collection_empty(shs_java_view_t *view,
                              const shs_java_item_t *object,
                              const shs_java_level_t *level, const char *field,
                              unsigned form, apr_pool_t *p);

/* A list of one member, which is in `field`. */
int shs_java_collection_single(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p);

/* One entry. `field` has the names of the fields of its key and its value, with
 * a blank between them. */
int shs_java_collection_entry(shs_java_view_t *view,
                              const shs_java_item_t *object,
                              const shs_java_level_t *level, const char *field,
                              unsigned form, apr_pool_t *p);

/* Collections.nCopies(). */
int shs_java_collection_copies(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p);

/* java.util.Vector: an array of which a part is used. */
int shs_java_collection_vector(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p);

/* java.util.concurrent.ArrayBlockingQueue: a ring. */
int shs_java_collection_ring(shs_java_view_t *view,
                             const shs_java_item_t *object,
                             const shs_java_level_t *level, const char *field,
                             unsigned form, apr_pool_t *p);

#endif
