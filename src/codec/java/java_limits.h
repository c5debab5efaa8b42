/* SPDX-License-Identifier: Apache-2.0
 *
 * java_limits: the values that one reader makes, and how many they may be: the
 * number of values, the octets of their texts, and the steps of java_work.h. A
 * limit that is reached stays so, whatever is asked for next. Each function
 * returns 0 if a limit is reached, and sets `wrong`.
 */
#ifndef SHS_CODEC_JAVA_JAVA_LIMITS_H
#define SHS_CODEC_JAVA_JAVA_LIMITS_H

#include "codec/java/java_view.h"
#include "codec/java/java_work.h"
#include "session/session.h"

/* The most values, copies included. A float or a double in a field or in an
 * array counts as so many. */
#define SHS_JAVA_VALUE_MAX      65536
#define SHS_JAVA_VALUE_FLOATING 16

typedef struct shs_java_values_t {
    shs_session_t *made;    /* what was made; also of values that failed */
    apr_size_t count_left;  /* values */
    apr_size_t octets_left; /* of names and texts */
    shs_java_work_t work;
    const char *limit; /* the one that is reached for ever, or NULL */
    unsigned deepest;  /* the depth that the present value has reached */
    unsigned cut;      /* the smallest depth to which a cut cycle leads */
    const char *wrong; /* why a value is impossible */
    apr_pool_t *p;
} shs_java_values_t;

/* Sets `wrong`, and returns 0. */
int shs_java_limits_fail(shs_java_values_t *values, const char *wrong);

/* A limit is reached for ever. */
int shs_java_limits_reach(shs_java_values_t *values, const char *limit);

/* Counts a value; a primitive value of that type; octets of texts. */
static inline int shs_java_limits_count(shs_java_values_t *values)
{
    if (values->count_left == 0) {
        return shs_java_limits_fail(values, values->limit ? values->limit
                                                          : "too many values");
    }
    --values->count_left;
    return 1;
}

int shs_java_limits_count_primitive(shs_java_values_t *values, char type);

static inline int shs_java_limits_count_octets(shs_java_values_t *values,
                                               apr_size_t len)
{
    if (len > values->octets_left) {
        return shs_java_limits_reach(values,
                                     "the texts of all values are too long");
    }
    values->octets_left -= len;
    return 1;
}

/* There are no steps left: returns 0. */
int shs_java_limits_reach_work(shs_java_values_t *values);

/* Spends `count` times `each` steps. */
static inline int shs_java_limits_spend(shs_java_values_t *values,
                                        apr_size_t count, apr_size_t each)
{
    return shs_java_work_spend(&values->work, count, each)
           || shs_java_limits_reach_work(values);
}

/* What an item stands for (shs_java_meaning_target). If there are no steps
 * left, returns NULL and sets *is_over. */
const shs_java_view_t *shs_java_limits_find_target(int *is_over,
                                                   shs_java_values_t *values,
                                                   shs_java_item_t *item);

#endif
