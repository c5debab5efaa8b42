/* SPDX-License-Identifier: Apache-2.0 */
#include "session/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"

const shs_wanted_t shs_wanted_everything;

static int compare(const void *a_, const void *b_)
{
    const shs_octets_t *a = a_;
    const shs_octets_t *b = b_;

    if (a->len != b->len) {
        return a->len < b->len ? -1 : 1;
    }
    return memcmp(a->data, b->data, a->len);
}

shs_wanted_t shs_wanted_create(const char *const names[], apr_size_t count,
                               apr_pool_t *p)
{
    shs_octets_t *list = apr_palloc(p, (count + 1) * sizeof(*list));
    shs_wanted_t wanted = { list, 0 };
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        list[i] = shs_octets_of(names[i]);
    }
    qsort(list, count, sizeof(*list), compare);
    for (i = 0; i < count; ++i) {
        if (i == 0 || compare(&list[wanted.count - 1], &list[i]) != 0) {
            list[wanted.count++] = list[i];
        }
    }
    return wanted;
}

int shs_wanted_has(const shs_wanted_t *wanted, shs_octets_t name)
{
    return !wanted->names
           || bsearch(&name, wanted->names, wanted->count, sizeof(name),
                      compare);
}

int shs_wanted_is_equal(const shs_wanted_t *a, const shs_wanted_t *b)
{
    apr_size_t i;

    if (a->names == b->names && a->count == b->count) {
        return 1;
    }
    if (!a->names || !b->names || a->count != b->count) {
        return 0;
    }
    for (i = 0; i < a->count; ++i) {
        if (compare(&a->names[i], &b->names[i]) != 0) {
            return 0;
        }
    }
    return 1;
}

apr_uint64_t shs_wanted_digest(const shs_wanted_t *wanted)
{
    apr_uint64_t digest = SHS_FNV_START64;
    apr_size_t i;

    if (!wanted->names) {
        return 0;
    }
    for (i = 0; i < wanted->count; ++i) {
        digest = shs_fnv_add64(digest, &wanted->names[i].len,
                               sizeof(wanted->names[i].len));
        digest =
            shs_fnv_add64(digest, wanted->names[i].data, wanted->names[i].len);
    }
    return digest;
}
