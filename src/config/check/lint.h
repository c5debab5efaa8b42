/* SPDX-License-Identifier: Apache-2.0
 *
 * lint: what a configuration says in contradiction, or without effect. All of
 * it is possible, and some of it may be meant: so it is warned of and not
 * refused. What can only be a mistake is refused by the directives' parsers.
 *
 * It reads the tree of directives, as they were written, and no settings. What
 * holds in a place is what is said there, then in the sections around it, in
 * its virtual host, and in the main server. Whether a regular expression or a
 * condition covers a place is not known: it is taken to do so.
 */
#ifndef SHS_CONFIG_CHECK_LINT_H
#define SHS_CONFIG_CHECK_LINT_H

#include <apr_tables.h>
#include <httpd.h>
#include <http_config.h>

/* Sentences (const char *), from p, each with "file:line" and the cure. When
 * the configuration has been read; `tree` is httpd's ap_conftree. */
apr_array_header_t *shs_lint_check(const ap_directive_t *tree, apr_pool_t *p);

#endif
