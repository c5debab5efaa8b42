/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_limits.h"

#include "codec/java/java_meaning.h"

int shs_java_limits_fail(shs_java_values_t *values, const char *wrong)
{
    values->wrong = wrong;
    return 0;
}

/* A limit that was reached stays so, whatever is asked for next. */
int shs_java_limits_reach(shs_java_values_t *values, const char *limit)
{
    values->octets_left = 0;
    values->count_left = 0;
    values->limit = limit;
    return shs_java_limits_fail(values, limit);
}

/* A floating-point number counts more: it takes as long to write as many other
 * values. */
int shs_java_limits_count_primitive(shs_java_values_t *values, char type)
{
    apr_size_t count = type == 'D' || type == 'F' ? SHS_JAVA_VALUE_FLOATING : 1;

    if (values->count_left < count) {
        values->count_left = 0;
        return shs_java_limits_count(values);
    }
    values->count_left -= count;
    return 1;
}

int shs_java_limits_reach_work(shs_java_values_t *values)
{
    return shs_java_limits_reach(values,
                                 "it needs more steps than are allowed");
}

/* What an item stands for; NULL as shs_java_meaning_target, also if there are
 * no steps left: then *is_over is set. */
const shs_java_view_t *shs_java_limits_find_target(int *is_over,
                                                   shs_java_values_t *values,
                                                   shs_java_item_t *item)
{
    const shs_java_view_t *view =
        shs_java_meaning_target(item, &values->work, values->p);

    *is_over =
        !view && values->work.is_over && !shs_java_limits_reach_work(values);
    return view;
}
