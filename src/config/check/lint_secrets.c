/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/lint_secrets.h"

#include <strings.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#define OPTION "secret-file="

/* The path in the directive's option, or NULL. */
static const char *find_path(const shs_lint_tree_t *tree,
                             const ap_directive_t *directive)
{
    const char *word;
    int i = 0;

    while (*(word = shs_lint_tree_argument(tree, directive, i++))) {
        if (!strncasecmp(word, OPTION, sizeof(OPTION) - 1)) {
            return ap_server_root_relative(tree->p, word + sizeof(OPTION) - 1);
        }
    }
    return NULL;
}

void shs_lint_secrets_check(const shs_lint_tree_t *tree,
                            const ap_directive_t *directive)
{
    const char *path;
    apr_finfo_t info;

    if (!shs_lint_tree_is(directive, "SharedSessionCookie")
        && !shs_lint_tree_is(directive, "SharedSessionProfile")) {
        return;
    }
    path = find_path(tree, directive);
    if (path && apr_stat(&info, path, APR_FINFO_PROT, tree->p) == APR_SUCCESS
        && info.protection & APR_FPROT_WREAD) {
        shs_lint_tree_warn(
            tree, apr_psprintf(tree->p,
                               "%s: all users of this host may read the"
                               " secrets, and with them sign any id: chmod"
                               " o-r %s",
                               shs_lint_tree_describe(tree, directive), path));
    }
}
