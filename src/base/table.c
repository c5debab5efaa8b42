/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

static int add_entry(void *table, const char *name, const char *value)
{
    apr_table_addn(table, name, value);
    return 1;
}

void shs_table_append(apr_table_t *to, const apr_table_t *from,
                      const char *name)
{
    apr_table_do(add_entry, to, from, name, NULL);
}
