/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option_table.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* The length of a name or a word up to its "=". */
static apr_size_t name_len(const char *word)
{
    return strcspn(word, "=");
}

static int is_named(const shs_option_table_t *table, const char *word,
                    const shs_option_t *option)
{
    apr_size_t len = name_len(option->name);

    return name_len(word) == len
           && !(table->in_any_case ? strncasecmp(word, option->name, len)
                                   : strncmp(word, option->name, len));
}

/* The option of a word. An option with a value and one without may have the
 * same name. */
static const shs_option_t *find(const shs_option_table_t *table,
                                const char *word)
{
    const shs_option_t *option = table->options;

    while (option->name
           && (!is_named(table, word, option)
               || !strchr(word, '=') != !strchr(option->name, '='))) {
        ++option;
    }
    return option->name ? option : NULL;
}

/* The options that have a name, a bit each. */
static unsigned bits_of(const shs_option_table_t *table, const char *name)
{
    unsigned bits = 0;
    int i;

    for (i = 0; table->options[i].name; ++i) {
        if (is_named(table, name, &table->options[i])) {
            bits |= 1u << i;
        }
    }
    return bits;
}

/* "size=, ttl= and secure" */
static const char *describe(const shs_option_t *options, apr_pool_t *p)
{
    const char *names = options->name;

    for (++options; options->name; ++options) {
        names = apr_pstrcat(p, names, options[1].name ? ", " : " and ",
                            options->name, NULL);
    }
    return names;
}

static int is_spelt_like_an_option(const shs_option_table_t *table,
                                   const char *word)
{
    apr_size_t len = name_len(word);
    apr_size_t i = 0;

    while (i < len
           && (word[i] == '-' || apr_islower(word[i])
               || (table->in_any_case && apr_isupper(word[i])))) {
        ++i;
    }
    return i == len && word[len] == '=';
}

/* Parses a word that is no option of the table. */
static const char *parse_other(const shs_option_table_t *table, void *draft,
                               const char *word, apr_pool_t *p)
{
    if (table->other && !is_spelt_like_an_option(table, word)) {
        return table->other(draft, word, p);
    }
    return apr_psprintf(p, "unknown option '%.*s'; there are %s",
                        (int)name_len(word), word, describe(table->options, p));
}

static const char *parse_option(const shs_option_table_t *table, void *draft,
                                const shs_option_t *option, const char *value,
                                apr_pool_t *p)
{
    const char *error = table->check ? table->check(draft, option) : NULL;

    if (error) {
        return apr_pstrcat(p, option->name, " ", error, NULL);
    }
    error = option->parse(draft, value, p);
    return error ? apr_pstrcat(p, option->name, ": ", error, NULL) : NULL;
}

static const char *refuse_form(const char *word, int needs_value, apr_pool_t *p)
{
    const char *name = apr_pstrmemdup(p, word, name_len(word));

    return needs_value ? apr_psprintf(p, "option '%s' needs a value: %s=...",
                                      name, name)
                       : apr_psprintf(p, "option '%s' takes no value", name);
}

static const char *parse_word(unsigned *given, const shs_option_table_t *table,
                              void *draft, const char *word, apr_pool_t *p)
{
    apr_size_t len = name_len(word);
    const char *value = word + len + (word[len] == '=');
    const shs_option_t *option = find(table, word);
    unsigned bits = bits_of(table, word);

    if (option ? word[len] && !*value : bits != 0) {
        return refuse_form(word, option || !word[len], p);
    }
    if (!option) {
        return parse_other(table, draft, word, p);
    }
    if (*given & bits) {
        return apr_pstrcat(p, option->name, " is given twice: keep one", NULL);
    }
    *given |= 1u << (option - table->options);
    return parse_option(table, draft, option, value, p);
}

const char *shs_option_table_parse(unsigned *given,
                                   const shs_option_table_t *table, void *draft,
                                   int count, const char *const words[],
                                   apr_pool_t *p)
{
    const char *error = NULL;
    int i;

    *given = 0;
    for (i = 0; i < count && !error; ++i) {
        error = parse_word(given, table, draft, words[i], p);
    }
    return error;
}

int shs_option_table_is_given(const shs_option_table_t *table, unsigned given,
                              const char *name)
{
    return (given & bits_of(table, name)) != 0;
}
