/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_tree: what holds where, in the tree of directives. Part of lint. The
 * strings are the tree's, or from p.
 */
#ifndef SHS_CONFIG_CHECK_LINT_TREE_H
#define SHS_CONFIG_CHECK_LINT_TREE_H

#include <apr_pools.h>
#include <httpd.h>
#include <http_config.h>

typedef struct shs_lint_tree_t {
    const ap_directive_t *first; /* of the main server */
    apr_pool_t *p;
} shs_lint_tree_t;

/* The directive of that name, letters in either case. */
int shs_lint_tree_is(const ap_directive_t *directive, const char *name);

/* The nth of its arguments, from 0, without quotes; "" where there is none. */
const char *shs_lint_tree_argument(const shs_lint_tree_t *tree,
                                   const ap_directive_t *directive, int nth);

/* "file:line" */
const char *shs_lint_tree_describe_line(const shs_lint_tree_t *tree,
                                        const ap_directive_t *directive);

/* The section that a directive stands in; NULL: in a server or virtual host. */
const ap_directive_t *shs_lint_tree_section(const ap_directive_t *directive);

/* The directive of that name that counts where `directive` stands, which may be
 * itself, or NULL. */
const ap_directive_t *shs_lint_tree_find(const shs_lint_tree_t *tree,
                                         const ap_directive_t *directive,
                                         const char *name);

/* Whether `directive` and `other`, which is in a section or a server, may both count
 * for one request. */
int shs_lint_tree_may_meet(const shs_lint_tree_t *tree,
                           const ap_directive_t *directive,
                           const ap_directive_t *other);

#endif
