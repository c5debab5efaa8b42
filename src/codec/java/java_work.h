/* SPDX-License-Identifier: Apache-2.0
 *
 * java_work: the budget for what costs time or memory and makes no value. A
 * reference takes five octets of a stream and may lead to anything, so this
 * work could grow with the square of the stream: the members of a class, of a
 * map that is read again, or of an object that has none of them; the fields of
 * a known class, and the copies that its view needs.
 *
 * A step is about one octet of memory, or some nanoseconds. Each such loop
 * spends before it begins. When a reader has used up its budget, no later value
 * of it can be made.
 */
#ifndef SHS_CODEC_JAVA_JAVA_WORK_H
#define SHS_CODEC_JAVA_JAVA_WORK_H

#include <apr.h>

/* The steps of a reader: the larger of SHS_JAVA_WORK_MAX, and so many for each
 * octet of its streams. */
#define SHS_JAVA_WORK_MAX       4194304
#define SHS_JAVA_WORK_PER_OCTET 8

/* What a thing costs. */
#define SHS_JAVA_WORK_MEMBER 40 /* of a map or a class: it is sorted */
#define SHS_JAVA_WORK_FIELD  4  /* looked at */
#define SHS_JAVA_WORK_ITEM   8  /* a pointer copied, or followed */

typedef struct shs_java_work_t {
    apr_size_t left;
    int is_over; /* more was asked for */
} shs_java_work_t;

/* Spends `count` times `each` steps. Returns 0 if so many are not left; then
 * none are. */
static inline int shs_java_work_spend(shs_java_work_t *work, apr_size_t count,
                                      apr_size_t each)
{
    if (count > work->left / each) {
        work->left = 0;
        work->is_over = 1;
        return 0;
    }
    work->left -= count * each;
    return 1;
}

#endif
