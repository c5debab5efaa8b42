/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_access: finds requirements and expressions that see no session, and
 * login pages that their own place keeps closed. Part of lint.
 *
 * A login page is closed if the last <Location> that covers its path and has
 * requirements needs a session, and each alternative in it does. lint_access
 * does not know which <Directory> a URL leads to.
 */
#ifndef SHS_CONFIG_CHECK_LINT_ACCESS_H
#define SHS_CONFIG_CHECK_LINT_ACCESS_H

#include "config/check/lint_tree.h"

/* Checks a directive or a section, without what the section contains. */
void shs_lint_access_check(const shs_lint_tree_t *tree,
                           const ap_directive_t *directive);

#endif
