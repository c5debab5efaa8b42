/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_tree: which directive applies where in the tree of directives, and the
 * warnings about it. Part of lint. Strings belong to the tree, or are from p.
 */
#ifndef SHS_CONFIG_CHECK_LINT_TREE_H
#define SHS_CONFIG_CHECK_LINT_TREE_H

#include <apr_pools.h>
#include <httpd.h>
#include <http_config.h>

typedef struct shs_lint_tree_t {
    const ap_directive_t *first;  /* of the main server */
    apr_array_header_t *warnings; /* of const char * */
    int has_htaccess;             /* .htaccess may say SharedSession On */
    apr_pool_t *p;
} shs_lint_tree_t;

/* Adds a warning. */
void shs_lint_tree_warn(const shs_lint_tree_t *tree, const char *sentence);

/* Whether the directive has that name, in any case. */
int shs_lint_tree_is(const ap_directive_t *directive, const char *name);

/* The nth argument, from 0, without quotes; "" if there is none. */
const char *shs_lint_tree_argument(const shs_lint_tree_t *tree,
                                   const ap_directive_t *directive, int nth);

/* Whether the directive exists and its first argument is `value`, in any
 * case. */
int shs_lint_tree_has_argument(const shs_lint_tree_t *tree,
                               const ap_directive_t *directive,
                               const char *value);

/* The directive as written, and "file:line". */
const char *shs_lint_tree_describe(const shs_lint_tree_t *tree,
                                   const ap_directive_t *directive);

/* The virtual host that contains the directive; NULL: the main server. */
const ap_directive_t *shs_lint_tree_host(const ap_directive_t *directive);

/* The section that contains the directive; NULL: a server or virtual host. */
const ap_directive_t *shs_lint_tree_section(const ap_directive_t *directive);

/* The directive of that name that applies at `directive`'s position; it may be
 * `directive` itself. NULL: none. */
const ap_directive_t *shs_lint_tree_find(const shs_lint_tree_t *tree,
                                         const ap_directive_t *directive,
                                         const char *name);

/* Whether `directive` and `other`, which is in a section or a server, may both
 * apply to one request. */
int shs_lint_tree_may_meet(const shs_lint_tree_t *tree,
                           const ap_directive_t *directive,
                           const ap_directive_t *other);

/* Whether a directive `name` with the first argument `value` (NULL: any), not
 * within `directive`, may apply together with it. */
int shs_lint_tree_may_find(const shs_lint_tree_t *tree,
                           const ap_directive_t *directive, const char *name,
                           const char *value);

#endif
