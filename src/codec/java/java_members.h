/* SPDX-License-Identifier: Apache-2.0
 *
 * java_members: which members an object of a session has: no name twice.
 */
#ifndef SHS_CODEC_JAVA_JAVA_MEMBERS_H
#define SHS_CODEC_JAVA_JAVA_MEMBERS_H

#include "codec/java/java_graph.h"
#include "codec/java/java_work.h"

/* A member of an object. What the name belongs to is the caller's: the field
 * `place` of the class at `level`, or the entry `place` of a map. */
typedef struct shs_java_member_t {
    shs_octets_t name;
    apr_uint32_t place;
    apr_uint32_t level;
} shs_java_member_t;

/* Of members of one name only the last remains. Returns how many remain; they
 * keep their order. The time is that of sorting. Memory is from p. */
apr_size_t shs_java_members_distinct(shs_java_member_t *members,
                                     apr_size_t count, apr_pool_t *p);

/* The fields of a class and its superclasses; sets cls->members. A field hides
 * one of the same name in a superclass. From p. Returns 0 if it needs more
 * steps than are left; then nothing is set. */
int shs_java_members_of_class(shs_java_class_t *cls, shs_java_work_t *work,
                              apr_pool_t *p);

#endif
