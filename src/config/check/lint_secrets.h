/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_secrets: finds files with secrets that all users of the host may read.
 * Part of lint.
 */
#ifndef SHS_CONFIG_CHECK_LINT_SECRETS_H
#define SHS_CONFIG_CHECK_LINT_SECRETS_H

#include "config/check/lint_tree.h"

/* Checks the secret-file= of a SharedSessionCookie or SharedSessionProfile. */
void shs_lint_secrets_check(const shs_lint_tree_t *tree,
                            const ap_directive_t *directive);

#endif
