/* SPDX-License-Identifier: Apache-2.0
 *
 * table_sweep: removes entries from one of httpd's tables that other modules
 * use too. The other entries stay unchanged and in order. r->notes and
 * r->subprocess_env hold values that are not strings (mod_security2,
 * mod_session_cookie and mod_session_dbd keep pointers to structures there), so
 * a value is never read, copied or compared. apr_table_clone(),
 * apr_table_overlay(), apr_table_overlap() and apr_table_merge() would read it
 * as a string.
 */
#ifndef SHS_REQUEST_EXPOSE_TABLE_SWEEP_H
#define SHS_REQUEST_EXPOSE_TABLE_SWEEP_H

#include <apr_tables.h>

/* Whether to remove the entries of that name. Called once per entry, in
 * order. */
typedef int (*shs_table_sweep_fn)(void *baton, const char *name);

/* Removes the entries that `is_to_go` selects, in one pass, with memory from p.
 * A table without any of them is not changed, and nothing is allocated. Returns
 * how many were removed. */
int shs_table_sweep_remove(apr_table_t *table, shs_table_sweep_fn is_to_go,
                           void *baton, apr_pool_t *p);

#endif
