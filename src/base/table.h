/* SPDX-License-Identifier: Apache-2.0
 *
 * table: what apr_tables.h lacks.
 */
#ifndef SHS_BASE_TABLE_H
#define SHS_BASE_TABLE_H

#include <apr_tables.h>

/* As apr_table_get(), which takes its time with an empty table too. */
static inline const char *shs_table_get(const apr_table_t *table,
                                        const char *name)
{
    return apr_table_elts(table)->nelts == 0 ? NULL
                                             : apr_table_get(table, name);
}

/* Adds the entries of `from` to `to`, another table, after those that it has;
 * with a name, only those of that name, in any case. The strings are not
 * copied. */
void shs_table_append(apr_table_t *to, const apr_table_t *from,
                      const char *name);

#endif
