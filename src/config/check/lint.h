/* SPDX-License-Identifier: Apache-2.0
 *
 * lint: finds contradictions in a configuration, and directives without effect.
 * Each of them is possible, and some may be intended: so lint warns and does
 * not refuse. The directives' parsers refuse what can only be a mistake.
 *
 * lint reads the tree of directives as they were written, and no settings. A
 * directive applies in its own section, in the sections inside it, in its
 * virtual host, or everywhere if it stands in the main server. lint cannot tell
 * whether a regular expression or a condition covers a place, and assumes that
 * it does.
 */
#ifndef SHS_CONFIG_CHECK_LINT_H
#define SHS_CONFIG_CHECK_LINT_H

#include <apr_tables.h>
#include <httpd.h>
#include <http_config.h>

/* Warnings (const char *), from p, each with "file:line" and the cure. Call it
 * when the configuration has been read. `tree` is httpd's ap_conftree. */
apr_array_header_t *shs_lint_check(const ap_directive_t *tree, apr_pool_t *p);

#endif
