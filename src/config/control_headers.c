/* SPDX-License-Identifier: Apache-2.0 */
#include "config/control_headers.h"

#include "base/table.h"

const char *const shs_control_headers[] = { SHS_CONTROL_HEADERS_SET,
                                            SHS_CONTROL_HEADERS_UNSET,
                                            SHS_CONTROL_HEADERS_ACTION, NULL };

/* All of them begin so. */
static int has_initial(const apr_table_t *table, char lower, char upper)
{
    const apr_array_header_t *entries = apr_table_elts(table);
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        char initial = *APR_ARRAY_IDX(entries, i, apr_table_entry_t).key;

        if (initial == lower || initial == upper) {
            return 1;
        }
    }
    return 0;
}

int shs_control_headers_are_in(const apr_table_t *table)
{
    const char *const *name = shs_control_headers;

    if (!has_initial(table, 'x', 'X')) {
        return 0;
    }
    while (*name && !apr_table_get(table, *name)) {
        ++name;
    }
    return *name != NULL;
}

/* Hardly any response has one of them. */
int shs_control_headers_remove(apr_table_t *table)
{
    const char *const *name = shs_control_headers;

    if (!shs_control_headers_are_in(table)) {
        return 0;
    }
    for (; *name; ++name) {
        apr_table_unset(table, *name);
    }
    return 1;
}

void shs_control_headers_copy(apr_table_t *to, const apr_table_t *from)
{
    const char *const *name = shs_control_headers;

    for (; *name; ++name) {
        shs_table_append(to, from, *name);
    }
}

void shs_control_headers_move(apr_table_t *to, apr_table_t *from)
{
    shs_control_headers_copy(to, from);
    shs_control_headers_remove(from);
}
