/* SPDX-License-Identifier: Apache-2.0
 *
 * rule: one exposure that a directive asks for, and the list of them that a
 * place has. Made while the configuration is read, then read only.
 */
#ifndef SHS_CONFIG_RULE_H
#define SHS_CONFIG_RULE_H

#include <apr_tables.h>

#include "base/octets.h"
#include "session/json/path.h"

/* One SharedSessionNote, -Env or -Header. */
typedef struct shs_rule_t {
    const char *name;        /* with is_prefix: what stands before the * */
    int is_prefix;           /* one for every top-level attribute */
    const shs_path_t *path;  /* SHS_PATH_EVERY exactly when is_prefix */
    shs_encoding_t encoding; /* of a header */
} shs_rule_t;

/* The rules of one kind, outer ones first. */
typedef struct shs_rules_t {
    int is_cleared; /* "none" was said: nothing of outer places counts */
    const apr_array_header_t *list; /* of shs_rule_t; NULL: no rule */
} shs_rules_t;

/* NULL if a name is allowed, else what is wrong: as in config/names.h. */
typedef const char *(*shs_rule_check_fn)(const char *name, int is_prefix,
                                         apr_pool_t *p);

/* Whether two names are one to whoever is downstream. */
typedef int (*shs_rule_is_same_fn)(const char *a, const char *b);

/* Reads NAME ATTRIBUTE or PREFIX* * and adds it; "none" alone (attribute NULL)
 * clears, and *out is NULL then. A name that has a rule in this place already
 * is refused: one of the two would never count. Returns NULL and the rule,
 * which may yet be completed; or what is wrong and the cure. */
const char *shs_rule_add(shs_rule_t **out, shs_rules_t *rules, const char *name,
                         const char *attribute, shs_rule_check_fn check,
                         shs_rule_is_same_fn is_same, apr_pool_t *p);

/* encoding=..., or NULL for the default. */
const char *shs_rule_parse_encoding(shs_encoding_t *out, const char *word,
                                    apr_pool_t *p);

#endif
