/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option_table.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>

static int is_named(const char *word, const char *name, apr_size_t len,
                    int in_any_case)
{
    int is_same =
        in_any_case ? !strncasecmp(word, name, len) : !strncmp(word, name, len);

    return is_same && (name[len - 1] == '=' || !word[len]);
}

const shs_option_t *shs_option_table_find(const char **value,
                                          const shs_option_t *table,
                                          const char *word, int in_any_case)
{
    for (; table->name; ++table) {
        apr_size_t len = strlen(table->name);

        if (is_named(word, table->name, len, in_any_case)) {
            *value = word + len;
            return table;
        }
    }
    return NULL;
}

const char *shs_option_table_describe(const shs_option_t *table, apr_pool_t *p)
{
    const char *names = table->name;

    for (++table; table->name; ++table) {
        names = apr_pstrcat(p, names, table[1].name ? ", " : " and ",
                            table->name, NULL);
    }
    return names;
}
