/* SPDX-License-Identifier: Apache-2.0
 *
 * rule: one exposure of an attribute that a directive configures, and a place's
 * list of them. Created while the configuration is read, then read only.
 */
#ifndef SHS_CONFIG_RULE_H
#define SHS_CONFIG_RULE_H

#include <apr_tables.h>

#include "base/octets.h"
#include "session/json/path.h"

/* One SharedSessionNote, -Env or -Header. */
typedef struct shs_rule_t {
    const char *name;        /* with is_prefix: the part before the * */
    apr_size_t len;          /* of the name */
    int is_prefix;           /* for every top-level attribute ... */
    int may_be_reserved;     /* ... one of which may complete the prefix to a
                              * reserved name */
    const shs_path_t *path;  /* SHS_PATH_EVERY exactly when is_prefix */
    shs_encoding_t encoding; /* of a header */
} shs_rule_t;

/* The rules of one kind, outer places first. */
typedef struct shs_rules_t {
    int is_cleared; /* "none": ignore the rules of outer places */
    const apr_array_header_t *list; /* of shs_rule_t; NULL: no rule */
} shs_rules_t;

/* Returns NULL if the name is allowed, else what is wrong: as in
 * config/names.h. */
typedef const char *(*shs_rule_check_fn)(const char *name, int is_prefix,
                                         apr_pool_t *p);

/* The names of one kind of rules. */
typedef struct shs_rule_kind_t {
    shs_rule_check_fn check;
    int (*is_same)(const char *a, const char *b); /* whether two names are equal
                                                   * downstream */
    int (*is_reserved)(const char *name, int is_prefix); /* config/names.h */
} shs_rule_kind_t;

/* Parses NAME ATTRIBUTE or PREFIX* * and adds it. "none" alone (attribute NULL)
 * clears the list, and then *out is NULL. A name that already has a rule in
 * this place is refused: one of the two would never apply. Returns NULL and the
 * rule, which the caller may still complete; or what is wrong and the cure. */
const char *shs_rule_add(shs_rule_t **out, shs_rules_t *rules, const char *name,
                         const char *attribute, const shs_rule_kind_t *kind,
                         apr_pool_t *p);

/* Parses encoding=...; NULL is the default. */
const char *shs_rule_parse_encoding(shs_encoding_t *out, const char *word,
                                    apr_pool_t *p);

#endif
