/* SPDX-License-Identifier: Apache-2.0
 *
 * table: what apr_tables.h lacks.
 */
#ifndef SHS_BASE_TABLE_H
#define SHS_BASE_TABLE_H

#include <apr_tables.h>

/* Adds the entries of `from` to `to`, another table, after those that it has;
 * with a name, only those of that name, in any case. The strings are not
 * copied. */
void shs_table_append(apr_table_t *to, const apr_table_t *from,
                      const char *name);

#endif
