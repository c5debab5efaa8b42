/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_members.h"

#include <stdlib.h>

/* Of so few, each is compared with each. */
#define FEW 8

static int is_equal(const shs_octets_t *a, const shs_octets_t *b)
{
    return a->len == b->len
           && (a->data == b->data || !memcmp(a->data, b->data, a->len));
}

/* By name, and of equal names the earlier member first. */
static int compare(const void *left, const void *right)
{
    const shs_java_member_t *a = *(shs_java_member_t *const *)left;
    const shs_java_member_t *b = *(shs_java_member_t *const *)right;
    int order;

    if (a->name.len != b->name.len) {
        return a->name.len < b->name.len ? -1 : 1;
    }
    order = a->name.data == b->name.data
                ? 0
                : memcmp(a->name.data, b->name.data, a->name.len);
    return order ? order : a < b ? -1 : a > b;
}

/* Which members are hidden by a later one. */
static void find_hidden(unsigned char *is_hidden, shs_java_member_t *members,
                        apr_size_t count, apr_pool_t *p)
{
    shs_java_member_t **sorted;
    apr_size_t i, k;

    if (count <= FEW) {
        for (i = 0; i + 1 < count; ++i) {
            for (k = i + 1; k < count && !is_hidden[i]; ++k) {
                is_hidden[i] = is_equal(&members[i].name, &members[k].name);
            }
        }
        return;
    }
    sorted = apr_palloc(p, count * sizeof(shs_java_member_t *));
    for (i = 0; i < count; ++i) {
        sorted[i] = &members[i];
    }
    qsort(sorted, count, sizeof(shs_java_member_t *), compare);
    for (i = 0; i + 1 < count; ++i) {
        if (is_equal(&sorted[i]->name, &sorted[i + 1]->name)) {
            is_hidden[sorted[i] - members] = 1;
        }
    }
}

apr_size_t shs_java_members_distinct(shs_java_member_t *members,
                                     apr_size_t count, apr_pool_t *p)
{
    unsigned char of_few[FEW] = { 0 };
    unsigned char *is_hidden = count <= FEW ? of_few : apr_pcalloc(p, count);
    apr_size_t i, kept = 0;

    find_hidden(is_hidden, members, count, p);
    for (i = 0; i < count; ++i) {
        if (!is_hidden[i]) {
            members[kept++] = members[i];
        }
    }
    return kept;
}

/* Names are compared, and a class repeats all those of its superclasses. */
static int spend_names(shs_java_work_t *work, const shs_java_class_t *cls)
{
    for (; cls; cls = cls->super) {
        apr_size_t i;

        if (!shs_java_work_spend(work, cls->field_count,
                                 SHS_JAVA_WORK_MEMBER)) {
            return 0;
        }
        for (i = 0; i < cls->field_count; ++i) {
            if (!shs_java_work_spend(work, cls->fields[i].name.len, 1)) {
                return 0;
            }
        }
    }
    return 1;
}

int shs_java_members_of_class(shs_java_class_t *cls, shs_java_work_t *work,
                              apr_pool_t *p)
{
    const shs_java_class_t *level;
    apr_size_t count = 0, end;
    unsigned number = cls->levels;

    if (!spend_names(work, cls)) {
        return 0;
    }
    for (level = cls; level; level = level->super) {
        count += level->field_count;
    }
    cls->members = apr_palloc(p, (count + 1) * sizeof(*cls->members));
    end = count;
    for (level = cls; level; level = level->super) {
        apr_size_t i;

        --number;
        end -= level->field_count;
        for (i = 0; i < level->field_count; ++i) {
            shs_java_member_t *member = &cls->members[end + i];

            member->name = level->fields[i].name;
            member->place = (apr_uint32_t)i;
            member->level = number;
        }
    }
    cls->member_count = shs_java_members_distinct(cls->members, count, p);
    return 1;
}
