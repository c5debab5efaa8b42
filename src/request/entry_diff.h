/* SPDX-License-Identifier: Apache-2.0
 *
 * entry_diff: the changes that mod_session has made to the entries of a session
 * since they were loaded.
 */
#ifndef SHS_REQUEST_ENTRY_DIFF_H
#define SHS_REQUEST_ENTRY_DIFF_H

#include <apr_tables.h>

typedef struct shs_entry_diff_t {
    const apr_table_t *stored;
    const apr_table_t *current;
    apr_table_t *set;          /* entries that were added or changed */
    apr_array_header_t *unset; /* of const char *: names that were removed */
    int is_login; /* an entry was set whose name is of a user or a right
                   * (session/user_name.h), or nothing was stored: the first
                   * entries may be a login under any name */
} shs_entry_diff_t;

/* The tables are borrowed as long as *diff is used; what is new is in p. */
void shs_entry_diff_compute(shs_entry_diff_t *diff, const apr_table_t *stored,
                            const apr_table_t *current, apr_pool_t *p);

#endif
