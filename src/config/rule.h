/* SPDX-License-Identifier: Apache-2.0
 *
 * rule: one exposure that a directive asks for, and the list of them that a
 * place has. Made while the configuration is read, then read only.
 */
#ifndef SHS_CONFIG_RULE_H
#define SHS_CONFIG_RULE_H

#include <apr_tables.h>

#include "session/octets.h"
#include "session/path.h"

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

#endif
