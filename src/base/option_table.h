/* SPDX-License-Identifier: Apache-2.0
 *
 * option_table: a directive's options as a table: "name=" with a value, or a
 * word alone, and the parser of each. A new option is a new line of its table.
 */
#ifndef SHS_BASE_OPTION_TABLE_H
#define SHS_BASE_OPTION_TABLE_H

#include <apr_pools.h>

/* Sets what an option says in `draft`, which the table's owner knows. Returns
 * NULL, or what is wrong and the cure (static text or from p). `value` is what
 * follows the "="; "" for a word alone. It lives as long as the word. */
typedef const char *(*shs_option_table_fn)(void *draft, const char *value,
                                           apr_pool_t *p);

/* An option. A table of them ends with a NULL name. */
typedef struct shs_option_t {
    const char *name; /* "size=", or "secure": a word alone */
    shs_option_table_fn parse;
    int tag; /* for the owner of the table */
} shs_option_t;

/* The entry for a word and its value, or NULL. Names are compared in any case
 * if `in_any_case`. */
const shs_option_t *shs_option_table_find(const char **value,
                                          const shs_option_t *table,
                                          const char *word, int in_any_case);

/* The names for a person: "size=, ttl= and secure". From p. */
const char *shs_option_table_describe(const shs_option_t *table, apr_pool_t *p);

#endif
