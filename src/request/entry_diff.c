/* SPDX-License-Identifier: Apache-2.0 */
#include "request/entry_diff.h"

#include <string.h>

#include "session/user_name.h"

static int find_set(void *data, const char *name, const char *value)
{
    shs_entry_diff_t *diff = data;
    const char *before = apr_table_get(diff->stored, name);

    if (!before || strcmp(before, value)) {
        apr_table_set(diff->set, name, value);
        diff->is_login |= shs_user_name_is(name);
    }
    return 1;
}

static int find_unset(void *data, const char *name, const char *value)
{
    shs_entry_diff_t *diff = data;

    (void)value;
    if (!apr_table_get(diff->current, name)) {
        APR_ARRAY_PUSH(diff->unset, const char *) = name;
    }
    return 1;
}

void shs_entry_diff_compute(shs_entry_diff_t *diff, const apr_table_t *stored,
                            const apr_table_t *current, apr_pool_t *p)
{
    diff->stored = stored;
    diff->current = current;
    diff->set = apr_table_make(p, 4);
    diff->unset = apr_array_make(p, 2, sizeof(const char *));
    diff->is_login = apr_is_empty_table(stored);
    apr_table_do(find_set, diff, current, NULL);
    apr_table_do(find_unset, diff, stored, NULL);
}
