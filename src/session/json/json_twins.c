/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_twins.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

/* So many members are compared with all before them. */
#define MOST_COMPARED 32

typedef struct member_t {
    shs_octets_t name;
    apr_size_t index; /* of its value */
} member_t;

/* A bit for a name, the same one for equal names. */
static apr_uint64_t bit_of(shs_octets_t name)
{
    unsigned sum = (unsigned)name.len;

    if (name.len > 0) {
        sum += 7U * (unsigned char)name.data[0]
               + 5U * (unsigned char)name.data[name.len - 1];
    }
    return APR_UINT64_C(1) << (sum & 63U);
}

static int is_same(shs_octets_t a, shs_octets_t b)
{
    return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

/* Whether a member in [from, to) has that name. */
static int is_among(const shs_value_t *values, apr_size_t from, apr_size_t to,
                    shs_octets_t name)
{
    apr_size_t i;

    for (i = from; i < to; i = values[i].end) {
        if (is_same(values[i].name, name)) {
            return 1;
        }
    }
    return 0;
}

/* Counts the members. *may_repeat 0: their names are distinct. Those among the
 * first few are compared if they have the same bit. */
static apr_size_t count_members(int *may_repeat, const shs_value_t *values,
                                apr_size_t from, apr_size_t to)
{
    apr_uint64_t seen = 0;
    apr_size_t members = 0;
    apr_size_t i;

    *may_repeat = 0;
    for (i = from; i < to; i = values[i].end, ++members) {
        apr_uint64_t bit = bit_of(values[i].name);

        if (seen & bit) {
            *may_repeat |= members >= MOST_COMPARED
                           || is_among(values, from, i, values[i].name);
        }
        seen |= bit;
    }
    return members;
}

static int compare(const void *a_, const void *b_)
{
    const member_t *a = a_;
    const member_t *b = b_;
    int order;

    if (a->name.len != b->name.len) {
        return a->name.len < b->name.len ? -1 : 1;
    }
    order = memcmp(a->name.data, b->name.data, a->name.len);
    if (order != 0) {
        return order;
    }
    return a->index < b->index ? -1 : 1;
}

/* For each value that is a member, whether a later one has its name. Returns
 * NULL if there is none. From p. */
static const char *mark_twins(const shs_value_t *values, apr_size_t from,
                              apr_size_t to, apr_size_t count, apr_pool_t *p)
{
    member_t *members = apr_palloc(p, count * sizeof(*members));
    char *is_twin = apr_pcalloc(p, to - from);
    int found = 0;
    apr_size_t n = 0;
    apr_size_t i;

    for (i = from; i < to; i = values[i].end) {
        members[n].name = values[i].name;
        members[n++].index = i;
    }
    qsort(members, n, sizeof(*members), compare);
    for (i = 1; i < n; ++i) {
        if (is_same(members[i - 1].name, members[i].name)) {
            is_twin[members[i - 1].index - from] = 1;
            found = 1;
        }
    }
    return found ? is_twin : NULL;
}

/* Appends a copy of values that began at value `origin`: those in [from, to) of
 * the copy. */
static void append_again(shs_session_t *session, const shs_value_t *copy,
                         apr_size_t origin, apr_size_t from, apr_size_t to)
{
    apr_size_t i = from;

    while (i < to) {
        const shs_value_t *value = &copy[i];
        apr_size_t end = value->end - origin;
        apr_size_t index =
            shs_session_append(session, value->kind, value->name, value->text);

        append_again(session, copy, origin, i + 1, end);
        shs_session_close(session, index);
        i = end;
    }
}

void shs_json_twins_remove(shs_session_t *session, apr_size_t from,
                           apr_pool_t *p)
{
    apr_size_t to, i, end;
    const shs_value_t *values = shs_session_values(session, &to);
    int may_repeat;
    apr_size_t count = count_members(&may_repeat, values, from, to);
    const char *is_twin;

    if (!may_repeat) {
        return;
    }
    is_twin = mark_twins(values, from, to, count, p);
    if (!is_twin) {
        return;
    }
    values = apr_pmemdup(p, values + from, (to - from) * sizeof(*values));
    shs_session_truncate(session, from);
    for (i = 0; i < to - from; i = end) {
        end = values[i].end - from;
        if (!is_twin[i]) {
            append_again(session, values, from, i, end);
        }
    }
}
