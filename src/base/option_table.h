/* SPDX-License-Identifier: Apache-2.0
 *
 * option_table: a directive's options as a table, and the parser of all its
 * words. An option is "name=" with a value, or a word alone, and has a parser
 * of its own. Each may be given once, in any order. A new option is a new line
 * of its table.
 */
#ifndef SHS_BASE_OPTION_TABLE_H
#define SHS_BASE_OPTION_TABLE_H

#include <apr_pools.h>

/* Sets what an option says in `draft`, which the table's owner knows. Returns
 * NULL, or what is wrong and the cure, without the option's name (static text
 * or from p). `value` is what follows the "="; "" for a word alone. It lives as
 * long as the word. */
typedef const char *(*shs_option_table_fn)(void *draft, const char *value,
                                           apr_pool_t *p);

typedef struct shs_option_t {
    const char *name; /* "size=", or "secure": a word alone */
    shs_option_table_fn parse;
    int tag; /* for the owner of the table */
} shs_option_t;

typedef struct shs_option_table_t {
    const shs_option_t *options; /* at most 32, and then a NULL name */
    int in_any_case;             /* names are compared in any case */

    /* Takes a word that is not spelt like an option with a value, and returns
     * as a parser does. A message of the table repeats no such word, which may
     * be a part of a password. NULL: such a word is an unknown option. */
    shs_option_table_fn other;

    /* Returns NULL, or why the option does not apply here, in words that follow
     * its name: "is for TLS". NULL: each applies. */
    const char *(*check)(const void *draft, const shs_option_t *option);
} shs_option_table_t;

/* Parses all words. Returns NULL, and *given has a bit for each option; or what
 * is wrong and the cure, static or from p. */
const char *shs_option_table_parse(unsigned *given,
                                   const shs_option_table_t *table, void *draft,
                                   int count, const char *const words[],
                                   apr_pool_t *p);

/* Whether an option is in `given`; its name without "=". */
int shs_option_table_is_given(const shs_option_table_t *table, unsigned given,
                              const char *name);

#endif
